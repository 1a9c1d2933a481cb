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
    To the photo's size (of integers, or floats 0..1): the value (layers 0) moves to model · (r, g, b, 1) by the trust (3), within bounds (1, 2).
    """

def fit_colours(*, values: Annotated[NDArray[numpy.float32], dict(shape=(None, None), order='C', device='cpu', writable=False)], colours: Annotated[NDArray[numpy.float32], dict(shape=(None, None, 3), order='C', device='cpu', writable=False)], noise: float, out: Annotated[NDArray[numpy.float32], dict(shape=(None, None, 4), order='C', device='cpu')], wanted: Annotated[NDArray[numpy.uint8], dict(shape=(None, None), order='C', device='cpu', writable=False)] | None = None) -> None:
    """
    Least squares values = a · rgb + b in every 3×3 window, windows averaged: right where all nine windows are wanted (not 0).
    """

def back_project(values: Annotated[NDArray[numpy.float32], dict(shape=(None, None), order='C', device='cpu')], *, cells: Annotated[NDArray[numpy.float32], dict(shape=(None, None), order='C', device='cpu', writable=False)], least: Annotated[NDArray[numpy.float32], dict(shape=(None, None), order='C', device='cpu', writable=False)], most: Annotated[NDArray[numpy.float32], dict(shape=(None, None), order='C', device='cpu', writable=False)], reach: int, step: float, rounds: int) -> None:
    """
    In place: what the cells hold and the pixels lost goes to the nearer pixels, within the cells' bounds.
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

def sweep_colours(*, picture: Annotated[NDArray[numpy.float32], dict(shape=(None, None, 3), order='C', device='cpu', writable=False)], alpha: Annotated[NDArray[numpy.float32], dict(shape=(None, None), order='C', device='cpu', writable=False)], sweeps: int, smooth: float, across: float, front: Annotated[NDArray[numpy.float32], dict(shape=(None, None, 3), order='C', device='cpu')], back: Annotated[NDArray[numpy.float32], dict(shape=(None, None, 3), order='C', device='cpu')]) -> None:
    """Colours before and behind an edge, by Jacobi sweeps in place."""

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

class CrumbRules:
    """The focal plane, and what is too small to be alone."""

    def __init__(self, *, focus: float, gain_px: float, half_band: float, sharp_px: float, blurred_px: float, held: float, crumb_px: int, hole_px: int) -> None: ...

def soften(*, photo: Annotated[NDArray[Any], dict(shape=(None, None, 3), order='C', device='cpu', writable=False)], held: Annotated[NDArray[numpy.float32], dict(shape=(None, None), order='C', device='cpu', writable=False)] | None, maps: MatteMaps, stretch: MatteStretch, light: LightCurve, out: MatteLayers) -> None:
    """
    Alpha of light, and the colours before and behind, at the photo's size.
    """

def sweep_crumbs(*, photo: Annotated[NDArray[Any], dict(shape=(None, None, 3), order='C', device='cpu', writable=False)], held: Annotated[NDArray[numpy.float32], dict(shape=(None, None), order='C', device='cpu', writable=False)] | None, rules: CrumbRules, out: MatteLayers) -> None:
    """
    No small patch stays sharp alone among what is blurred, nor blurred alone among what is sharp.
    """
