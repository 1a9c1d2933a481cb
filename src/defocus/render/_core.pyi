# Made by src/core/bindings/make_stubs.py.
"""The lens renderer's core: see src/core/README.md."""

from typing import Annotated, Any

import numpy
from numpy.typing import NDArray


ENCODE_OCTAVES: int = 20

ENCODE_PER_OCTAVE: int = 512

class BadRadius(ValueError):
    pass

class Behind:
    """The second sample of every pixel."""

    def __init__(self, *, alpha: Annotated[NDArray[numpy.uint8], dict(shape=(None, None), order='C', device='cpu', writable=False)], pixels: Annotated[NDArray[Any], dict(shape=(None, None, 3), order='C', device='cpu', writable=False)], radius: Annotated[NDArray[numpy.float32], dict(shape=(None, None), order='C', device='cpu', writable=False)]) -> None: ...

class Frame:
    """One picture: pixels, their signed blur radius, what lies behind."""

    def __init__(self, *, pixels: Annotated[NDArray[Any], dict(shape=(None, None, 3), order='C', device='cpu', writable=False)], radius: Annotated[NDArray[numpy.float32], dict(shape=(None, None), order='C', device='cpu', writable=False)], behind: Behind | None = None) -> None: ...

class Curves:
    """Light of every code value, and codes of light."""

    def __init__(self, *, decode: Annotated[NDArray[numpy.float32], dict(shape=(None,), order='C', device='cpu', writable=False)], encode: Annotated[NDArray[numpy.float32], dict(shape=(None,), order='C', device='cpu', writable=False)]) -> None: ...

class Lights:
    """Which clipped pixels are lamps, and how bright they were."""

    def __init__(self, *, gain: Annotated[NDArray[numpy.float32], dict(shape=(None,), order='C', device='cpu', writable=False)], cells: Annotated[NDArray[numpy.uint8], dict(shape=(None, None, 4), order='C', device='cpu', writable=False)], cell_px: int, glow_px: float) -> None: ...

class Lens:
    """An aperture's stamps at every radius; thread-safe, reusable."""

    def __init__(self, *, blades: int, rotation: float, roundness: float, cat_eye: float, squeeze: float, ring_scale: float, ring_share: float) -> None: ...

class Renderer:
    """
    Owns its threads and its memory; renders frame after frame, one at a time.
    """

    def __init__(self, *, threads: int = 0, portable: bool = False, shuffle: int = 0, soil: bool = False) -> None: ...

    def render(self, frame: Frame, lens: Lens, out: Annotated[NDArray[Any], dict(shape=(None, None, 3), order='C', device='cpu')], *, largest_radius: float, curves: Curves | None = None, lights: Lights | None = None, progress: object | None = None) -> None:
        """
        Render a frame into `out`; the GIL is released except while `progress(done)` runs.
        """

def lay_grain(pixels: Annotated[NDArray[Any], dict(shape=(None, None, 3), order='C', device='cpu')], radius: Annotated[NDArray[numpy.float32], dict(shape=(None, None), order='C', device='cpu', writable=False)], *, tile: Annotated[NDArray[numpy.float32], dict(shape=(None, None, 3), order='C', device='cpu', writable=False)], sigma: Annotated[NDArray[numpy.float32], dict(shape=(256, 3), order='C', device='cpu', writable=False)], area: float) -> None:
    """
    Add grain to a rendered picture, in place, where its radius says it is blurred.
    """

def has_avx2() -> bool:
    """Whether this processor takes the fast path."""

def default_threads() -> int:
    """Processors that this process may use."""
