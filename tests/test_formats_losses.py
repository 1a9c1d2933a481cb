"""What a result lacks is said, one line each, before it is written."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import photo_files as made
import pytest
from photo_samples import SAMPLES, sample
from PIL import Image

from defocus import Photo, read_photo, write_photo
from defocus.edit import Output
from defocus.errors import PhotoError
from defocus.formats import FORMATS
from defocus.formats.losses import losses
from defocus.photo import Embedded, Metadata
from defocus.transfer import SRGB

if TYPE_CHECKING:
    from pathlib import Path

WRITABLE = [known for known in FORMATS if known.writable]
DEEP = Photo(made.picture(dtype=np.uint16), np.full((32, 48), 32768, np.uint16))
# Photoshop's resource 0x0404 holds IPTC records.
CAPTION = b"8BIM\x04\x04\0\0\0\0\0\x04abcd"
RICH = Photo(
    made.picture(),
    meta=Metadata(
        "jpeg", dpi=(300, 300), photoshop=CAPTION, comment=b"hello", text=(("Title", "A hill"),)
    ),
)


def told(photo: Photo, suffix: str) -> str:
    return "\n".join(losses(photo, f"a{suffix}"))


@pytest.mark.parametrize(
    ("suffix", "words"),
    [
        (".tif", []),
        (".png", []),
        (".heic", ["16 bits become 10"]),
        (".avif", ["16 bits become"]),
        (".webp", ["16 bits become 8"]),
        (".jpg", ["16 bits become 8", "transparent parts become white"]),
    ],
)
def test_bits_and_transparency(suffix: str, words: list[str]) -> None:
    said = losses(DEEP, f"a{suffix}")
    assert len(said) == len(words)
    assert all(word in line for word, line in zip(words, said, strict=True))


@pytest.mark.parametrize(
    ("suffix", "words"),
    [
        (".jpg", {"text"}),
        (".png", {"IPTC", "comment"}),
        (".tif", {"comment", "text"}),
        (".webp", {"300 dpi", "IPTC", "comment", "text"}),
        (".avif", {"300 dpi", "IPTC", "comment", "text"}),
        (".heic", {"300 dpi", "IPTC", "comment", "text"}),
    ],
)
def test_what_stands_beside_the_picture(suffix: str, words: set[str]) -> None:
    said = told(RICH, suffix)
    assert {word for word in ("300 dpi", "IPTC", "comment", "text") if word in said} == words


def test_nothing_is_said_of_a_plain_photo() -> None:
    for each in WRITABLE:
        assert losses(Photo(made.picture()), f"a{each.suffixes[0]}") == ()


def test_a_resolution_that_exif_keeps_is_not_lost() -> None:
    image = Image.fromarray(made.picture())
    block = image.getexif()
    block[282], block[283], block[296] = 300.0, 300.0, 2
    meta = Metadata("jpeg", dpi=(300, 300), exif=block.tobytes().removeprefix(b"Exif\0\0"))
    assert losses(Photo(made.picture(), meta=meta), "a.webp") == ()
    assert "72 dpi" in told(Photo(made.picture(), meta=replace(meta, dpi=(72, 72))), ".webp")


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("alpha", [False, True])
def test_a_grey_profile_without_a_place_is_said_and_the_picture_looks_the_same(
    tmp_path: Path, dtype: type, alpha: bool
) -> None:
    pixels = np.repeat(made.picture(dtype=dtype)[..., :1], 3, axis=2)
    meta = Metadata("png", icc=made.icc("grey"), grey=True)
    photo = Photo(pixels, np.full((32, 48), np.iinfo(dtype).max, dtype) if alpha else None, meta)
    assert "the grey profile becomes sRGB in WebP" in told(photo, ".webp")
    assert "profile" not in told(photo, ".png")
    shown = read_photo(write_photo(photo, tmp_path / "a.webp", output=Output(quality=100))).pixels
    light = photo.transfer.decode(pixels / np.float32(np.iinfo(dtype).max))
    assert np.abs(SRGB.decode(shown / np.float32(255)) - light).max() < 0.03


def test_what_reading_left_out_is_said_too() -> None:
    meta = Metadata("tiff", notes=("of several pages only the first is kept",))
    photo = Photo(made.picture(), meta=meta, embedded=Embedded(dropped=("HDR gain map",)))
    assert losses(photo, "a.tif") == (*meta.notes, "HDR gain map is not carried over")


def test_the_format_asked_for_counts_not_the_suffix() -> None:
    assert "become 8" in told(DEEP, ".jpg")
    assert losses(DEEP, "a.jpg", Output(format="png")) == ()
    with pytest.raises(PhotoError, match=r"a\.xyz: cannot write"):
        losses(DEEP, "a.xyz")


@pytest.mark.parametrize("target", [known.suffixes[0] for known in WRITABLE])
def test_what_no_line_names_is_in_the_file_that_comes_back(tmp_path: Path, target: str) -> None:
    """The records against the files: what they say is held comes back, the rest does not."""
    for photo in (DEEP, RICH):
        again = read_photo(write_photo(photo, tmp_path / f"{photo.meta.format}{target}"))
        said = told(photo, target)
        if target != ".exr":  # what was light comes back with 16 bits
            assert (again.pixels.dtype == photo.pixels.dtype) == ("become 8" not in said)
        assert (again.alpha is not None) == (photo.alpha is not None and "transparent" not in said)
        for lost, kept in [
            ("dpi", again.meta.dpi is not None),
            ("IPTC", again.meta.photoshop is not None),
            ("comment", again.meta.comment is not None),
            ("text", bool(again.meta.text)),
        ]:
            assert kept == (photo is RICH and lost not in said), (target, lost)


@pytest.mark.parametrize("name", SAMPLES)
def test_every_sample_can_be_judged_for_every_target(tmp_path: Path, name: str) -> None:
    path = tmp_path / f"a.{name.split('-')[0]}"
    path.write_bytes(sample(name))
    photo = read_photo(path)
    for known in WRITABLE:
        lines = losses(photo, f"b{known.suffixes[0]}")
        assert len(set(lines)) == len(lines)
        assert not any("\n" in line for line in lines)
