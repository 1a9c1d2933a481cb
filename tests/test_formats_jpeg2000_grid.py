"""JPEG 2000 whose channels have fewer samples than its picture has pixels."""

from __future__ import annotations

import io
import struct
from typing import TYPE_CHECKING

import numpy as np
import photo_files as made
import pytest
from PIL import Image

from defocus import read_photo
from defocus.errors import PhotoError
from defocus.formats.jpeg2000 import STREAM

if TYPE_CHECKING:
    from pathlib import Path

    from defocus.photo import Photo

_SMALL = made.picture(21, 14)


def encoded(
    mode: str = "RGB",
    tile: tuple[int, int] | None = None,
    *,
    boxed: bool = True,
    offset: tuple[int, int] = (0, 0),
) -> bytes:
    """A picture of 21×14 samples, exactly."""
    buffer = io.BytesIO()
    options = {"offset": offset} | ({} if tile is None else {"tile_size": tile})
    image = Image.fromarray(_SMALL).convert(mode)
    image.save(buffer, "JPEG2000", irreversible=False, mct=0, no_jp2=not boxed, **options)
    return buffer.getvalue()


def coarse(
    data: bytes,
    steps: list[tuple[int, int]],
    size_wh: tuple[int, int],
    *,
    start: tuple[int, int] = (0, 0),
    tile: tuple[int, int] | None = None,
) -> bytes:
    """The same samples on a finer grid: each stands for ``steps`` pixels of its channel."""
    out = bytearray(data)
    at = data.index(STREAM)
    end = start[0] + size_wh[0], start[1] + size_wh[1]
    struct.pack_into(">8L", out, at + 8, *end, *start, *(tile or end), 0, 0)
    for channel, step in enumerate(steps):
        out[at + 43 + 3 * channel : at + 45 + 3 * channel] = bytes(step)
    box = data.find(b"ihdr", 0, at)
    if box >= 0:
        struct.pack_into(">LL", out, box + 4, size_wh[1], size_wh[0])
    return bytes(out)


def read(tmp_path: Path, data: bytes) -> Photo:
    (tmp_path / "a.jp2").write_bytes(data)
    return read_photo(tmp_path / "a.jp2")


@pytest.mark.parametrize("boxed", [True, False])
@pytest.mark.parametrize(("mode", "channels"), [("L", 1), ("LA", 2), ("RGB", 3), ("RGBA", 4)])
# The last column or row of samples may stand for less than the others.
@pytest.mark.parametrize(
    ("step", "size_wh"),
    [
        ((2, 1), (42, 14)),
        ((2, 1), (41, 14)),
        ((1, 2), (21, 27)),
        ((2, 2), (41, 27)),
        ((3, 4), (61, 56)),
    ],
)
def test_samples_are_repeated(
    tmp_path: Path,
    mode: str,
    channels: int,
    step: tuple[int, int],
    size_wh: tuple[int, int],
    boxed: bool,
) -> None:
    photo = read(tmp_path, coarse(encoded(mode, boxed=boxed), [step] * channels, size_wh))
    plain = read(tmp_path, encoded(mode, boxed=boxed))
    width, height = size_wh
    expected = plain.pixels.repeat(step[1], axis=0).repeat(step[0], axis=1)[:height, :width]
    np.testing.assert_array_equal(photo.pixels, expected)
    assert (photo.alpha is None) == (plain.alpha is None)
    if photo.alpha is not None:
        assert photo.alpha.shape == (height, width)
    assert any("fewer samples" in note for note in photo.meta.notes)


@pytest.mark.parametrize("begin", [1, 2])
def test_the_grid_may_begin_within_a_sample(tmp_path: Path, begin: int) -> None:
    """Samples lie at the even places, from 2 to 42; what is before the first is like it."""
    plain = encoded("L", (22, 14), offset=(1, 0))
    found = read(tmp_path, coarse(plain, [(2, 1)], (44 - begin, 14), start=(begin, 0)))
    columns = [0, *np.repeat(np.arange(21), 2)][begin - 1 :]
    np.testing.assert_array_equal(found.pixels, read(tmp_path, plain).pixels[:, columns])


def test_tiles_that_divide_are_read(tmp_path: Path) -> None:
    data = encoded("L", (8, 8))
    found = read(tmp_path, coarse(data, [(2, 2)], (42, 28), tile=(16, 16)))
    expected = read(tmp_path, data).pixels.repeat(2, axis=0).repeat(2, axis=1)
    np.testing.assert_array_equal(found.pixels, expected)


@pytest.mark.parametrize(
    ("mode", "steps", "size_wh", "tile"),
    [
        ("RGB", [(1, 1), (2, 2), (2, 2)], (21, 13), None),  # colours of half an odd size
        ("RGB", [(1, 1), (2, 1), (2, 1)], (21, 14), None),
        ("RGBA", [(1, 1), (2, 1), (1, 2), (2, 2)], (21, 13), None),
        ("LA", [(2, 1), (1, 1)], (42, 14), None),
        ("L", [(2, 2)], (42, 28), (15, 15)),
    ],
)
def test_what_would_be_decoded_wrongly_is_refused_as_what_it_is(
    tmp_path: Path,
    mode: str,
    steps: list[tuple[int, int]],
    size_wh: tuple[int, int],
    tile: tuple[int, int] | None,
) -> None:
    """Pillow calls the grey ones broken, and shears the colours of the others in silence."""
    with pytest.raises(PhotoError, match="subsampled in this way is not read") as caught:
        read(tmp_path, coarse(encoded(mode), steps, size_wh, tile=tile))
    assert "damaged" not in str(caught.value)


@pytest.mark.parametrize("mode", ["L", "RGB"])
def test_what_is_damaged_is_still_called_so(tmp_path: Path, mode: str) -> None:
    whole = coarse(encoded(mode), [(2, 1)] * len(mode), (42, 14))
    with pytest.raises(PhotoError, match="is cut off"):
        read(tmp_path, whole[: len(whole) - len(whole) // 3])
    with pytest.raises(PhotoError, match="one of them is damaged"):
        read(tmp_path, coarse(encoded(mode), [(0, 1)] * len(mode), (42, 14)))
