"""Nobody blames a photo for what a library or the memory did."""

from __future__ import annotations

import errno
import importlib
import sys
from types import ModuleType
from typing import TYPE_CHECKING

import pytest

from defocus.blame import LIBRARIES, blamed, described
from defocus.errors import LibraryError, OutOfMemoryError, PhotoError, TooLargeError
from defocus.formats.pixels import decoding

if TYPE_CHECKING:
    from pathlib import Path

BROKEN = {
    "a system library is missing": "raise ImportError('libGL.so.1: cannot open shared object')",
    "built for another NumPy": "raise ImportError('numpy.core.multiarray failed to import')",
    "a part of it is gone": "from . import missing_part",
    "what it needs itself is gone": "import no_such_module_at_all",
}


def caught(call: object) -> BaseException:
    with pytest.raises(Exception) as info:  # noqa: PT011 - any
        call()  # type: ignore[operator]
    return info.value


@pytest.mark.parametrize("library", ["cv2", "onnxruntime", "pillow_heif", "rawpy"])
@pytest.mark.parametrize("how", BROKEN)
def test_a_library_that_does_not_load_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, library: str, how: str
) -> None:
    (tmp_path / library).mkdir()
    (tmp_path / library / "__init__.py").write_text(BROKEN[how])
    monkeypatch.syspath_prepend(str(tmp_path))
    for name in [name for name in sys.modules if name.partition(".")[0] == library]:
        monkeypatch.delitem(sys.modules, name)
    fault = blamed(caught(lambda: importlib.import_module(library)))
    assert isinstance(fault, LibraryError)
    title, package = LIBRARIES[library]
    assert title in str(fault)
    assert f"-m pip install --force-reinstall {package}" in str(fault) or library == "cv2"


def test_two_of_opencv_in_one_place_are_told() -> None:
    empty = ModuleType("cv2")  # what is left when one of the two packages is removed
    fault = blamed(caught(lambda: empty.imdecode))
    assert isinstance(fault, LibraryError)
    assert "OpenCV" in str(fault)
    assert "uninstall opencv-python, opencv" in str(fault)


def test_a_library_that_is_not_there_is_named() -> None:
    error = ModuleNotFoundError("No module named 'tqdm'", name="tqdm")
    assert f"tqdm is not installed: {sys.executable} -m pip install tqdm" in str(blamed(error))


def test_a_fault_of_ours_is_no_library() -> None:
    class Thing:
        pass

    for error in (
        caught(lambda: Thing().nothing),  # type: ignore[attr-defined]
        caught(lambda: importlib.import_module("no_such_module_at_all")),
        ValueError("3"),
        RuntimeError("the network said no"),
        OSError(errno.EIO, "broken"),
    ):
        assert blamed(error) is None


@pytest.mark.parametrize(
    "error",
    [
        MemoryError(),
        OSError(errno.ENOMEM, "Cannot allocate memory"),
        RuntimeError("std::bad_alloc"),
        ImportError("cv2.abi3.so: failed to map segment from shared object"),
        RuntimeError("[ONNXRuntimeError] : 6 : Failed to allocate memory for requested buffer"),
        RuntimeError("DefaultCPUAllocator: can't allocate memory: not enough memory"),
    ],
)
def test_memory_that_ran_out_is_told_as_that(error: Exception) -> None:
    fault = blamed(error)
    assert isinstance(fault, OutOfMemoryError)
    assert "memory" in str(fault)

    def decode() -> None:
        with decoding("the JPEG"):
            raise error

    with pytest.raises(TooLargeError, match="does not fit into memory"):
        decode()


def test_opencv_without_memory_is_not_broken() -> None:
    cv2 = pytest.importorskip("cv2")
    error = cv2.error("Insufficient memory")
    error.code = -4
    assert isinstance(blamed(error), OutOfMemoryError)


@pytest.mark.parametrize(
    "reason",
    [
        "decoder jpeg not available",
        "Unsupported feature: Unsupported codec",
        "12-bit JPEG is not supported",
        "cannot handle 12-bit layers",
        "Conversion from YUV failed: Reformat failed",
        "Support for this compression format has not been built in: JPEG",
        "unable to determine J2K image mode",
        "COMPRESSION.JPEG2000 requires the 'imagecodecs' package",
    ],
)
def test_what_a_decoder_does_not_know_is_not_damaged(reason: str) -> None:
    def decode() -> None:
        with decoding("the TIFF"):
            raise ValueError(reason)

    with pytest.raises(PhotoError) as info:
        decode()
    assert "damaged" not in str(info.value)
    assert reason in str(info.value)


def test_what_a_decoder_says_in_bytes_is_shown_as_text() -> None:
    def decode() -> None:
        with decoding("the raw file"):
            raise ValueError(b"Input/output error")

    with pytest.raises(PhotoError, match=r"cut off \(Input/output error\)"):
        decode()


def test_damage_stays_damage() -> None:
    def decode() -> None:
        with decoding("the JPEG"):
            raise ValueError("broken data stream")

    with pytest.raises(PhotoError, match="damaged or cut off"):
        decode()


def test_an_unexpected_fault_is_one_line_with_its_place() -> None:
    def fail() -> None:
        raise ZeroDivisionError("float division")

    text = described(caught(fail))
    assert "ZeroDivisionError at test_blame.py:" in text
    assert "defocus doctor" in text
    assert "\n" not in text
    said = described(OSError(errno.EACCES, "Permission denied", "/locked/x"))
    assert said.startswith("/locked/x: no permission: check who")
