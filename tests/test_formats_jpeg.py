from __future__ import annotations

import io
from base64 import b64decode
from typing import TYPE_CHECKING, Any

import numpy as np
import photo_files as made
import pytest
from photo_samples import sample
from PIL import Image, JpegImagePlugin

from defocus import Photo, read_photo, write_photo
from defocus.edit import Output
from defocus.errors import PhotoError
from defocus.formats import jpeg_segments
from defocus.formats.photoshop import without_thumbnail
from defocus.formats.reading import peek

if TYPE_CHECKING:
    from pathlib import Path


def opened(path: Path) -> Any:
    image = Image.open(path)
    image.load()
    return image


def through(tmp_path: Path, encoded: bytes, **options: Any) -> Path:
    (tmp_path / "a.jpg").write_bytes(encoded)
    return write_photo(read_photo(tmp_path / "a.jpg"), tmp_path / "b.jpg", **options)


@pytest.mark.parametrize("progressive", [False, True])
@pytest.mark.parametrize("subsampling", [0, 1, 2])
@pytest.mark.parametrize("quality", [30, 75, 96])
def test_tables_subsampling_and_progression_are_kept(
    tmp_path: Path, quality: int, subsampling: int, progressive: bool
) -> None:
    encoded = made.jpeg(
        made.picture(), quality=quality, subsampling=subsampling, progressive=progressive
    )
    with opened(through(tmp_path, encoded)) as result, Image.open(io.BytesIO(encoded)) as start:
        assert result.quantization == start.quantization
        assert JpegImagePlugin.get_sampling(result) == subsampling
        assert bool(result.info.get("progressive")) == progressive


def test_rewriting_an_untouched_photo_hardly_changes_it(tmp_path: Path) -> None:
    encoded = made.jpeg(made.picture(), quality=80, subsampling=2)
    before = read_photo(_written(tmp_path / "x.jpg", encoded)).pixels.astype(int)
    after = read_photo(through(tmp_path, encoded)).pixels
    assert np.abs(after - before).mean() < 0.5


def _written(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


def test_a_quality_asked_for_wins_and_keeps_the_subsampling(tmp_path: Path) -> None:
    encoded = made.jpeg(made.picture(), quality=96, subsampling=1)
    result = through(tmp_path, encoded, output=Output(quality=40))
    with (
        opened(result) as image,
        Image.open(io.BytesIO(made.jpeg(made.picture(), quality=40))) as as_40,
    ):
        assert image.quantization == as_40.quantization
        assert JpegImagePlugin.get_sampling(image) == 1


def test_three_different_tables_stay_with_their_components(tmp_path: Path) -> None:
    tables = [[k + 1] * 64 for k in range(3)]
    result = through(tmp_path, made.jpeg(made.picture(), qtables=tables, quality=-1))
    with opened(result) as image:
        assert [list(image.quantization[layer[3]]) for layer in image.layer] == tables


def test_comment_and_captions_are_kept_without_the_thumbnail(tmp_path: Path) -> None:
    caption = b"8BIM\x04\x04\0\0\0\0\0\x05hello\0"
    thumbnail = b"8BIM\x04\x0c\0\0\0\0\0\x04\xff\xd8\xff\xd9"
    block = b"Photoshop 3.0\0" + thumbnail + caption
    encoded = made.with_segments(
        made.jpeg(made.picture(), comment=b"by nobody"), made.segment(0xED, block)
    )
    result = through(tmp_path, encoded)
    found = jpeg_segments.take_apart(result.read_bytes())
    assert found.comment == b"by nobody"
    assert found.photoshop == caption


def test_damaged_photoshop_resources_are_cut() -> None:
    good = b"8BIM\x04\x04\0\0\0\0\0\x05hello\0"
    assert without_thumbnail(good + b"8BIM\x04\x05\0\0\0\0\xff\xff") == good
    assert without_thumbnail(b"rubbish") is None


def test_cmyk_becomes_srgb_by_its_profile(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(sample("jpg-cmyk"))
    photo = read_photo(tmp_path / "a.jpg")
    assert photo.meta.icc is None
    assert photo.meta.notes == ("CMYK converted to sRGB with its profile",)
    buffer = io.BytesIO()
    Image.fromarray(made.picture()).convert("CMYK").save(buffer, "JPEG")
    (tmp_path / "b.jpg").write_bytes(buffer.getvalue())
    plain = read_photo(tmp_path / "b.jpg")
    assert "without a profile" in plain.meta.notes[0]
    assert np.abs(plain.pixels.astype(int) - photo.pixels).mean() > 5  # the profile mattered
    assert np.abs(plain.pixels.astype(int) - made.picture()).mean() < 3


def test_icc_profiles_of_many_segments_are_joined(tmp_path: Path) -> None:
    profile = made.icc("p3") + bytes(150_000)
    large = len(profile).to_bytes(4, "big") + profile[4:]
    result = through(tmp_path, made.jpeg(made.picture(), icc_profile=large))
    with opened(result) as image:
        assert image.info["icc_profile"] == large


@pytest.mark.parametrize("numbers", [[(1, 1), (1, 1)], [(1, 2), (2, 2)], [(0, 0), (0, 0), (0, 0)]])
def test_a_profile_that_is_stored_several_times_is_one(numbers: list[tuple[int, int]]) -> None:
    profile = made.icc("p3")
    pieces = [made.segment(0xE2, b"ICC_PROFILE\0" + bytes(each) + profile) for each in numbers]
    encoded = made.with_segments(made.jpeg(made.picture()), *pieces)
    assert jpeg_segments.take_apart(encoded).icc == profile


def test_a_missing_icc_segment_means_no_profile() -> None:
    pieces = [made.segment(0xE2, b"ICC_PROFILE\0" + bytes([n, 3]) + b"x") for n in (1, 3)]
    encoded = made.with_segments(made.jpeg(made.picture()), *pieces)
    assert jpeg_segments.take_apart(encoded).icc is None


@pytest.mark.parametrize("unit", [("dpi", 300.0), ("cm", 254.0)])
def test_resolution_in_both_units(tmp_path: Path, unit: tuple[str, float]) -> None:
    encoded = bytearray(made.jpeg(made.picture(), dpi=(300, 300)))
    if unit[0] == "cm":
        at = encoded.index(b"JFIF\0") + 7
        encoded[at : at + 5] = b"\x02\x00\x64\x00\x64"
    (tmp_path / "a.jpg").write_bytes(encoded)
    assert read_photo(tmp_path / "a.jpg").meta.dpi == (unit[1], unit[1])


def test_main_xmp_too_long_for_one_segment_is_split_and_joined_again(tmp_path: Path) -> None:
    text = "a long story " * 8000
    packet = made.packet(
        'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:xmp="http://ns.adobe.com/xap/1.0/"'
        ' xmp:Rating="3"',
        f"<dc:description>{text}</dc:description>",
    )
    from defocus.photo import Metadata

    path = write_photo(
        Photo(made.picture(), None, Metadata("tiff", xmp=packet)), tmp_path / "a.jpg"
    )
    found = jpeg_segments.take_apart(path.read_bytes())
    assert found.xmp is not None
    assert b"HasExtendedXMP" in found.xmp
    assert found.extended_xmp is not None
    again = read_photo(path).meta.xmp
    assert again is not None
    assert text.encode() in again
    assert b'xmp:Rating="3"' in again
    assert b"HasExtendedXMP" not in again


def test_extended_xmp_with_a_wrong_checksum_is_ignored(tmp_path: Path) -> None:
    extension = made.packet('xmlns:a="urn:a" a:b="c"')
    guid, pieces = made.extended_segments(extension)
    note = f'xmlns:n="http://ns.adobe.com/xmp/note/" n:HasExtendedXMP="{guid}"'
    damaged = pieces[0].replace(b'a:b="c"', b'a:b="d"')
    encoded = made.with_segments(
        made.jpeg(made.picture()), made.xmp_segment(made.packet(note)), damaged
    )
    assert jpeg_segments.take_apart(encoded).extended_xmp is None
    (tmp_path / "a.jpg").write_bytes(encoded)
    assert read_photo(tmp_path / "a.jpg").meta.xmp is None


# Of ``made.picture()``, by ``jpegtran -arithmetic``; Pillow writes none.
ARITHMETIC_GREY = b64decode(
    "/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAAYEBQYFBAYGBQYHBwYIChAKCgkJChQODwwQFxQYGBcUFhYaHSUfGhsjHB"
    "YWICwgIyYnKSopGR8tMC0oMCUoKSj/yQALCAAgADABAREA/8wABgAQEAX/2gAIAQEAAD8A/wDa/DW8JY7Evanewj6R"
    "wnDF02OuUCsR0ie4r52hKaVlNDA2y9a6WQiDIupCXFP+Npblo3DmQ/ibvwJA/9k="
)
ARITHMETIC_PROGRESSIVE = b64decode(
    "/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAAIBAQEBAQIBAQECAgICAgQDAgICAgUEBAMEBgUGBgYFBgYGBwkIBgcJBw"
    "YGCAsICQoKCgoKBggLDAsKDAkKCgr/2wBDAQICAgICAgUDAwUKBwYHCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoK"
    "CgoKCgoKCgoKCgoKCgoKCgoKCgoKCgr/ygARCAAgADADAREAAhEBAxEB/8wABgAQARD/2gAMAwEAAhADEAAAAf8A54"
    "8M2DdYRgQk7CZvGQ/9Xue4Aq9HcuIApAaU19Ud+genO54WN+ClyZNZE2w1p/nKKzwomuF+feEBXuCEau1Hy8oaoDE3"
    "QP/MAAQQBf/aAAgBAQABBQIVU3dSsGyKda0gB56HjG2zoYvCfKE5n1CBCpr297FO2QYDWhD/zAAEEQX/2gAIAQMBAT"
    "8BFZw8wW3ANRsABfVBHRNN1cgd4u9+StxIvsMwNyxEu+fVIP/MAAQRBf/aAAgBAgEBPwE9zQkg+U50UTPlfeWHvB32"
    "OzmqhyNcRjOMXCj/zAAEEAX/2gAIAQEABj8CYcQ2MxtutAvaHFoeYbD/zAAEEAX/2gAIAQEAAT8hqkImR1NljUqg3C"
    "ev4S1smauanjaMMUAAGrlcRqD/2gAMAwEAAgADAAAAEBx+lqhtT9A9+ID/zAAEEQX/2gAIAQMBAT8QqA4cYKCEymQ4"
    "RcEzqiUXlzEg/8wABBEF/9oACAECAQE/EKuUrWXeX7ltKvJ5DTuLaxaeQ0D/zAAEEAX/2gAIAQEAAT8Q02InDPh6cN"
    "dUG6UxkytYVsYYHRj8W5c7+50E4o/mfVxIW+Xt02+d/9k="
)


@pytest.mark.parametrize("encoded", [ARITHMETIC_GREY, ARITHMETIC_PROGRESSIVE])
def test_arithmetic_coding_is_read_if_it_is_all_there(tmp_path: Path, encoded: bytes) -> None:
    path = tmp_path / "a.jpg"
    path.write_bytes(encoded)
    photo = read_photo(path)
    right = made.picture()[..., : 1 if encoded == ARITHMETIC_GREY else 3]
    assert np.abs(photo.pixels.astype(int) - right).mean() < 4
    assert photo.meta.notes == ()
    path.write_bytes(encoded[:-2])
    assert "without its end mark" in read_photo(path).meta.notes[0]
    # Its decoder goes on with anything, so the last pixel does not tell.
    for missing in (12, len(encoded) // 8, len(encoded) // 5):
        for end in (b"", b"\xff\xd9"):
            path.write_bytes(encoded[:-missing] + end)
            with pytest.raises(PhotoError, match="cut off"):
                read_photo(path)


@pytest.mark.parametrize(
    ("marker", "said"),
    [
        (0xC3, "lossless JPEG: save it"),
        (0xCB, "lossless JPEG: save it"),
        (0xC5, "layers of resolution"),
        (0xF7, "JPEG-LS picture: save it"),
    ],
)
def test_kinds_of_jpeg_that_are_not_decoded_are_no_damage(
    tmp_path: Path, marker: int, said: str
) -> None:
    encoded = made.jpeg(made.picture()).replace(b"\xff\xc0\x00", bytes([0xFF, marker, 0]))
    (tmp_path / "a.jpg").write_bytes(encoded)
    with pytest.raises(PhotoError, match=said):
        read_photo(tmp_path / "a.jpg")


@pytest.mark.parametrize("values", [made.picture(), made.picture()[..., 0]])
@pytest.mark.parametrize("height", [0, 32])
@pytest.mark.parametrize("orientation", [1, 6])
def test_a_height_that_follows_the_picture(
    tmp_path: Path, values: Any, height: int, orientation: int
) -> None:
    """Scanners tell it only when the paper has gone through (DNL)."""
    whole = jpeg_segments.with_orientation(made.jpeg(values), orientation)
    (tmp_path / "a.jpg").write_bytes(whole)
    data = bytearray(whole[:-2] + b"\xff\xdc\0\4\0\x20" + whole[-2:])
    frame = data.index(b"\xff\xc0") + 5
    data[frame : frame + 2] = height.to_bytes(2, "big")
    (tmp_path / "b.jpg").write_bytes(data)
    photo = read_photo(tmp_path / "b.jpg")
    assert np.array_equal(photo.pixels, read_photo(tmp_path / "a.jpg").pixels)
    assert peek(tmp_path / "b.jpg").size_wh == (48, 32)


def test_a_height_of_nothing_is_refused(tmp_path: Path) -> None:
    data = bytearray(made.jpeg(made.picture()))
    frame = data.index(b"\xff\xc0") + 5
    data[frame : frame + 2] = bytes(2)
    (tmp_path / "a.jpg").write_bytes(data)
    with pytest.raises(PhotoError, match="48×0"):
        read_photo(tmp_path / "a.jpg")


def test_bytes_after_the_picture_do_not_matter(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(made.jpeg(made.picture()) + b"motion clip" * 1000)
    assert read_photo(tmp_path / "a.jpg").size_wh == (48, 32)


def test_a_preview_inside_a_segment_is_not_taken_for_the_end(tmp_path: Path) -> None:
    preview = made.segment(0xE3, made.jpeg(made.picture(8, 8)))
    (tmp_path / "a.jpg").write_bytes(made.with_segments(made.jpeg(made.picture()), preview))
    assert read_photo(tmp_path / "a.jpg").size_wh == (48, 32)


def test_a_segment_has_an_end() -> None:
    with pytest.raises(PhotoError, match="do not fit"):
        jpeg_segments.segment(0xE1, bytes(65_534))
