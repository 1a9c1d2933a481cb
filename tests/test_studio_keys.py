"""Who may open the studio: nobody who only saw the browser's command line."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from http.cookiejar import CookieJar
from typing import TYPE_CHECKING

import pytest

pytest.importorskip("starlette")

from starlette.testclient import TestClient
from waiting import PATIENCE_S, wait_until

from defocus.studio import keys as keys_module
from defocus.studio.app import make_app
from defocus.studio.keys import Keys
from defocus.studio.workspace import Workspace

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PORT = 8123


@pytest.fixture
def keys() -> Keys:
    return Keys()


@pytest.fixture
def client(keys: Keys) -> Iterator[TestClient]:
    app = make_app(Workspace(), keys=keys, port=PORT)
    with TestClient(app, base_url=f"http://127.0.0.1:{PORT}") as client:
        yield client


def stranger(client: TestClient) -> TestClient:
    """Another browser of the same machine."""
    return TestClient(client.app, base_url=f"http://127.0.0.1:{PORT}")


def test_a_code_opens_once(client: TestClient, keys: Keys) -> None:
    code = keys.new_code()
    assert client.get(f"/?code={code}", follow_redirects=False).status_code == 303
    assert client.get("/").status_code == 200
    other = stranger(client)
    assert other.get(f"/?code={code}", follow_redirects=False).status_code == 403
    assert other.get("/").status_code == 403
    assert client.get("/").status_code == 200


def test_a_code_opens_for_a_while_only(
    client: TestClient, keys: Keys, monkeypatch: pytest.MonkeyPatch
) -> None:
    code, later = keys.new_code(), time.monotonic() + keys_module.CODE_S + 1
    monkeypatch.setattr(keys_module, "clock", lambda: later)
    assert client.get(f"/?code={code}", follow_redirects=False).status_code == 403


def test_looking_at_a_link_does_not_use_it_up(client: TestClient, keys: Keys) -> None:
    code = keys.new_code()
    assert client.head(f"/?code={code}", follow_redirects=False).status_code == 403
    assert client.get(f"/app.js?code={code}", follow_redirects=False).status_code == 403
    evil = {"host": "evil.example"}
    assert client.get(f"/?code={code}", headers=evil).status_code == 403
    assert client.get(f"/?code={code}", follow_redirects=False).status_code == 303


def test_every_key_is_a_secret_of_its_own(client: TestClient, keys: Keys) -> None:
    code = keys.new_code()
    client.get(f"/?token={keys.token}", follow_redirects=False)
    (cookie,) = client.cookies.jar
    assert len({code, keys.token, cookie.value}) == 3
    other = stranger(client)
    for value in (cookie.value, code):
        assert other.get(f"/?token={value}", follow_redirects=False).status_code == 403
        headers = {"x-defocus-token": str(value)}
        assert other.get("/api/studio", headers=headers).status_code == 403
    other.cookies.set(cookie.name, keys.token)
    assert other.get("/").status_code == 403


@pytest.mark.parametrize("cookie", ["", "x", "é", "x" * 10_000, '"', "\\"])
def test_a_wrong_cookie_opens_nothing(client: TestClient, cookie: str) -> None:
    headers = {"cookie": f"defocus_{PORT}={cookie}".encode("latin-1")}
    assert client.get("/", headers=headers).status_code == 403  # type: ignore[arg-type]


def _ask(link: str) -> int:
    opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))
    try:
        with opener.open(link, timeout=PATIENCE_S) as page:
            return int(page.status)
    except urllib.error.HTTPError as error:
        return error.code


def test_the_browsers_command_line_is_of_no_use_afterwards(tmp_path: Path, example: Path) -> None:
    """Every user of a machine can read every command line."""
    browser = tmp_path / "browser"
    browser.write_text(
        f'#!/bin/sh\necho "$@" > {tmp_path}/seen.part\nmv {tmp_path}/seen.part {tmp_path}/seen\n'
    )
    browser.chmod(0o755)
    process = subprocess.Popen(
        [sys.executable, "-c", "from defocus.cli import main; main()", "studio", str(example)],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env={**os.environ, "BROWSER": f"{browser} %s", "PYTHONUNBUFFERED": "1"},
    )  # fmt: skip
    try:
        assert process.stdout is not None
        printed = process.stdout.readline().strip()
        wait_until((tmp_path / "seen").exists, "the browser")
        seen = (tmp_path / "seen").read_text().strip()
        token = printed.partition("token=")[2]
        assert token
        assert token not in seen
        assert _ask(seen) == 200
        assert _ask(seen) == 403
        assert _ask(printed) == 200
    finally:
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=PATIENCE_S)
