"""No tool talks to anybody beyond this machine, or leaves files outside of our own folders."""

from __future__ import annotations

import io
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import ExitStack
from http.cookiejar import CookieJar
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image
from waiting import PATIENCE_S, wait_until
from watched import Seen, Watch, can_trace

from defocus._telemetry import SWITCHES

if TYPE_CHECKING:
    from collections.abc import Iterator

# ONNX Runtime looks up its maker's server some ten seconds after it was loaded.
_PATIENCE_S = 13

_COMMAND = """
import sys, time
from defocus.cli import main
main(sys.argv[2:], standalone_mode=False)
time.sleep(float(sys.argv[1]))
"""
_LIBRARY = """
import sys, time
import defocus
photo = defocus.read_photo(sys.argv[2])
defocus.apply(photo, defocus.Edit(quality="fast"))
time.sleep(float(sys.argv[1]))
"""
_STUDIO = "from defocus.cli import main; main()"


@pytest.fixture(scope="module")
def watches(tmp_path_factory: pytest.TempPathFactory, example: Path) -> Iterator[dict[str, Seen]]:
    """Every tool: what each did until its patience ended."""
    root = tmp_path_factory.mktemp("watched")
    photos = root / "photos"
    photos.mkdir()
    shutil.copy(example, photos / "a.png")
    fast = ("--quality", "fast")

    def command(name: str, *words: object) -> Watch:
        return started(name, _COMMAND, _PATIENCE_S, *words)

    def started(name: str, code: str, *words: object, **environment: str) -> Watch:
        watch = Watch(root / name, code, *words, **environment)
        stack.callback(watch.kill)
        return watch

    with ExitStack() as stack:
        watched = {
            "library": started("library", _LIBRARY, _PATIENCE_S, example),
            "blur": command("blur", "blur", example, "-o", "blur.png", *fast),
            "depth": command("depth", "depth", example, "-o", "depth.png", *fast),
            "inspect": command("inspect", "inspect", example),
            "batch": started("batch", _COMMAND, 0, "batch", photos, "out", *fast,
                             WATCH_LINGER_S=str(_PATIENCE_S)),
            "studio": started("studio", _STUDIO, "studio", "--no-browser", example),
        }  # fmt: skip
        if find_spec("torch") and find_spec("transformers"):
            _save_network(root / "network")
            watched["torch"] = command("torch", "depth", example, "-o", "depth.png",
                                       "--model", root / "network")  # fmt: skip
        _work_in(watched["studio"])
        seen = {name: watch.seen() for name, watch in watched.items()}
        if find_spec("ray"):  # by itself: beside the others its start took longer than it may
            short = stack.enter_context(TemporaryDirectory(ignore_cleanup_errors=True))
            seen["ray"] = started(
                "ray", _COMMAND, 0, "batch", photos, "out", *fast, "--engine", "ray",
                WATCH_LINGER_S=str(_PATIENCE_S), TMPDIR=short,  # its sockets have long names
            ).seen()  # fmt: skip
        yield seen


def _save_network(folder: Path) -> None:
    """A small depth network of transformers, saved by a process of its own."""
    code = """
import json, sys
from pathlib import Path
from transformers import DPTConfig, DPTForDepthEstimation
config = DPTConfig(hidden_size=16, num_hidden_layers=4, num_attention_heads=2, intermediate_size=16,
    image_size=64, backbone_out_indices=[0, 1, 2, 3], neck_hidden_sizes=[8] * 4,
    fusion_hidden_size=8, use_auxiliary_head=False)
DPTForDepthEstimation(config).save_pretrained(sys.argv[1])
settings = {"image_processor_type": "DPTImageProcessor"}
Path(sys.argv[1], "preprocessor_config.json").write_text(json.dumps(settings))
"""
    subprocess.run([sys.executable, "-c", code, folder], check=True, capture_output=True)


def _own_addresses() -> set[str]:
    """Of this machine, which Ray's processes talk to; and the one by which Ray finds them.

    Ray asks the system for the route to 8.8.8.8: connecting a UDP socket sends nothing.
    """
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("8.8.8.8", 53))
        except OSError:  # no route at all
            return {"8.8.8.8"}
        own = str(probe.getsockname()[0])
    return {own, f"::ffff:{own}", f"('{own}',)", "8.8.8.8"}


def _work_in(studio: Watch) -> None:
    """Open a photo in the studio, look at it, and leave after the same patience."""
    assert studio.process.stdout is not None
    link = studio.process.stdout.readline().strip()
    opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))
    base, _, token = link.partition("/?token=")
    headers = {"x-defocus-token": token, "x-page": "tab1"}

    def ask(path: str, data: bytes | None = None) -> dict[str, object]:
        request = urllib.request.Request(base + path, data, headers | {"x-name": "a.jpg"})
        with opener.open(request, timeout=PATIENCE_S) as answer:
            return dict(json.load(answer))

    picture = _small_jpeg()
    opened = ask("/api/photos", picture)
    until = time.monotonic() + _PATIENCE_S

    def done_and_watched() -> bool:
        time.sleep(0.5)
        state = ask(f"/api/photos/{opened['id']}")["state"]
        return state != "working" and time.monotonic() >= until

    wait_until(done_and_watched, "the studio's depth")
    _interrupt(studio.process)


def _interrupt(process: subprocess.Popen[str]) -> None:
    """Ctrl-C for the tool, not for the tracer around it."""
    below = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    os.kill(int(below[0]) if can_trace() else process.pid, signal.SIGINT)


def _small_jpeg() -> bytes:
    pixels = np.random.default_rng(0).integers(0, 256, (90, 120, 3), dtype=np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "JPEG")
    return buffer.getvalue()


_TOOLS = ["library", "blur", "depth", "inspect", "batch", "studio", "torch"]


def _of(watches: dict[str, Seen], tool: str) -> Seen:
    if tool not in watches:
        pytest.skip(f"the extra '{tool}' is not installed")
    return watches[tool]


@pytest.mark.slow
@pytest.mark.parametrize("tool", _TOOLS)
def test_no_tool_talks_to_anybody(watches: dict[str, Seen], tool: str) -> None:
    assert _of(watches, tool).contacts == []


@pytest.mark.slow
def test_ray_talks_only_to_itself(watches: dict[str, Seen]) -> None:
    assert set(_of(watches, "ray").contacts) <= _own_addresses()


@pytest.mark.slow
@pytest.mark.parametrize("tool", _TOOLS)
def test_no_tool_leaves_files_outside_of_our_own_folders(
    watches: dict[str, Seen], tool: str
) -> None:
    seen = _of(watches, tool)
    ours = [seen.home.parent / "work", seen.home.parent / "tmp"]
    ours += [seen.home / ".cache" / "defocus", seen.home / ".local" / "state" / "defocus"]
    strange = [path for path in seen.files if not any(path.is_relative_to(own) for own in ours)]
    parents = {parent for own in ours for parent in own.parents}  # the way there may be made
    assert [path for path in strange if path not in parents] == []


def test_the_watch_sees_a_name_looked_up_a_packet_sent_and_a_file_made(tmp_path: Path) -> None:
    code = """
import os, pathlib, socket
try:
    socket.getaddrinfo("example.invalid", 80)
except OSError:
    pass
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
    s.sendto(b"x", ("192.0.2.7", 9))
with socket.socket() as s:
    s.settimeout(0.1)
    s.connect_ex(("127.0.0.1", 9))
(pathlib.Path.home() / "trace-of-me").write_text("")
"""
    seen = Watch(tmp_path / "watched", code).seen()
    said = " ".join(seen.contacts)
    assert "example.invalid" in said
    assert "192.0.2.7" in said
    assert "127.0.0.1" not in said
    assert seen.home / "trace-of-me" in seen.files


@pytest.mark.parametrize("before", [{}, dict.fromkeys(SWITCHES, "1"), dict.fromkeys(SWITCHES, "")])
def test_the_switches_are_thrown_whatever_the_environment_says(before: dict[str, str]) -> None:
    environment = {k: v for k, v in os.environ.items() if k not in SWITCHES} | before
    code = "import defocus, json, os; print(json.dumps(dict(os.environ)))"
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, check=True
    )
    assert SWITCHES.items() <= json.loads(done.stdout).items()


@pytest.mark.parametrize("module", ["defocus.network", "defocus.depth.hub", "defocus.batch.worker"])
def test_the_switches_are_thrown_before_a_part_of_the_package_is_imported(module: str) -> None:
    environment = {k: v for k, v in os.environ.items() if k not in SWITCHES}
    code = f"import {module}, os; print(os.environ['ORT_DISABLE_TELEMETRY'])"
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
    )
    assert done.stdout == "1\n"


def test_ray_and_the_hub_take_the_switches() -> None:
    pytest.importorskip("ray", reason="the extra 'ray' is not installed")
    code = (
        "import defocus\n"
        "from ray._common.usage import usage_lib\n"
        "assert not usage_lib.usage_stats_enabled()\n"
    )
    subprocess.run(
        [sys.executable, "-c", code], capture_output=True, check=True, timeout=PATIENCE_S
    )
