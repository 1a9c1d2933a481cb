"""What is kept from any format to any other."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import numpy as np
import photo_files as made
import pytest
from PIL import Image

from defocus import formats, read_photo, write_photo
from defocus.formats.exif import ExifBlock

if TYPE_CHECKING:
    from pathlib import Path

pillow_heif = pytest.importorskip("pillow_heif")

SUFFIXES = ("jpg", "png", "webp", "tif", "avif", "heic")
# What a format cannot hold; everything else is kept in every pair.
CANNOT = {"webp": {"DPI"}, "avif": {"DPI"}, "heic": {"DPI"}}


def sample(suffix: str) -> bytes:
    """A photo in every format with all the metadata that it can hold, written by others."""
    buffer = io.BytesIO()
    image = Image.fromarray(made.picture())
    exif = b"Exif\0\0" + made.exif(thumbnail=suffix == "jpg")
    options: dict[str, Any] = {"icc_profile": made.icc("p3"), "exif": exif}
    if suffix == "png":
        from PIL.PngImagePlugin import PngInfo

        info = PngInfo()
        info.add_itxt("XML:com.adobe.xmp", made.XMP_PACKET.decode())
        info.add_text("Author", "nobody")
        image.save(buffer, "PNG", pnginfo=info, dpi=(240, 240), **options)
    elif suffix == "tif":
        tags = Image.Exif()
        tags.load(exif)
        tags[700] = made.XMP_PACKET
        image.save(buffer, "TIFF", dpi=(240, 240), **(options | {"exif": tags}))
    elif suffix == "heic":
        heif = pillow_heif.from_pillow(image)
        heif.save(buffer, quality=90, xmp=made.XMP_PACKET, **options)
    else:
        name = {"jpg": "JPEG", "webp": "WEBP", "avif": "AVIF"}[suffix]
        dpi = {"dpi": (240, 240)} if suffix == "jpg" else {}
        image.save(buffer, name, xmp=made.XMP_PACKET, quality=90, **dpi, **options)
    return buffer.getvalue()


def held(path: Path) -> dict[str, bool]:
    """What other programs find in a file: Pillow, and pillow-heif through it."""
    pillow_heif.register_heif_opener()
    with Image.open(path) as image:
        exif = image.getexif()
        details, position = exif.get_ifd(0x8769), exif.get_ifd(0x8825)
        xmp = image.info.get("xmp") or b""
        if not xmp and "XML:com.adobe.xmp" in image.info:
            xmp = image.info["XML:com.adobe.xmp"].encode()
        dpi = image.info.get("dpi", (0, 0))
        return {
            "camera": exif.get(0x0110) == "Model T" and float(details.get(0x920A, 0)) == 50,
            "maker note": details.get(0x927C) == made.MAKER_NOTE,
            "GPS": [float(v) for v in position.get(2, ())] == [47, 22, 30],
            "ICC": image.info.get("icc_profile") == made.icc("p3"),
            "XMP": made.CAPTION.encode() in xmp and b'tiff:Orientation="6"' not in xmp,
            "DPI": abs(float(dpi[0]) - 240) < 0.1,
        }


@pytest.mark.parametrize("target", SUFFIXES)
@pytest.mark.parametrize("source", SUFFIXES)
def test_everything_that_the_target_can_hold_is_kept(
    tmp_path: Path, source: str, target: str
) -> None:
    start = tmp_path / f"a.{source}"
    start.write_bytes(sample(source))
    result = write_photo(read_photo(start), tmp_path / f"b.{target}")
    lost = {what for what, kept in held(result).items() if not kept}
    assert lost == CANNOT.get(target, set()) | (CANNOT.get(source, set()) & lost)


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_what_the_record_of_a_format_says_is_true(tmp_path: Path, suffix: str) -> None:
    start = tmp_path / f"a.{suffix}"
    start.write_bytes(sample(suffix))
    found = held(write_photo(read_photo(start), tmp_path / f"b.{suffix}"))
    holds = formats.for_writing(None, f".{suffix}").holds
    assert holds is not None
    assert found.pop("DPI") == holds.dpi
    assert all(found.values())


def test_a_jpeg_to_itself_keeps_the_exif_block_byte_for_byte(tmp_path: Path) -> None:
    block = made.exif(1)
    (tmp_path / "a.jpg").write_bytes(made.jpeg(made.picture(), exif=b"Exif\0\0" + block))
    result = write_photo(read_photo(tmp_path / "a.jpg"), tmp_path / "b.jpg")
    with Image.open(result) as image:
        assert image.info["exif"] == b"Exif\0\0" + block


def test_the_thumbnail_of_the_sharp_picture_does_not_survive(tmp_path: Path) -> None:
    block = made.exif(6, thumbnail=True)
    start = block.index(b"\xff\xd8\xff")
    (tmp_path / "a.jpg").write_bytes(made.jpeg(made.picture(), exif=b"Exif\0\0" + block))
    kept = read_photo(tmp_path / "a.jpg").meta.exif
    assert kept is not None
    assert b"\xff\xd8\xff" not in kept
    assert len(kept) == start  # it stood last, so its bytes are gone too
    assert not ExifBlock(kept).drop_thumbnail()


def test_png_text_survives(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(sample("png"))
    result = write_photo(read_photo(tmp_path / "a.png"), tmp_path / "b.png")
    with Image.open(result) as image:
        image.load()
        assert image.text["Author"] == "nobody"  # type: ignore[attr-defined]


@pytest.mark.parametrize("suffix", ["png", "tif"])
@pytest.mark.parametrize("alpha", [False, True])
@pytest.mark.parametrize("grey", [False, True])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_bits_alpha_and_grey_survive(
    tmp_path: Path, suffix: str, dtype: type, grey: bool, alpha: bool
) -> None:
    from defocus.photo import Metadata, Photo

    pixels = made.picture(dtype=dtype)
    if grey:
        pixels = np.repeat(pixels[..., :1], 3, axis=2)
    mask = made.picture(dtype=dtype)[..., 1].copy() if alpha else None
    photo = Photo(pixels, mask, Metadata("png", grey=grey))
    again = read_photo(write_photo(photo, tmp_path / f"a.{suffix}"))
    assert again.pixels.dtype == dtype
    assert np.array_equal(again.pixels, pixels)
    assert again.meta.grey == grey
    assert (again.alpha is None) == (mask is None)
    assert mask is None or np.array_equal(again.alpha, mask)


@pytest.mark.parametrize("suffix", ["jpg", "png", "tif", "avif", "heic"])
def test_grey_stays_grey_with_its_profile(tmp_path: Path, suffix: str) -> None:
    image = Image.fromarray(made.picture()[..., 0])
    image.save(tmp_path / "a.png", icc_profile=made.icc("grey"))
    result = write_photo(read_photo(tmp_path / "a.png"), tmp_path / f"b.{suffix}")
    pillow_heif.register_heif_opener()
    with Image.open(result) as shown:
        assert shown.mode == "L"
        assert shown.info["icc_profile"] == made.icc("grey")


def test_colour_painted_on_a_grey_photo_is_not_lost(tmp_path: Path) -> None:
    from defocus.photo import Metadata, Photo

    photo = Photo(made.picture(), None, Metadata("png", icc=made.icc("grey"), grey=True))
    with Image.open(write_photo(photo, tmp_path / "a.png")) as shown:
        assert shown.mode == "RGB"
        assert "icc_profile" not in shown.info
