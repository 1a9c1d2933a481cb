"""The native loops against the same formulas in NumPy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from defocus import _maps_core

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

SIZE = (37, 45)
SMALL = (9, 11)


def seen_from(small: NDArray[np.float32], size: tuple[int, int], scale: float = 0) -> Floats:
    """Bilinear, pixel centres aligned, borders repeated."""
    weights = []
    for axis in (0, 1):
        ratio = scale or small.shape[axis] / size[axis]
        at = np.clip((np.arange(size[axis]) + 0.5) * ratio - 0.5, 0, small.shape[axis] - 1)
        grid = np.arange(small.shape[axis])
        weights.append(np.maximum(1 - np.abs(at[:, None] - grid), 0))
    return np.einsum("yi,xj,ijk->yxk", *weights, small.astype(np.float64))


def photo(dtype: type, size: tuple[int, int] = SIZE) -> NDArray[Any]:
    rng = np.random.default_rng(1)
    return rng.integers(0, np.iinfo(dtype).max, (*size, 3), dtype, endpoint=True)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
def test_enlarging_is_linear_in_colour_where_it_is_trusted(dtype: type) -> None:
    rng = np.random.default_rng(2)
    value, trust = rng.random(SMALL), np.clip(rng.random(SMALL) * 2 - 0.8, 0, 1)
    trust[:4] = 0
    layers = np.dstack([value, value - 0.1, value + 0.1, trust]).astype(np.float32)
    model = rng.normal(0, 0.5, (*SMALL, 4)).astype(np.float32)
    whole = 1.0 if dtype == np.float32 else np.iinfo(dtype).max
    guide = rng.random((*SIZE, 3)).astype(dtype) if whole == 1 else photo(dtype)
    out = np.empty(SIZE, np.float32)
    _maps_core.enlarge_fitted(layers=layers, model=model, photo=guide, out=out)

    at, low, high, weight = np.moveaxis(seen_from(layers, SIZE), -1, 0)
    fit, colours = seen_from(model, SIZE), guide / whole
    fitted = (fit[..., :3] * colours).sum(-1) + fit[..., 3]
    expected = at + weight * (np.clip(fitted, low, high) - at)
    np.testing.assert_allclose(out, expected, atol=2e-5)


@pytest.mark.parametrize("size", [(1, 1), (1, 7), (2, 3), (40, 21)])
def test_the_local_fit_is_least_squares(size: tuple[int, int]) -> None:
    rng = np.random.default_rng(4)
    values = rng.random(size).astype(np.float32)
    colours = rng.random((*size, 3)).astype(np.float32)
    noise, out = 1e-3, np.empty((*size, 4), np.float32)
    _maps_core.fit_colours(values=values, colours=colours, noise=noise, out=out)

    def windows(x: Floats) -> Floats:
        """h×w×9: the pixels around each, the border mirrored."""
        y, x_ = (np.pad(np.arange(n), 1, mode="reflect" if n > 1 else "edge") for n in size)
        around = [
            x[np.ix_(y[dy : dy + size[0]], x_[dx : dx + size[1]])]
            for dy in range(3)
            for dx in range(3)
        ]
        return np.stack(around, 2)

    c, v = windows(colours.astype(np.float64)), windows(values.astype(np.float64))
    off, rise = c - c.mean(2, keepdims=True), v - v.mean(2, keepdims=True)
    covariance = np.einsum("yxni,yxnj->yxij", off, off) / 9 + noise * np.eye(3)
    slope = np.linalg.solve(covariance, np.einsum("yxni,yxn->yxi", off, rise)[..., None] / 9)[
        ..., 0
    ]
    model = np.dstack([slope, v.mean(2) - (slope * c.mean(2)).sum(-1)])
    np.testing.assert_allclose(out, windows(model).mean(2), atol=2e-3)


def test_a_fit_that_is_wanted_in_parts_is_right_there() -> None:
    rng = np.random.default_rng(6)
    values = rng.random((120, 70)).astype(np.float32)
    colours = rng.random((120, 70, 3)).astype(np.float32)
    wanted = np.zeros(values.shape, np.uint8)
    wanted[50:60, 20:30] = wanted[-4:, -5:] = 1
    whole, part = (np.empty((*values.shape, 4), np.float32) for _ in range(2))
    _maps_core.fit_colours(values=values, colours=colours, noise=1e-3, out=whole)
    _maps_core.fit_colours(values=values, colours=colours, noise=1e-3, out=part, wanted=wanted)
    inner = cv2.erode(wanted, np.ones((3, 3), np.uint8)) > 0
    assert inner.sum() > 64
    np.testing.assert_array_equal(part[inner], whole[inner])
    assert not part[:40].any()


@pytest.mark.parametrize("cells_shape", [(9, 11), (20, 31), (37, 45)])
def test_back_projection_gives_what_is_missing_to_nearer_pixels(
    cells_shape: tuple[int, int],
) -> None:
    rng = np.random.default_rng(7)
    cells = cv2.resize(rng.random(SMALL).astype(np.float32), cells_shape[::-1])
    least, most = cells - np.float32(0.2), cells + np.float32(0.3)
    values = cv2.resize(cells, SIZE[::-1]) + rng.normal(0, 0.02, SIZE).astype(np.float32)
    reach, step, expected = 3, 0.1, values.astype(np.float64)
    rows, columns = (
        np.array([[max(0, min(p + 1, (c + 1) * n / k) - max(p, c * n / k)) for p in range(n)]
                  for c in range(k)]) * k / n
        for n, k in zip(SIZE, cells_shape, strict=True)
    )  # fmt: skip
    kernel = np.ones((2 * reach + 1,) * 2, np.uint8)
    for _ in range(2):
        low, high = cv2.erode(expected, kernel), cv2.dilate(expected, kernel)
        span = high - low
        share = 0.02 + np.where(span > step, (expected - low) / np.maximum(span, 1e-9), 0.5)
        around = np.dstack(
            [cells - rows @ expected @ columns.T, rows @ share @ columns.T, least, most]
        )
        lost, mean, floor, ceiling = np.moveaxis(seen_from(around, SIZE), -1, 0)
        expected = np.clip(expected + np.minimum(share / mean, 6) * lost, floor, ceiling)
    _maps_core.back_project(
        values, cells=cells, least=least, most=most, reach=reach, step=step, rounds=2
    )
    np.testing.assert_allclose(values, expected, atol=2e-4)


def explained(
    seen: np.ndarray, alpha: np.ndarray, ours: np.ndarray, theirs: np.ndarray, within: list[Any]
) -> tuple[np.ndarray, np.ndarray]:
    """Two colours within bounds that mix to what is seen, as ``MatteLimits::explain``."""
    a, b = alpha[..., None], 1 - alpha[..., None]
    share = (seen - a * ours - b * theirs) / (a**2 + b**2)
    ours = np.clip(ours + a * share, *within[0])
    theirs = np.clip(theirs + b * share, *within[1])
    with np.errstate(divide="ignore", invalid="ignore"):  # where a pixel is not parted
        ours = np.clip(ours + (seen - a * ours - b * theirs) / a, *within[0])
        theirs = np.clip(theirs + (seen - a * ours - b * theirs) / b, *within[1])
    return ours, theirs


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_softening_parts_a_pixel_into_two_that_mix_in_light(dtype: type) -> None:
    rng = np.random.default_rng(3)
    clear, solid, top = 0.06, 0.94, np.iinfo(dtype).max
    least = rng.random(SMALL) * 0.6
    unknown = np.zeros(SMALL)
    unknown[2:6] = 1
    zero = np.zeros(SMALL)
    edge = np.dstack([unknown, least, least + 0.4, zero + 1, zero + 0.8, zero + 0.3, zero, zero])
    model = rng.normal(0.3, 0.2, (*SMALL, 4))
    smooth, bounds = rng.random((*SMALL, 8)), np.zeros((*SMALL, 16))
    bounds[..., 0:3], bounds[..., 4:7] = 0.1, 0.9
    bounds[..., 8:11], bounds[..., 12:15] = 0.2, 0.8
    maps = [x.astype(np.float32) for x in (edge, model, smooth, bounds)]
    seen = photo(dtype)
    alpha, front = np.full(SIZE, 255, np.uint8), seen.copy()
    disparity = np.full(SIZE, 0.5, np.float32)
    back, back_disparity = np.zeros_like(seen), np.zeros(SIZE, np.float32)
    names = ("edge", "model", "smooth", "range")
    decode = np.linspace(0, 1, top + 1, dtype=np.float32) ** 2
    _maps_core.soften(
        photo=seen,
        held=None,
        maps=_maps_core.MatteMaps(**dict(zip(names, maps, strict=True))),
        stretch=_maps_core.MatteStretch(
            clear=clear, solid=solid, faint=0.0, likely=0.7, certain=0.95
        ),
        light=_maps_core.LightCurve(
            decode=decode,
            encode=np.linspace(0, 1, _maps_core.CURVE_STEPS + 1, dtype=np.float32),
            white=1.0,
        ),
        out=_maps_core.MatteLayers(
            alpha=alpha,
            foreground=front,
            disparity=disparity,
            background=back,
            background_disparity=back_disparity,
        ),
    )

    def light(code: np.ndarray) -> np.ndarray:
        return np.interp(code, np.linspace(0, 1, top + 1), decode)

    e, m, s, b = (seen_from(x, SIZE) for x in maps)
    colours = seen / top
    raw = np.clip((m[..., :3] * colours).sum(-1) + m[..., 3], e[..., 1], e[..., 2])
    a = np.clip((raw - clear) / (solid - clear), 0, 1)
    inside = e[..., 0] > 0
    soft = inside & (e[..., 2] > clear) & (e[..., 1] < solid) & (a > 1 / 510) & (a < 1)
    assert 100 < soft.sum() < inside.sum() < soft.size
    within = [
        (np.minimum(b[..., at : at + 3], colours), np.maximum(b[..., at + 4 : at + 7], colours))
        for at in (0, 8)
    ]
    ours, theirs = explained(colours, a, s[..., :3], s[..., 4:7], within)
    ours, theirs, lit = light(np.nan_to_num(ours)), light(np.nan_to_num(theirs)), light(colours)
    across = ours - theirs
    length = (across**2).sum(-1)
    share = (((lit - theirs) * across).sum(-1) + 1e-3 * a) / (length + 1e-3)
    stored = np.clip(255 * share, 1, 254)
    assert np.abs(alpha[soft] - stored[soft]).max() < 0.6
    assert (alpha[~soft] == 255).all()
    bounds_of_light = [tuple(light(x) for x in pair) for pair in within]
    ours, theirs = explained(lit, alpha / 255, ours, theirs, bounds_of_light)
    for got, expected in ((front, ours), (back, theirs)):
        off = np.abs((got[soft] / top) ** 2 - expected[soft])
        assert np.percentile(off, 99) < 0.01
    w = alpha[..., None] / 255
    mix = w * light(front / top) + (1 - w) * light(back / top)
    could = np.abs(w * ours + (1 - w) * theirs - lit)  # what the bounds leave unexplained
    assert (np.abs(mix - lit)[soft] < could[soft] + 0.01).all()
    assert (front[~soft] == seen[~soft]).all()
    assert (disparity[~inside] == 0.5).all()
    assert disparity[soft] == pytest.approx(0.8)
    assert back_disparity[soft] == pytest.approx(0.3)


def test_a_pixel_goes_to_the_surface_whose_colour_it_has() -> None:
    """Red before green, the map's step three pixels beside the colours'."""
    picture = np.zeros((32, 32, 3), np.float32)
    picture[:, :16, 0], picture[:, 16:, 1] = 0.8, 0.8
    ramp = np.clip((22 - np.arange(32)) / 6, 0, 1)
    values = np.tile(ramp, (32, 1)).astype(np.float32)
    low, high = np.zeros_like(values), np.ones_like(values)
    blocks = (8, 8)
    near, far = np.empty((*blocks, 12), np.float32), np.empty((*blocks, 12), np.float32)
    steps = _maps_core.Steps(values=values, low=low, high=high, picture=picture)
    _maps_core.gather_surfaces(steps, near=near, far=far)

    def per_block(x: NDArray[np.float32]) -> NDArray[np.float32]:
        return np.asarray(x.reshape(8, 4, 8, 4).sum((1, 3)))

    nearness, farness = np.clip(4 * values - 2, 0, 1), np.clip(2 - 4 * values, 0, 1)
    np.testing.assert_allclose(near[..., 0], per_block(nearness), atol=1e-5)
    np.testing.assert_allclose(near[..., 8], per_block(nearness * values), atol=1e-5)
    np.testing.assert_allclose(far[..., 2], per_block(farness * picture[..., 1]), atol=1e-5)
    surface = np.zeros((*blocks, 8), np.float32)
    surface[..., 4:7] = 0.01
    front, back = surface.copy(), surface.copy()
    front[..., 0], front[..., 7] = 0.8, 1
    back[..., 1], back[..., 7] = 0.8, 0
    out = np.empty_like(values)
    _maps_core.part_surfaces(steps, step=0.05, near=front, far=back, out=out)
    assert out[:, :16].min() > 0.99
    assert out[:, 20:].max() < 0.01


def test_maps_of_another_size_are_refused() -> None:
    values, picture = np.zeros((8, 8), np.float32), np.zeros((8, 9, 3), np.float32)
    with pytest.raises(ValueError, match="the picture must have the size"):
        _maps_core.Steps(values=values, low=values, high=values, picture=picture)
    steps = _maps_core.Steps(values=values, low=values, high=values, picture=picture[:, :8].copy())
    blocks = np.zeros((2, 3, 12), np.float32)
    with pytest.raises(ValueError, match="one cell per block"):
        _maps_core.gather_surfaces(steps, near=blocks, far=blocks)


def _pictures() -> st.SearchStrategy[NDArray[np.float32]]:
    """Colours of hostile photos: few, on a line, saturated, in one channel."""
    tones = npst.arrays(np.float32, 3, elements=st.sampled_from([0.0, 0.1, 35 / 255, 0.5, 1.0]))

    @st.composite
    def on_a_line(draw: st.DrawFn) -> NDArray[np.float32]:
        dark, light = draw(tones), draw(tones)
        rng = np.random.default_rng(draw(st.integers(0, 99)))
        steps = draw(st.sampled_from([1, 2, 256]))
        grey = rng.integers(0, steps, SIZE) / max(steps - 1, 1)
        return np.rint(255 * (dark + (light - dark) * grey[..., None])).astype(np.float32) / 255

    return on_a_line()


@given(_pictures(), st.sampled_from([1e-6, 1e-4, 1e-3]), st.integers(0, 9))
def test_a_fit_to_any_colours_is_finite_and_keeps_to_the_values(
    colours: NDArray[np.float32], noise: float, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    values = (rng.random(SIZE) > 0.5).astype(np.float32)
    model = np.empty((*SIZE, 4), np.float32)
    _maps_core.fit_colours(values=values, colours=colours, noise=noise, out=model)
    assert np.isfinite(model).all()
    fitted = (model[..., :3] * colours).sum(-1) + model[..., 3]
    assert fitted.min() > -2
    assert fitted.max() < 3


PLANE, GAIN_PX = 0.8, 40.0  # disparity of the focal plane, and what lies at 0.3 blurs by 20 px
FAR = 0.3


def swept(
    disparity: NDArray[np.float32],
    *,
    alpha: NDArray[np.uint8] | None = None,
    held: NDArray[np.float32] | None = None,
    crumb_px: int = 30,
    hole_px: int = 10,
    dtype: type = np.uint8,
) -> dict[str, Any]:
    """The layers of a matte after the sweep; what lies behind soft pixels is FAR."""
    seen = photo(dtype, disparity.shape)
    layers = {
        "alpha": np.full(disparity.shape, 255, np.uint8) if alpha is None else alpha.copy(),
        "foreground": np.zeros_like(seen),
        "disparity": disparity.copy(),
        "background": np.zeros_like(seen),
        "background_disparity": np.full(disparity.shape, FAR, np.float32),
    }
    rules = _maps_core.CrumbRules(
        focus=PLANE,
        gain_px=GAIN_PX,
        half_band=0.02,
        sharp_px=2.0,
        blurred_px=8.0,
        held=0.75,
        crumb_px=crumb_px,
        hole_px=hole_px,
    )
    _maps_core.sweep_crumbs(
        photo=seen, held=held, rules=rules, out=_maps_core.MatteLayers(**layers)
    )
    return {**layers, "photo": seen}


def far_wall() -> NDArray[np.float32]:
    return np.full(SIZE, FAR, np.float32)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize(
    "place", [np.s_[10:12, 20:24], np.s_[0:2, 0:3], np.s_[36:, 40:], np.s_[5, 7]]
)
def test_a_small_sharp_patch_alone_goes_to_what_lies_around_it(dtype: type, place: Any) -> None:
    disparity = far_wall()
    disparity[place] = PLANE
    after = swept(disparity, dtype=dtype)
    np.testing.assert_allclose(after["disparity"], FAR, atol=1e-6)
    np.testing.assert_array_equal(after["foreground"][place], after["photo"][place])


def test_a_soft_crumb_becomes_one_opaque_sample_again() -> None:
    disparity, alpha = far_wall(), np.full(SIZE, 255, np.uint8)
    disparity[10:13, 10:13], alpha[10:13, 10:13] = PLANE, 140
    after = swept(disparity, alpha=alpha)
    assert (after["alpha"] == 255).all()
    np.testing.assert_allclose(after["disparity"], FAR, atol=1e-6)


def test_a_crumb_before_a_blurred_foreground_goes_there() -> None:
    disparity = np.full(SIZE, 1.3, np.float32)
    disparity[20:22, 20:22] = PLANE
    np.testing.assert_allclose(swept(disparity)["disparity"], 1.3, atol=1e-6)


@pytest.mark.parametrize("why", ["large", "held", "a long wire", "among what is hardly blurred"])
def test_what_is_no_crumb_stays(why: str) -> None:
    disparity, held = far_wall(), np.zeros(SIZE, np.float32)
    if why == "among what is hardly blurred":
        disparity[:] = PLANE - 0.15  # 5 px
    disparity[12:15, 12:15] = PLANE
    if why == "large":
        disparity[12:18, 12:18] = PLANE
    if why == "a long wire":
        disparity[20] = PLANE
        disparity[12:20, 12] = PLANE
    if why == "held":
        held[13, 13] = 0.9
    np.testing.assert_array_equal(swept(disparity, held=held)["disparity"], disparity)


def test_a_small_hole_in_what_is_sharp_is_filled() -> None:
    disparity, alpha = np.full(SIZE, PLANE, np.float32), np.full(SIZE, 255, np.uint8)
    disparity[10:12, 10:13] = FAR
    alpha[20:22, 20] = 60
    after = swept(disparity, alpha=alpha)
    np.testing.assert_allclose(after["disparity"], PLANE, atol=1e-6)
    assert (after["alpha"] == 255).all()
    np.testing.assert_array_equal(after["foreground"][20, 20], after["photo"][20, 20])


def test_a_gap_between_strands_is_no_hole() -> None:
    disparity, alpha = np.full(SIZE, PLANE, np.float32), np.full(SIZE, 255, np.uint8)
    alpha[8:14, 8:14] = 150  # wisps around it
    alpha[10:12, 10:12] = 30
    after = swept(disparity, alpha=alpha)
    assert (after["alpha"][10:12, 10:12] == 30).all()


@given(seed=st.integers(0, 2**32 - 1), share=st.floats(0.001, 0.3))
def test_after_the_sweep_no_lone_patch_is_left(seed: int, share: float) -> None:
    """Patches as OpenCV finds them; those between other patches have no rim that is blurred."""
    rng = np.random.default_rng(seed)
    disparity = np.where(rng.random(SIZE) < share, PLANE, FAR).astype(np.float32)
    after = swept(disparity, hole_px=0)["disparity"]
    sharp = (after > 0.7).astype(np.uint8)
    count, labels = cv2.connectedComponents(sharp, connectivity=8)
    for label in range(1, count):
        patch = labels == label
        rim = (cv2.dilate(patch.astype(np.uint8), np.ones((7, 7), np.uint8)) > 0) & ~patch
        assert patch.sum() >= 30 or 2 * np.count_nonzero(after[rim] < 0.6) <= rim.sum()
    assert (after <= disparity).all()


def test_the_sweep_refuses_maps_of_another_size() -> None:
    with pytest.raises(ValueError, match="held"):
        swept(far_wall(), held=np.zeros((3, 3), np.float32))


@pytest.mark.parametrize("size", [(1, 1), (1, 5), (6, 7)])
def test_colours_of_both_sides_are_jacobi_sweeps(size: tuple[int, int]) -> None:
    rng = np.random.default_rng(6)
    smooth, across = 0.01, 0.2
    picture, front, back = (rng.random((*size, 3), np.float32) for _ in range(3))
    alpha = rng.random(size, np.float32)
    expected = front.astype(np.float64), back.astype(np.float64)
    for _ in range(2):
        total, sums = np.zeros(size), [np.zeros((*size, 3)) for _ in range(2)]
        for dy, dx in ((-1, 0), (1, 0), (0, -1), (0, 1)):
            y = np.clip(np.arange(size[0]) + dy, 0, size[0] - 1)[:, None]
            x = np.clip(np.arange(size[1]) + dx, 0, size[1] - 1)[None]
            weight = smooth + across * np.abs(alpha - alpha[y, x])
            total += weight
            for k in range(2):
                sums[k] += weight[..., None] * expected[k][y, x]
        shares = np.stack([alpha, 1 - alpha], -1).astype(np.float64)
        left = shares[..., :, None] * shares[..., None, :] + total[..., None, None] * np.eye(2)
        right = np.stack([shares[..., [k]] * picture + sums[k] for k in range(2)], -2)
        solved = np.clip(np.linalg.solve(left, right), 0, 1)
        expected = solved[..., 0, :], solved[..., 1, :]
    _maps_core.sweep_colours(
        picture=picture, alpha=alpha, sweeps=2, smooth=smooth, across=across, front=front, back=back
    )
    np.testing.assert_allclose(front, expected[0], atol=2e-4)
    np.testing.assert_allclose(back, expected[1], atol=2e-4)
