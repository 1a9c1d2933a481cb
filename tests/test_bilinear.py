"""PyTorch's bilinear interpolation without PyTorch, compared with PyTorch."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from defocus.bilinear import _fma, bilinear

_singles = st.floats(width=32, min_value=-(2.0**60), max_value=2.0**60)


def _torch_bilinear(values: Any, size_wh: tuple[int, int]) -> Any:
    torch = pytest.importorskip("torch", reason="the extra 'torch' is not installed")
    if torch.backends.cpu.get_cpu_capability() not in ("AVX2", "AVX512"):
        pytest.skip("this processor's PyTorch rounds twice")
    given = torch.from_numpy(values)[None, None]
    size = size_wh[::-1]
    found = torch.nn.functional.interpolate(given, size, mode="bilinear", align_corners=False)
    return found[0, 0].numpy()


@given(
    st.integers(0, 2**32 - 1),
    st.tuples(st.integers(1, 60), st.integers(1, 60)),
    st.tuples(st.integers(1, 260), st.integers(1, 260)),
    st.sampled_from([1e-40, 1e-3, 1.0, 1e4, 1e30]),
)
def test_the_bits_are_those_of_pytorch(
    seed: int, small_wh: tuple[int, int], size_wh: tuple[int, int], scale: float
) -> None:
    values = np.random.default_rng(seed).normal(0, scale, small_wh[::-1]).astype(np.float32)
    expected = _torch_bilinear(values, size_wh)
    np.testing.assert_array_equal(bilinear(values, size_wh), expected, strict=True)


@pytest.mark.parametrize("size_wh", [(64, 64), (64, 65), (127, 1), (128, 1), (1, 128), (24, 16)])
@pytest.mark.parametrize("kind", ["levels", "ramp"])
def test_the_bits_are_those_of_pytorch_where_its_kernels_change(
    size_wh: tuple[int, int], kind: str
) -> None:
    rng = np.random.default_rng(1)
    values = rng.integers(-9, 9, (16, 24)) / 8 if kind == "levels" else np.mgrid[0:16, 0:24][1] / 7
    values = values.astype(np.float32)
    np.testing.assert_array_equal(bilinear(values, size_wh), _torch_bilinear(values, size_wh))


def test_a_map_of_the_same_size_stays_as_it_is() -> None:
    values = np.random.default_rng(0).normal(0, 1, (90, 80)).astype(np.float32)
    np.testing.assert_array_equal(bilinear(values, (80, 90)), values)


@given(_singles, _singles, _singles)
def test_a_product_and_a_sum_round_once(x: float, y: float, z: float) -> None:
    a, b, c = (np.array([value], np.float32) for value in (x, y, z))
    exact = Fraction(float(a[0])) * Fraction(float(b[0])) + Fraction(float(c[0]))
    got = Fraction(float(_fma(a, b, c)[0]))
    nearest = np.float32(got)
    for other in (np.nextafter(nearest, np.float32(side)) for side in (np.inf, -np.inf)):
        if np.isfinite(other):
            assert abs(got - exact) <= abs(Fraction(float(other)) - exact)


@pytest.mark.parametrize("sign", [1, -1])
def test_a_sum_beside_the_middle_between_two_numbers_does_not_round_twice(sign: int) -> None:
    # 1.5 or 0.5 steps above 1 but for 2⁻⁷⁰, which float64 cannot hold: rounded twice, it would go
    # to the even neighbour, 2 or 0 steps above 1.
    step = 2.0**-23
    x = np.float32(sign * 2.0**-24 * (1 - step))
    y = np.array([1 + step], np.float32)
    z = np.float32(1 + step)
    assert _fma(x, y, z)[0] == 1 + step
    assert np.float32(np.float64(x) * np.float64(y[0]) + np.float64(z)) != 1 + step
