"""The command ``defocus studio``."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
import urllib.request
from http.cookiejar import CookieJar
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner
from waiting import PATIENCE_S

from defocus.cli import main

if TYPE_CHECKING:
    from pathlib import Path


def test_a_photo_that_is_not_there_is_named(tmp_path: Path) -> None:
    result = CliRunner().invoke(main, ["studio", "--no-browser", str(tmp_path / "none.jpg")])
    assert result.exit_code == 2
    assert "none.jpg is not a file" in result.output


def started(*words: object) -> subprocess.Popen[str]:
    # As from a terminal, also where the tests run in the background, whose children ignore Ctrl-C.
    command = """
import signal
signal.signal(signal.SIGINT, signal.default_int_handler)
from defocus.cli import main
main()
"""
    return subprocess.Popen(
        [sys.executable, "-c", command, "studio", "--no-browser", *map(str, words)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )


@pytest.mark.parametrize("after_s", [0.0, 0.8, 1.6])
def test_ctrl_c_ends_it_well_while_the_network_warms_up(after_s: float) -> None:
    process = started()
    try:
        assert process.stdout is not None
        assert process.stdout.readline()
        time.sleep(after_s)
    finally:
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=PATIENCE_S)
    assert (process.returncode, "Traceback" in said) == (130, False)


def test_the_printed_link_opens_the_page_and_ctrl_c_ends_it(example: Path) -> None:
    process = started(example)
    assert process.stdout is not None
    try:
        link = process.stdout.readline().strip()
        assert re.fullmatch(r"http://127\.0\.0\.1:\d+/\?token=[\w-]{32}", link)
        opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))
        with opener.open(link, timeout=PATIENCE_S) as page:
            assert b"defocus studio" in page.read()
    finally:
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=PATIENCE_S)
    assert "Traceback" not in said
