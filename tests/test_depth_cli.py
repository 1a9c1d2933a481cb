"""``defocus depth`` and ``defocus models``."""

from __future__ import annotations

import hashlib
import sys
from io import StringIO
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner, Result
from PIL import Image

from defocus.cli.depth import depth
from defocus.cli.models import models
from defocus.depth import download, hub, store
from defocus.depth.file import read_disparity, write_disparity
from defocus.depth.hub import HubModel, HubOffer
from defocus.depth.picture import colour_picture
from defocus.disparity import Disparity

_RAMP = np.tile(np.linspace(-3, 5, 40, dtype=np.float32), (30, 1))


def _run(command: Any, *arguments: object) -> Result:
    return CliRunner().invoke(command, [str(argument) for argument in arguments])


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("DEFOCUS_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "hub"))
    return tmp_path / "cache"


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    Image.new("RGB", (40, 30), (9, 99, 199)).save(tmp_path / "photo.png")
    write_disparity(Disparity(_RAMP), tmp_path / "map.npy")
    return tmp_path / "photo.png"


def test_depth_writes_a_png_that_reads_back(photo: Path) -> None:
    done = _run(depth, photo, "--model", photo.with_name("map.npy"))
    target = photo.with_name("photo-disparity.png")
    assert (done.exit_code, done.stdout.strip()) == (0, str(target))
    np.testing.assert_allclose(read_disparity(target).values, _RAMP, atol=8 / 65535)


def test_depth_into_a_folder(photo: Path, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    done = _run(depth, photo, "--model", photo.with_name("map.npy"), "-o", tmp_path / "out")
    assert done.stdout.strip() == str(tmp_path / "out" / "photo-disparity.png")
    assert Path(done.stdout.strip()).is_file()


def test_depth_of_the_builtin_network(photo: Path) -> None:
    target = photo.with_name("d.npy")
    assert _run(depth, photo, "--quality", "fast", "-o", target).exit_code == 0
    assert read_disparity(target).values.ndim == 2


def test_depth_as_a_picture(photo: Path) -> None:
    done = _run(depth, photo, "--model", photo.with_name("map.npy"), "--colour")
    target = photo.with_name("photo-disparity-colour.png")
    assert (done.exit_code, done.stdout.strip()) == (0, str(target))
    pixels = np.asarray(Image.open(target).convert("RGB")).astype(int)
    assert pixels[0, -1].sum() > pixels[0, 20].sum() > pixels[0, 0].sum()


def test_near_is_warm_and_bright() -> None:
    picture = colour_picture(Disparity(_RAMP)).astype(int)
    assert picture.shape == (30, 40, 3)
    assert picture[0, -1, 0] > 200
    assert picture[0, 0].max() < 20
    red, _, blue = picture[0, 30]
    assert red > blue


def test_depth_never_overwrites_unasked(photo: Path) -> None:
    arguments = (photo, "--model", photo.with_name("map.npy"))
    _run(depth, *arguments)
    again = _run(depth, *arguments)
    assert again.exit_code == 2
    assert "exists already" in again.stderr
    assert again.stderr.count("\n") == 1
    assert _run(depth, *arguments, "--overwrite").exit_code == 0


def test_depth_writes_the_mattes(photo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from dataclasses import replace

    from defocus.formats import reading
    from defocus.photo import Embedded

    real = reading.read_photo
    layers = Embedded(mattes={"hair": np.array([[0, 0.5, 1]], np.float32)})
    monkeypatch.setattr(reading, "read_photo", lambda path: replace(real(path), embedded=layers))
    done = _run(depth, photo, "--model", photo.with_name("map.npy"), "--layers")
    assert done.exit_code == 0
    matte = np.asarray(Image.open(photo.with_name("photo-matte-hair.png")))
    np.testing.assert_array_equal(matte, [[0, 128, 255]])


@pytest.mark.parametrize("more", [[], ["--colour"], ["--layers"]])
def test_nobody_reads_the_depth_of_a_private_photo(photo: Path, more: list[str]) -> None:
    photo.chmod(0o600)
    done = _run(depth, photo, "--model", photo.with_name("map.npy"), *more)
    assert done.exit_code == 0
    for line in done.stdout.splitlines():
        assert Path(line).stat().st_mode & 0o777 == 0o600


def test_depth_says_what_is_wrong(photo: Path) -> None:
    for arguments, words in (
        ((photo, "--model", "nope"), "there is no depth model 'nope'"),
        ((photo, "-o", photo.with_name("d.bmp")), "is written as"),
        ((photo, "--colour", "-o", photo.with_name("d.npy")), "a picture is written as"),
        ((photo.with_name("no.png"),), "no.png"),
    ):
        done = _run(depth, *arguments, "--quality", "fast")
        assert (done.exit_code, done.stderr.count("\n")) == (2, 1)
        assert words in done.stderr


def test_list_shows_licence_size_and_place(cache: Path) -> None:
    text = _run(models, "list").stdout
    line = next(line for line in text.splitlines() if line.startswith("midas-small"))
    assert line.split()[1:4] == ["67", "MB", "MIT"]
    for name in ("builtin", "depth-anything-v2-small-fp16", "DPT_SwinV2_T_256"):
        assert name in text


def test_list_says_what_is_not_pinned(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = _run(models, "list").stdout.splitlines()
    about = dict(zip((line.split(" ")[0] for line in lines[1::2]), lines[2::2], strict=True))
    assert about["DPT_Large"].endswith("the SHA-256 is not")
    assert about["DPT_BEiT_B_384"].endswith("size and SHA-256 are not")
    assert "not pinned" in about["DPT_BEiT_L_512"]
    assert about["depth-anything-v2-small-torch"].endswith("; pinned")
    assert all(len(line) <= 100 for line in lines)


@pytest.fixture
def tiny(monkeypatch: pytest.MonkeyPatch) -> store.PinnedFile:
    """A pinned model whose download is a file that appears."""
    data = b"weights"
    digest = hashlib.sha256(data).hexdigest()
    model = store.PinnedFile("tiny", "https://example.org/t", 7, digest, "MIT", "a test")
    monkeypatch.setitem(store.MODELS, "tiny", model)

    def arrive(model: store.PinnedFile, *, progress: Any) -> Path:
        progress("fetch", 1.0)
        target = store.path_of(model)
        target.parent.mkdir(exist_ok=True)
        target.write_bytes(data)
        return target

    monkeypatch.setattr(download, "fetch", arrive)
    return model


def test_fetch_verify_path(tiny: store.PinnedFile, cache: Path) -> None:
    assert "no fetched model" in _run(models, "verify").stdout
    missing = _run(models, "path", "tiny")
    assert (missing.exit_code, "defocus models fetch tiny" in missing.stderr) == (2, True)
    fetched = _run(models, "fetch", "tiny", "--yes")
    assert fetched.exit_code == 0
    assert "licence MIT, 0 MB" in fetched.stderr
    assert fetched.stdout.strip() == str(cache / "tiny.onnx")
    assert _run(models, "path", "tiny").stdout.strip() == str(cache / "tiny.onnx")
    assert _run(models, "path").stdout.strip() == str(cache)
    assert Path(_run(models, "path", "builtin").stdout.strip()).is_file()
    assert "is whole" in _run(models, "verify").stdout
    (cache / "tiny.onnx").write_bytes(b"WEIGHTS")
    damaged = _run(models, "verify", "tiny")
    assert (damaged.exit_code, "damaged" in damaged.stderr) == (2, True)


def test_fetch_shows_the_bytes_on_a_terminal(
    tiny: store.PinnedFile, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    terminal = StringIO()
    monkeypatch.setattr(terminal, "isatty", lambda: True)
    monkeypatch.setattr(sys, "stderr", terminal)
    models.main(["fetch", "tiny", "--yes"], standalone_mode=False)
    drawn = terminal.getvalue().split("\r")
    assert any("0.00B of 7.00B" in frame and "tiny" in frame for frame in drawn)
    assert any("7.00B of 7.00B" in frame for frame in drawn)


@pytest.mark.parametrize(("answer", "fetched"), [("y\n", True), ("n\n", False), (None, False)])
def test_fetch_asks_first(
    tiny: store.PinnedFile,
    cache: Path,
    monkeypatch: pytest.MonkeyPatch,
    answer: str | None,
    fetched: bool,
) -> None:
    from defocus.cli import models as module

    monkeypatch.setattr(
        module, "sys", SimpleNamespace(stdin=SimpleNamespace(isatty=lambda: answer is not None))
    )
    done = CliRunner().invoke(models, ["fetch", "tiny"], input=answer)
    assert (cache / "tiny.onnx").exists() is fetched
    assert done.exit_code == (0 if fetched else 2)


def test_fetch_of_what_needs_no_fetching() -> None:
    assert "ships with defocus" in _run(models, "fetch", "builtin").stdout
    done = _run(models, "fetch", "nope")
    assert (done.exit_code, "cannot be fetched" in done.stderr) == (2, True)


def test_fetch_from_the_hub(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    offer = HubOffer(1_400_000_000, "apache-2.0", "c0ffee")
    fetched: list[HubModel] = []

    def fetch_from_hub(model: HubModel, *, show_progress: bool) -> Path:
        fetched.append(model)
        return tmp_path

    monkeypatch.setattr(hub, "ask_hub", lambda model: offer)
    monkeypatch.setattr(hub, "fetch_from_hub", fetch_from_hub)
    done = _run(models, "fetch", "DPT_BEiT_L_384", "--yes")
    assert done.exit_code == 0
    assert "licence apache-2.0, 1400 MB" in done.stderr
    assert "https://huggingface.co/Intel/dpt-beit-large-384/tree/c0ffee" in done.stderr
    # not the commit: the name must find it later
    assert fetched == [HubModel("Intel/dpt-beit-large-384")]
    assert "not pinned" in done.stderr
    assert "Intel/dpt-beit-large-384@c0ffee" in done.stderr
    for name in ("Intel/dpt-beit-large-384@c0ffee", "DPT_Large"):
        assert "not pinned" not in _run(models, "fetch", name, "--yes").stderr
