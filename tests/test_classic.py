"""The blog's two functions against their literal steps, which ``benchmarks/mask.py`` holds."""

from __future__ import annotations

import runpy
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from defocus import classic as classic_module
from defocus.classic import blur_background, depth_estimation, full_size
from defocus.disparity import Disparity, Estimate
from defocus.edit import Edit, Mask
from defocus.errors import EditError, ModelError
from defocus.photo import Photo
from defocus.pipeline import apply
from defocus.render import mask as mask_module
from defocus.render import render_mask

if TYPE_CHECKING:
    from numpy.typing import NDArray

_BENCHMARK = Path(__file__).parents[1] / "benchmarks" / "mask.py"
_literal = runpy.run_path(str(_BENCHMARK))
literal_blur_background = _literal["literal_blur_background"]
literal_full_size = _literal["literal_full_size"]


def _depth(rng: np.random.Generator, kind: str, shape: tuple[int, int]) -> NDArray[Any]:
    if kind == "levels":  # ties, plateaus, and values at the threshold itself
        return rng.integers(-4, 5, shape) / 4
    if kind == "bytes":
        return rng.integers(0, 256, shape, dtype=np.uint8)
    if kind == "words":
        return rng.integers(0, 1 << 16, shape, dtype=np.uint16)
    if kind == "ramp":
        return np.add.outer(np.linspace(0, 1, shape[0]), np.linspace(-1, 1, shape[1]))
    return rng.normal(0, 1, shape).astype(np.float32)


@st.composite
def _cases(draw: st.DrawFn) -> tuple[Any, ...]:
    shape = draw(st.integers(1, 48)), draw(st.integers(1, 48))
    dtype = draw(st.sampled_from([np.uint8, np.uint16]))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    image = rng.integers(0, np.iinfo(dtype).max + 1, (*shape, 3), dtype=dtype)
    depth = _depth(rng, draw(st.sampled_from(["levels", "bytes", "words", "ramp", "noise"])), shape)
    ksize = draw(st.integers(1, 60))
    threshold = draw(st.none() | st.floats(-2, 2) | st.integers(-1, 1))
    return image, depth, ksize, threshold, draw(st.integers(1, 64))


@given(_cases())
@settings(max_examples=400, deadline=None)
def test_bit_identical_to_the_literal_steps(case: tuple[Any, ...]) -> None:
    image, depth, ksize, threshold, band_rows = case
    with pytest.MonkeyPatch.context() as patch:  # so that small images have many bands
        patch.setattr(mask_module, "_BAND_ROWS", band_rows)
        got = blur_background(image, depth, ksize, threshold)
    np.testing.assert_array_equal(
        got, literal_blur_background(image, depth, ksize, threshold), strict=True
    )


@pytest.mark.parametrize("ksize", [1, 2, 21, 150])
@pytest.mark.parametrize("threshold", [None, 0.5])
def test_bit_identical_with_real_bands(ksize: int, threshold: float | None) -> None:
    rng = np.random.default_rng(ksize)
    image = rng.integers(0, 256, (700, 333, 3), dtype=np.uint8)
    depth = np.add.outer(np.sin(np.arange(700) / 50), np.cos(np.arange(333) / 40))
    depth += rng.normal(0, 0.3, depth.shape)
    expected = literal_blur_background(image, depth, ksize, threshold)
    np.testing.assert_array_equal(blur_background(image, depth, ksize, threshold), expected)


@pytest.mark.parametrize("dtype", [np.float32, np.float16, np.float64, np.int8, np.uint16])
@pytest.mark.parametrize("ksize", [np.int64(5), np.uint8(8), 5])
def test_numbers_of_numpy_are_numbers(dtype: type, ksize: Any) -> None:
    rng = np.random.default_rng(3)
    image = rng.integers(0, 256, (40, 50, 3), dtype=np.uint8)
    depth = rng.uniform(0, 100, (40, 50)).astype(dtype)
    single = depth.astype(np.float32)
    for threshold in (depth.mean(), np.percentile(single, 60), single[3, 4], np.uint8(40)):
        np.testing.assert_array_equal(
            blur_background(image, depth, ksize, threshold),
            literal_blur_background(image, depth, int(ksize), threshold),
            strict=True,
        )


def test_near_stays_and_far_is_blurred() -> None:
    image = np.zeros((40, 80, 3), np.uint8)
    image[::2] = 200
    depth = np.repeat([[0.0, 1.0]], 40, axis=1).repeat(40, axis=0).astype(np.float32)
    out = blur_background(image, depth, 4)
    np.testing.assert_array_equal(out[:, 40:], image[:, 40:])
    np.testing.assert_array_equal(out[4:-4, :40], 100)


def test_input_is_not_changed() -> None:
    image = np.random.default_rng(0).integers(0, 256, (30, 30, 3), dtype=np.uint8)
    depth = np.tile(np.linspace(0, 1, 30, dtype=np.float32), (30, 1))
    before = image.copy(), depth.copy()
    blur_background(image, depth)
    np.testing.assert_array_equal(image, before[0])
    np.testing.assert_array_equal(depth, before[1])


def test_render_mask_is_the_same_code() -> None:
    image = np.random.default_rng(0).integers(0, 256, (30, 30, 3), dtype=np.uint8)
    depth = np.tile(np.linspace(0, 1, 30, dtype=np.float32), (30, 1))
    np.testing.assert_array_equal(
        render_mask(image, depth, Mask(5, 0.3)), blur_background(image, depth, 5, 0.3)
    )


_IMAGE = np.zeros((4, 5, 3), np.uint8)
_DEPTH = np.zeros((4, 5), np.float32)


@pytest.mark.parametrize(
    ("image", "depth", "ksize", "message"),
    [
        (_IMAGE[..., 0], _DEPTH, 3, "image must be"),
        (_IMAGE.astype(np.float32), _DEPTH, 3, "image must be"),
        (_IMAGE[:0], _DEPTH[:0], 3, "image must be"),
        (_IMAGE, _DEPTH.T, 3, "differ in size"),
        (_IMAGE, _DEPTH.astype(str), 3, "must hold numbers"),
        (_IMAGE, np.full_like(_DEPTH, np.nan), 3, "NaN or inf"),
        (_IMAGE, np.full_like(_DEPTH, np.inf), 3, "NaN or inf"),
        (_IMAGE, _DEPTH, 0, "blur_ksize"),
    ],
)
def test_refusals(image: NDArray[Any], depth: NDArray[Any], ksize: int, message: str) -> None:
    with pytest.raises(EditError, match=message):
        blur_background(image, depth, ksize)


class _Given:
    """A model that gives the map that it was made with."""

    def __init__(self, values: NDArray[np.float32]) -> None:
        self.values = values

    def estimate(self, pixels: NDArray[np.uint8], quality: str = "default") -> Estimate:
        return Estimate(Disparity(self.values))


@st.composite
def _enlargements(draw: st.DrawFn) -> tuple[NDArray[np.float32], NDArray[np.uint8], int]:
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    small = draw(st.integers(1, 40)), draw(st.integers(1, 40))
    large = draw(st.integers(1, 200)), draw(st.integers(1, 200))
    values = _depth(rng, draw(st.sampled_from(["levels", "ramp", "noise"])), small)
    image = rng.integers(0, 256, (*large, 3), dtype=np.uint8)
    return values.astype(np.float32), image, draw(st.integers(1, 64))


@given(_enlargements(), st.integers(1, 40), st.none() | st.floats(-1, 1))
@settings(max_examples=200, deadline=None)
def test_both_functions_in_a_row_are_the_literal_ones(
    case: tuple[NDArray[np.float32], NDArray[np.uint8], int], ksize: int, threshold: float | None
) -> None:
    pytest.importorskip("torch", reason="the extra 'torch' is not installed")
    values, image, band_rows = case
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("defocus.depth.load_model", lambda name: _Given(values))
        patch.setattr(classic_module, "_BAND_ROWS", band_rows)
        depth = depth_estimation(image)
    expected = literal_full_size(values, (image.shape[1], image.shape[0]))
    np.testing.assert_array_equal(depth, expected, strict=True)
    np.testing.assert_array_equal(
        blur_background(image, depth, ksize, threshold),
        literal_blur_background(image, expected, ksize, threshold),
        strict=True,
    )


@pytest.mark.parametrize("size_wh", [(90, 60), (1, 1), (3, 200), (257, 130)])
def test_the_mask_method_is_both_functions_in_a_row(size_wh: tuple[int, int]) -> None:
    rng = np.random.default_rng(size_wh[0])
    image = rng.integers(0, 256, (size_wh[1], size_wh[0], 3), dtype=np.uint8)
    edit = Edit(model="builtin", method="mask", mask=Mask(7), matte=False)
    portrait = apply(Photo(image), edit).photo.pixels
    expected = blur_background(image, depth_estimation(image, "builtin"), 7)
    np.testing.assert_array_equal(portrait, expected)


def test_depth_is_filtered_once_and_the_blur_takes_it_as_it_is() -> None:
    depth = np.zeros((30, 30), np.float32)
    depth[:, 15:] = 1
    depth[4, 20] = 9  # one near speck: it sets the scale of the map that is given
    image = np.random.default_rng(0).integers(0, 256, (30, 30, 3), dtype=np.uint8)
    blurred = blur_background(image, depth, 3)
    assert (blurred[10:20, 20:25] != image[10:20, 20:25]).any()
    np.testing.assert_array_equal(
        blur_background(image, full_size(depth, (30, 30)), 3)[:, 18:], image[:, 18:]
    )


def test_depth_estimation_refuses_what_is_no_image() -> None:
    with pytest.raises(EditError, match="H×W×3 uint8"):
        depth_estimation(_DEPTH, "builtin")  # type: ignore[arg-type]
    with pytest.raises(ModelError, match="DPT_Large or midas-small"):
        depth_estimation(_IMAGE, "MiDaS")
