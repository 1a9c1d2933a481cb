from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from defocus.disparity import Disparity
from defocus.edit import Edit, Focus, Mask, Stroke
from defocus.layers import make_layers, scene_gain_px
from defocus.optics import Lens
from defocus.photo import Embedded, Metadata, Photo
from defocus.pipeline import apply, focal_plane, prepare, render_scene

if TYPE_CHECKING:
    from numpy.typing import NDArray

SIZE_WH = (160, 120)
NEAR = np.s_[30:120, 50:110]
LEFT = np.s_[:, :30]


def picture(dtype: str = "uint8") -> NDArray[np.generic]:
    """Noise, so that any blur shows."""
    top = np.iinfo(dtype).max
    return np.random.default_rng(3).integers(0, top, (120, 160, 3), dtype, endpoint=True)


def disparity(kind: str = "relative") -> Disparity:
    values = np.full((120, 160), 0.2, np.float32)
    values[NEAR] = 1.0
    return Disparity(values, kind=kind, source="test")  # type: ignore[arg-type]


def photo(dtype: str = "uint8", kind: str = "relative", exif: bytes | None = None) -> Photo:
    return Photo(
        picture(dtype),
        meta=Metadata("png", exif=exif),
        embedded=Embedded(disparity=disparity(kind)),
    )


def test_subject_is_untouched_and_background_is_blurred() -> None:
    before = photo()
    after = apply(before, Edit(lens=Lens(1.4))).photo
    inner = np.s_[45:115, 62:98]
    assert (after.pixels[inner] == before.pixels[inner]).all()
    assert after.pixels[LEFT].std() < 0.6 * before.pixels[LEFT].std()


@pytest.mark.parametrize("dtype", ["uint8", "uint16"])
@pytest.mark.parametrize("method", ["lens", "mask"])
def test_keeps_type_size_and_metadata(dtype: str, method: str) -> None:
    before = photo(dtype, exif=b"kept")
    after = apply(before, Edit(method=method)).photo  # type: ignore[arg-type]
    assert after.pixels.dtype == dtype
    assert after.size_wh == SIZE_WH
    assert after.meta.exif == b"kept"


def test_one_scene_serves_many_edits() -> None:
    scene = prepare(photo(), Edit())
    on_subject = render_scene(scene, Edit(focus=Focus("near")))
    on_wall = render_scene(scene, Edit(focus=Focus("point", (0.05, 0.5))))
    original = scene.photo.pixels
    assert (on_subject.pixels[60, 80] == original[60, 80]).all()
    assert (on_wall.pixels[60, 5] == original[60, 5]).all()
    assert on_wall.pixels[NEAR].std() < 0.8 * original[NEAR].std()


def test_larger_f_number_blurs_less() -> None:
    scene = prepare(photo(), Edit())
    spread = [
        render_scene(scene, Edit(lens=Lens(f_number))).pixels[LEFT].std()
        for f_number in (1.4, 4, 16)
    ]
    assert spread == sorted(spread)
    assert spread[0] < spread[-1]


def test_without_foreground_blur_only_the_background_goes() -> None:
    scene = prepare(photo(), Edit())
    edit = Edit(focus=Focus("far"), foreground=0, matte=False)
    assert (make_layers(scene, edit, focal_plane(scene, edit)).radius_px <= 0).all()


def test_mask_method_uses_the_source_map() -> None:
    from defocus.classic import blur_background, full_size

    before = photo()
    after = apply(before, Edit(method="mask", mask=Mask(9))).photo
    depth = full_size(disparity().values, before.size_wh)
    literal = blur_background(before.pixels, depth, blur_ksize=9)
    assert (after.pixels == literal).all()


def test_mask_method_spends_nothing_on_refinement() -> None:
    stages: list[str] = []
    edit = Edit(method="mask")
    result = apply(photo(), edit, progress=lambda stage, fraction: stages.append(stage))
    assert "refine" not in stages
    assert "matte" not in stages
    assert result.scene.disparity.size_wh == photo().size_wh


def test_a_brush_stroke_makes_the_wall_sharp() -> None:
    scene = prepare(photo(), Edit())
    dab = Stroke(((0.1, 0.5),), 0.1, 1.0, 1.0)
    edit = Edit(focus=Focus("near"), strokes=(dab,), matte=False)
    after = render_scene(scene, edit)
    assert (after.pixels[60, 16] == scene.photo.pixels[60, 16]).all()


def test_alpha_is_kept_and_hidden_colours_do_not_bleed() -> None:
    pixels = np.full((60, 80, 3), 200, np.uint8)
    alpha = np.full((60, 80), 255, np.uint8)
    pixels[:, 40:] = 0  # black, but fully transparent
    alpha[:, 40:] = 0
    flat = Disparity(np.zeros((60, 80), np.float32))
    before = Photo(pixels, alpha, embedded=Embedded(disparity=flat))
    after = apply(before, Edit(focus=Focus("disparity", (1.0,), 0.0))).photo
    assert after.alpha is not None
    assert (after.alpha == alpha).all()
    assert np.abs(after.pixels[:, :40].astype(int) - 200).max() <= 1


def exif_35mm(focal_mm: float) -> bytes:
    from PIL import Image

    block = Image.Exif()
    block.get_ifd(0x8769)[0xA405] = focal_mm
    return block.tobytes().removeprefix(b"Exif\0\0")


def test_metric_depth_with_a_known_lens_is_the_thin_lens_formula() -> None:
    scene = prepare(photo(kind="metric", exif=exif_35mm(50)), Edit())
    edit = Edit(lens=Lens(2.0), focus=Focus("near", (), 0.0), matte=False)
    plane = focal_plane(scene, edit)
    radius = make_layers(scene, edit, plane).radius_px
    # focused at 1 m (1.0/m), wall at 5 m (0.2/m): c = (f²/N)·(z_f/(z_f − f))·|1/z − 1/z_f|
    blur_m = 0.05**2 / 2.0 * (1 / (1 - 0.05)) * 0.8
    expected_px = blur_m / 2 / 0.036 * 160
    assert radius[5, 5] == pytest.approx(-expected_px, rel=0.02)
    assert radius[60, 80] == pytest.approx(0, abs=0.05)


def test_relative_depth_follows_the_diagonal() -> None:
    scene = prepare(photo(), Edit())
    edit = Edit(lens=Lens(2.0), by_distance=False)
    assert scene_gain_px(scene, edit, focal_plane(scene, edit)) == pytest.approx(0.043 * 200 / 2)


def test_progress_is_told_and_can_cancel() -> None:
    from defocus.errors import Cancelled

    stages: list[str] = []
    apply(photo(), Edit(), progress=lambda stage, fraction: stages.append(stage))
    assert {"depth", "refine", "render"} <= set(stages)

    def stop(stage: str, fraction: float) -> None:
        if stage == "render":
            raise Cancelled("enough")

    with pytest.raises(Cancelled):
        apply(photo(), Edit(), progress=stop)
