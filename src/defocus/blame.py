"""Whose fault it is: a library that does not load, memory that ran out, or neither.

Whoever catches all exceptions asks here first, so that nobody blames a photo for a broken OpenCV.
"""

from __future__ import annotations

import errno
import re
import traceback
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

from defocus.errors import DefocusError, LibraryError, OutOfMemoryError

if TYPE_CHECKING:
    from types import TracebackType

# Module → name for people, package to install.
LIBRARIES: dict[str, tuple[str, str]] = {
    "PIL": ("Pillow", "pillow"),
    "click": ("Click", "click"),
    "cv2": ("OpenCV", "opencv-python-headless"),
    "defusedxml": ("defusedxml", "defusedxml"),
    "filelock": ("filelock", "filelock"),
    "fsspec": ("fsspec", "fsspec"),
    "numpy": ("NumPy", "numpy"),
    "onnxruntime": ("ONNX Runtime", "onnxruntime"),
    "pillow_heif": ("pillow-heif", "pillow-heif"),
    "platformdirs": ("platformdirs", "platformdirs"),
    "rawpy": ("rawpy", "rawpy"),
    "ray": ("Ray", "ray[data]"),
    "rich": ("Rich", "rich"),
    "safetensors": ("safetensors", "safetensors"),
    "starlette": ("Starlette", "starlette"),
    "torch": ("PyTorch", "torch"),
    "transformers": ("transformers", "transformers"),
    "uvicorn": ("Uvicorn", "uvicorn"),
}

_CV_NO_MEMORY = -4  # cv::Error::StsNoMem
_NO_MEMORY = re.compile(
    r"bad.?alloc|out of memory|insufficient memory|(failed|unable|cannot|could not) (to )?allocate"
    r"|not enough memory|failed to map segment",
    re.IGNORECASE,
)


def blamed(error: BaseException) -> DefocusError | None:
    """The error that should be shown instead, or None if the exception speaks for itself.

    Args:
        error: as it was caught, with its traceback.

    Returns:
        ``error`` itself if it is one of ours, :class:`LibraryError`, :class:`OutOfMemoryError`, or
        None.
    """
    if isinstance(error, DefocusError):
        return error
    if _is_no_memory(error):
        return OutOfMemoryError(
            "there is not enough memory: close other programs, use --quality fast, or scale the "
            "photo down"
        )
    module = _broken_module(error)
    if module is None:
        return None
    title, package = LIBRARIES.get(module, (module, module))
    reason = " ".join(str(error).split())[:200]
    if isinstance(error, ModuleNotFoundError) and error.name == module:
        return LibraryError(f"{title} is not installed: pip install '{package}'")
    advice = f"pip install --force-reinstall '{package}'"
    if module == "cv2":
        advice = (
            "pip uninstall opencv-python opencv-contrib-python opencv-python-headless, then "
            "pip install opencv-python-headless (two of them in one place break each other)"
        )
    return LibraryError(f"the library {title} cannot be used ({reason}): {advice}")


def described(error: BaseException) -> str:
    """One line about an exception that nobody expected, for a bug report."""
    if isinstance(error, OSError) and error.strerror:
        where = f"{error.filename}: " if error.filename is not None else ""
        return f"{where}{error.strerror}: check the path and the disk"
    frames = traceback.extract_tb(error.__traceback__)
    where = f" at {Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""
    return (
        f"unexpected {type(error).__name__}{where}: {error}; please report this line together "
        "with what 'defocus doctor' says"
    )


def _is_no_memory(error: BaseException) -> bool:
    if isinstance(error, MemoryError):
        return True
    if isinstance(error, OSError):
        return error.errno == errno.ENOMEM
    if type(error).__name__ == "error" and getattr(error, "code", None) == _CV_NO_MEMORY:
        return True
    # ONNX Runtime's exceptions have no common base but Exception.
    speaks = isinstance(error, RuntimeError | ImportError) or type(error).__module__.startswith(
        "onnxruntime"
    )
    return speaks and bool(_NO_MEMORY.search(str(error)))


def _broken_module(error: BaseException) -> str | None:
    """The library that could not be imported, or lacks what it should have."""
    if isinstance(error, AttributeError):
        owner = error.obj
        root = owner.__name__.partition(".")[0] if isinstance(owner, ModuleType) else ""
        return root if root in LIBRARIES else None
    if not isinstance(error, ImportError):
        return None
    if isinstance(error, ModuleNotFoundError) and error.name:
        root = error.name.partition(".")[0]
        if root in LIBRARIES:
            return root
    root = (error.name or "").partition(".")[0]
    return _last_library(error.__traceback__) or (root if root in LIBRARIES else None)


def _last_library(trace: TracebackType | None) -> str | None:
    """The innermost library whose code was running."""
    found = None
    while trace is not None:
        root = str(trace.tb_frame.f_globals.get("__name__", "")).partition(".")[0]
        found = root if root in LIBRARIES else found
        trace = trace.tb_next
    return found
