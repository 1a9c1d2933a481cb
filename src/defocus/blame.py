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
from defocus.installation import to_install

if TYPE_CHECKING:
    from types import TracebackType

# Module → name for people, package to install.
LIBRARIES: dict[str, tuple[str, str]] = {
    "OpenEXR": ("OpenEXR", "openexr"),
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
    "safetensors": ("safetensors", "safetensors"),
    "starlette": ("Starlette", "starlette"),
    "torch": ("PyTorch", "torch"),
    "tqdm": ("tqdm", "tqdm"),
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
        return LibraryError(f"{title} is not installed: {to_install(package)}")
    remedy = to_install("--force-reinstall", package)
    if module == "cv2":
        remedy = (
            "uninstall opencv-python, opencv-contrib-python and opencv-python-headless, then "
            f"{to_install(package)} (two of them in one place break each other)"
        )
    return LibraryError(f"the library {title} cannot be used ({reason}): {remedy}")


def described(error: BaseException) -> str:
    """One line about an exception that nobody expected, for a bug report."""
    if isinstance(error, OSError) and error.strerror:
        where = f"{error.filename}: " if error.filename is not None else ""
        return f"{where}{advice(error)}"
    frames = traceback.extract_tb(error.__traceback__)
    where = f" at {Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""
    return (
        f"unexpected {type(error).__name__}{where}: {error}; please report this line together "
        "with what 'defocus doctor' says"
    )


def advice(error: OSError) -> str:
    """What the system says, for people, and what to do next."""
    told = {
        errno.ENOENT: "no such file or folder: check the path",
        errno.EACCES: "no permission: check who may read and write there",
        errno.EPERM: "no permission: check who may read and write there",
        errno.EROFS: "the disk is read-only: choose another folder",
        errno.ENOSPC: "the disk is full: free some space; nothing was written",
        errno.EDQUOT: "the disk quota is used up: free some space; nothing was written",
        errno.EFBIG: "larger than the system lets a file be here: choose another disk",
        errno.EINVAL: "is no ordinary file: give the name of a file",
        errno.EISDIR: "is a folder: give a file",
        errno.ENOTDIR: "a part of the path is not a folder: check the path",
        errno.EEXIST: "exists already: choose another name, or --overwrite (overwrite=True)",
        errno.ENAMETOOLONG: "the name is too long: choose a shorter one",
        errno.ELOOP: "the links go in a circle: check the path",
    }
    said = error.strerror or str(error) or type(error).__name__
    return told.get(error.errno or 0, f"{said[:1].lower()}{said[1:]}: check the path and the disk")


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
