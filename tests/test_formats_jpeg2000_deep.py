"""JPEG 2000 of more than 8 bits a channel: white is white."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import photo_files as made
import pytest

from defocus import Photo, read_photo
from defocus.errors import PhotoError
from defocus.formats import jpeg2000_deep

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

imagecodecs = pytest.importorskip("imagecodecs")


def picture(bits: int, channels: int) -> NDArray[Any]:
    """Every kind of code, with a white and a black corner."""
    top = (1 << bits) - 1
    values = made.picture(64, 48, np.uint16).astype(np.uint32) * top // 65535
    values = np.dstack([values, values[::-1, :, 1]])[..., :channels].astype(np.uint16)
    values[:10, :10], values[:10, 10:20] = top, 0
    values[10:12, :10] = top - 1
    return np.ascontiguousarray(values)


def read(tmp_path: Path, values: NDArray[Any], bits: int, **options: Any) -> Photo:
    data = imagecodecs.jpeg2k_encode(values, bitspersample=bits, **({"level": 0} | options))
    (tmp_path / "a.jp2").write_bytes(data)
    return read_photo(tmp_path / "a.jp2")


@pytest.mark.parametrize("codec", ["jp2", "j2k"])
@pytest.mark.parametrize("channels", [3, 4])
@pytest.mark.parametrize("bits", [9, 10, 12, 16])
def test_every_code_arrives(tmp_path: Path, bits: int, channels: int, codec: str) -> None:
    """Pillow rounds up, past white: 4095 of 12 bits became 0."""
    values = picture(bits, channels)
    photo = read(tmp_path, values, bits, codecformat=codec)
    assert photo.pixels.dtype == np.uint16
    top = (1 << bits) - 1
    assert np.abs(photo.pixels / 65535 - values[..., :3] / top).max() < 1e-4
    assert photo.pixels[:10, :10].min() == 65535
    assert (photo.alpha is not None) is (channels == 4)
    if photo.alpha is not None:
        assert np.abs(photo.alpha / 65535 - values[..., 3] / top).max() < 1e-4
    assert photo.meta.notes == ()


@pytest.mark.parametrize("bits", [10, 12, 16])
def test_codes_that_were_packed_with_loss_arrive_nearly(tmp_path: Path, bits: int) -> None:
    values = picture(bits, 3)
    photo = read(tmp_path, values, bits, level=60, reversible=False)
    assert np.abs(photo.pixels / 65535 - values / ((1 << bits) - 1)).mean() < 0.01
    assert photo.pixels[2:8, 2:8].min() > 60_000


@pytest.mark.parametrize("bits", [12, 16])
def test_grey_with_alpha_is_refused_rather_than_night(tmp_path: Path, bits: int) -> None:
    with pytest.raises(PhotoError, match=f"{bits} bits in colours of this kind"):
        read(tmp_path, picture(bits, 2), bits)


@pytest.mark.parametrize("black", [True, False])
def test_what_opencv_does_not_read_is_refused_where_white_may_be_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, black: bool
) -> None:
    monkeypatch.setattr(jpeg2000_deep, "_decoded", lambda data: None)
    values = picture(12, 3) if black else picture(12, 3).clip(200, 4000)
    if black:
        with pytest.raises(PhotoError, match="12 bits in colours of this kind is not read"):
            read(tmp_path, values, 12)
        return
    photo = read(tmp_path, values, 12)
    assert np.abs(photo.pixels / 255 - values / 4095).max() < 0.01
    assert photo.meta.notes == ("more than 8 bits a channel reduced to 8",)
