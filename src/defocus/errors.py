"""The errors that defocus raises. Each message says what failed, where, and what to do next.

::

    DefocusError
    ├── PhotoError         a file that cannot be read or written as a photo
    │   └── TooLargeError      a size limit was hit before memory was spent
    ├── DepthError         a disparity could not be estimated or read
    │   └── ModelError         a model is unknown, missing, damaged or cannot be fetched
    ├── EditError          a choice (focus, lens, output …) that makes no sense
    ├── MissingExtraError  an optional dependency is not installed
    ├── LibraryError       a dependency is installed and does not work
    ├── OutOfMemoryError   the memory did not suffice
    └── Cancelled          the caller's progress function asked to stop
"""

from __future__ import annotations


class DefocusError(Exception):
    """Base of every error that the library raises on purpose."""


class PhotoError(DefocusError):
    """A file cannot be read or written as a photo."""


class TooLargeError(PhotoError):
    """A size limit was exceeded; nothing was decoded."""


class DepthError(DefocusError):
    """A disparity map cannot be estimated or read."""


class ModelError(DepthError):
    """A depth model is unknown, not on disk, damaged, or cannot be fetched."""


class EditError(DefocusError, ValueError):
    """A parameter has no meaning: out of range, not finite, or of the wrong shape."""


class MissingExtraError(DefocusError, ImportError):
    """An optional dependency is needed; the message names the extra to install."""

    def __init__(self, what: str, extra: str) -> None:
        from defocus.installation import to_install_extra

        super().__init__(f"{what} needs the extra '{extra}': {to_install_extra(extra)}")
        self.extra = extra


class LibraryError(DefocusError, ImportError):
    """A dependency cannot be loaded or is broken; the message says how to mend it."""


class OutOfMemoryError(DefocusError, MemoryError):
    """There is not enough memory; nothing was written."""


class Cancelled(DefocusError):  # noqa: N818 - a request, not a fault
    """Raised by a progress function to stop the work; nothing is written."""
