"""Pictures of which only a part is to be seen."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import numpy as np
import photo_files as made
import pytest
from clap_files import clap, with_property
from PIL import Image

from defocus import read_photo, write_photo

if TYPE_CHECKING:
    from pathlib import Path

PICTURE = made.picture(64, 48)
OPAQUE = np.dstack([PICTURE, PICTURE[..., 1]])


def avif(values: np.ndarray, orientation: int = 1) -> bytes:
    buffer = io.BytesIO()
    exif = Image.Exif()
    exif[0x0112] = orientation
    Image.fromarray(values).save(buffer, "AVIF", quality=100, subsampling="4:4:4", exif=exif)
    return buffer.getvalue()


@pytest.mark.parametrize("orientation", [1, 3, 6, 8])
@pytest.mark.parametrize("alpha", [False, True])
@pytest.mark.parametrize("box", [(0, 0, 64, 40), (10, 6, 30, 25), (33, 20, 31, 28)])
@pytest.mark.parametrize("per", [1, 2])
def test_what_was_cut_off_does_not_come_back(
    tmp_path: Path, box: tuple[int, int, int, int], alpha: bool, orientation: int, per: int
) -> None:
    whole = avif(OPAQUE if alpha else PICTURE, orientation)
    (tmp_path / "whole.avif").write_bytes(whole)
    (tmp_path / "a.avif").write_bytes(with_property(whole, clap(*box, per=per)))
    left, top, width, height = box
    stored = made.turned(
        read_photo(tmp_path / "whole.avif").pixels, {6: 8, 8: 6}.get(orientation, orientation)
    )
    right = made.turned(stored[top : top + height, left : left + width], orientation)
    photo = read_photo(tmp_path / "a.avif")
    assert np.array_equal(photo.pixels, right)
    assert (photo.alpha is not None) == alpha
    assert photo.alpha is None or photo.alpha.shape == right.shape[:2]
    assert photo.meta.notes == ()
    result = read_photo(write_photo(photo, tmp_path / "b.avif"))
    assert result.pixels.shape == right.shape


@pytest.mark.parametrize("box", [(-1, 0, 20, 20), (50, 0, 20, 20), (0, 0, 0, 10), (0, 0, 65, 48)])
def test_a_crop_that_does_not_fit_is_left_out_and_told(
    tmp_path: Path, box: tuple[int, int, int, int]
) -> None:
    (tmp_path / "a.avif").write_bytes(with_property(avif(PICTURE), clap(*box)))
    photo = read_photo(tmp_path / "a.avif")
    assert photo.size_wh == (64, 48)
    assert photo.meta.notes == ("a crop that does not fit the picture is left out",)


def test_a_crop_that_divides_by_nothing_is_left_out(tmp_path: Path) -> None:
    for field in (1, 3, 5, 7):
        box = bytearray(clap(4, 4, 20, 20))
        box[8 + 4 * field : 12 + 4 * field] = bytes(4)
        (tmp_path / "a.avif").write_bytes(with_property(avif(PICTURE), bytes(box)))
        assert read_photo(tmp_path / "a.avif").size_wh == (64, 48)


def test_a_heic_is_cropped_by_its_decoder(tmp_path: Path) -> None:
    heif = pytest.importorskip("pillow_heif")
    buffer = io.BytesIO()
    heif.from_bytes("RGB", (64, 48), PICTURE.tobytes()).save(buffer, quality=95)
    (tmp_path / "a.heic").write_bytes(with_property(buffer.getvalue(), clap(10, 6, 30, 24)))
    photo = read_photo(tmp_path / "a.heic")
    assert photo.size_wh == (30, 24)
    assert np.abs(photo.pixels.astype(int) - PICTURE[6:30, 10:40]).mean() < 4
