# Made by src/core/bindings/make_stubs.py.
"""
The per-pixel loops of defocus.refine and defocus.matte; the GIL is released.
"""

from typing import Annotated, Any

import numpy
from numpy.typing import NDArray


BLOCK_PX: int = 4

CURVE_STEPS: int = 4096

def enlarge_fitted(*, layers: Annotated[NDArray[numpy.float32], dict(shape=(None, None, 4), order='C', device='cpu', writable=False)], model: Annotated[NDArray[numpy.float32], dict(shape=(None, None, 4), order='C', device='cpu', writable=False)], photo: Annotated[NDArray[Any], dict(shape=(None, None, 3), order='C', device='cpu', writable=False)], out: Annotated[NDArray[numpy.float32], dict(shape=(None, None), order='C', device='cpu')]) -> None:
    """
    From the working size to the photo's: the value (layers 0) moves to model · (r, g, b, 1) by the trust (3), within bounds (1, 2).
    """

def fit_colours(*, values: Annotated[NDArray[numpy.float32], dict(shape=(None, None), order='C', device='cpu', writable=False)], colours: Annotated[NDArray[numpy.float32], dict(shape=(None, None, 3), order='C', device='cpu', writable=False)], noise: float, out: Annotated[NDArray[numpy.float32], dict(shape=(None, None, 4), order='C', device='cpu')]) -> None:
    """
    Least squares values = a · rgb + b in every 3×3 window, windows averaged.
    """

class Steps:
    """A map, its bounds around every pixel, and the picture: h×w."""

    def __init__(self, *, values: Annotated[NDArray[numpy.float32], dict(shape=(None, None), order='C', device='cpu', writable=False)], low: Annotated[NDArray[numpy.float32], dict(shape=(None, None), order='C', device='cpu', writable=False)], high: Annotated[NDArray[numpy.float32], dict(shape=(None, None), order='C', device='cpu', writable=False)], picture: Annotated[NDArray[numpy.float32], dict(shape=(None, None, 3), order='C', device='cpu', writable=False)]) -> None: ...

def gather_surfaces(steps: Steps, *, near: Annotated[NDArray[numpy.float32], dict(shape=(None, None, 12), order='C', device='cpu')], far: Annotated[NDArray[numpy.float32], dict(shape=(None, None, 12), order='C', device='cpu')]) -> None:
    """Sums over blocks for the nearer and the farther surface."""

def part_surfaces(steps: Steps, *, step: float, near: Annotated[NDArray[numpy.float32], dict(shape=(None, None, 8), order='C', device='cpu', writable=False)], far: Annotated[NDArray[numpy.float32], dict(shape=(None, None, 8), order='C', device='cpu', writable=False)], out: Annotated[NDArray[numpy.float32], dict(shape=(None, None), order='C', device='cpu')]) -> None:
    """Every pixel at a step gets the disparity of the surface it belongs to."""

class Sides:
    """
    Where alpha is sought, and the nearest known pixels on either side: h×w.
    """

    def __init__(self, *, picture: Annotated[NDArray[numpy.float32], dict(shape=(None, None, 3), order='C', device='cpu', writable=False)], unknown: Annotated[NDArray[numpy.uint8], dict(shape=(None, None), order='C', device='cpu', writable=False)], front: Annotated[NDArray[numpy.int32], dict(shape=(None, None), order='C', device='cpu', writable=False)], back: Annotated[NDArray[numpy.int32], dict(shape=(None, None), order='C', device='cpu', writable=False)], prior: Annotated[NDArray[numpy.float32], dict(shape=(None, None), order='C', device='cpu', writable=False)], against: Annotated[NDArray[numpy.float32], dict(shape=(None, None), order='C', device='cpu', writable=False)]) -> None: ...

class SideRules:
    """What colours of the sides are worth."""

    def __init__(self, *, noise: float, unseen: float, reach: float, far: float) -> None: ...

def sample_sides(sides: Sides, rules: SideRules, out: Annotated[NDArray[numpy.float32], dict(shape=(None, None, 3), order='C', device='cpu')]) -> None:
    """
    Alpha by the colours of either side, its variance, and how badly they explain the pixel.
    """

def solve_alpha(picture: Annotated[NDArray[numpy.float32], dict(shape=(None, None, 3), order='C', device='cpu', writable=False)], unknown: Annotated[NDArray[numpy.uint8], dict(shape=(None, None), order='C', device='cpu', writable=False)], *, guess: Annotated[NDArray[numpy.float32], dict(shape=(None, None), order='C', device='cpu', writable=False)], trust: Annotated[NDArray[numpy.float32], dict(shape=(None, None), order='C', device='cpu', writable=False)], radius: int, epsilon: float, iterations: int, tolerance: float, alpha: Annotated[NDArray[numpy.float32], dict(shape=(None, None), order='C', device='cpu')]) -> None:
    """Closed-form matting, in place in `alpha`."""

class MatteMaps:
    """What is known at the working size: see src/core/maps/soften.hpp."""

    def __init__(self, *, edge: Annotated[NDArray[numpy.float32], dict(shape=(None, None, 8), order='C', device='cpu', writable=False)], model: Annotated[NDArray[numpy.float32], dict(shape=(None, None, 4), order='C', device='cpu', writable=False)], smooth: Annotated[NDArray[numpy.float32], dict(shape=(None, None, 8), order='C', device='cpu', writable=False)], range: Annotated[NDArray[numpy.float32], dict(shape=(None, None, 16), order='C', device='cpu', writable=False)]) -> None: ...

class MatteStretch:
    """From which alpha on a pixel is clear, solid, held."""

    def __init__(self, *, clear: float, solid: float, faint: float, likely: float, certain: float) -> None: ...

class LightCurve:
    """Light of every code value, codes of light, and light of a white wall."""

    def __init__(self, *, decode: Annotated[NDArray[numpy.float32], dict(shape=(None,), order='C', device='cpu', writable=False)], encode: Annotated[NDArray[numpy.float32], dict(shape=(None,), order='C', device='cpu', writable=False)], white: float) -> None: ...

class MatteLayers:
    """The matte at the photo's size, written in place."""

    def __init__(self, *, alpha: Annotated[NDArray[numpy.uint8], dict(shape=(None, None), order='C', device='cpu')], foreground: Annotated[NDArray[Any], dict(shape=(None, None, 3), order='C', device='cpu')], disparity: Annotated[NDArray[numpy.float32], dict(shape=(None, None), order='C', device='cpu')], background: Annotated[NDArray[Any], dict(shape=(None, None, 3), order='C', device='cpu')], background_disparity: Annotated[NDArray[numpy.float32], dict(shape=(None, None), order='C', device='cpu')]) -> None: ...

def soften(*, photo: Annotated[NDArray[Any], dict(shape=(None, None, 3), order='C', device='cpu', writable=False)], held: Annotated[NDArray[numpy.float32], dict(shape=(None, None), order='C', device='cpu', writable=False)] | None, maps: MatteMaps, stretch: MatteStretch, light: LightCurve, out: MatteLayers) -> None:
    """
    Alpha of light, and the colours before and behind, at the photo's size.
    """
