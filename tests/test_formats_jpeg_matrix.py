"""Every kind of JPEG against a second reader, complete, without its end mark, and cut off."""

from __future__ import annotations

import io
import itertools
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
import photo_files as made
import pytest
from PIL import Image

from defocus import Photo, read_photo, write_photo
from defocus.edit import Output
from defocus.errors import PhotoError
from defocus.formats import jpeg_segments

if TYPE_CHECKING:
    from pathlib import Path

EOI = b"\xff\xd9"
# Horizontal and vertical factors of luma; OpenCV's numbers for them.
SAMPLINGS = {
    "4:4:4": (1, 1, 0x111111),
    "4:2:2": (2, 1, 0x211111),
    "4:2:0": (2, 2, 0x221111),
    "4:4:0": (1, 2, 0x121111),
    "4:1:1": (4, 1, 0x411111),
}


def encoded(
    sampling: str = "4:4:4", *, progressive: bool = False, restart: int = 0, grey: bool = False,
    size: tuple[int, int] = (67, 45),
) -> bytes:  # fmt: skip
    """By libjpeg through OpenCV, which knows more samplings than Pillow."""
    values = made.picture(*size)[..., ::-1]
    options = [cv2.IMWRITE_JPEG_QUALITY, 92, cv2.IMWRITE_JPEG_PROGRESSIVE, int(progressive)]
    options += [cv2.IMWRITE_JPEG_SAMPLING_FACTOR, SAMPLINGS[sampling][2]]
    options += [cv2.IMWRITE_JPEG_RST_INTERVAL, restart]
    data: bytes = cv2.imencode(".jpg", values[..., 1] if grey else values, options)[1].tobytes()
    return data


def factors(path: Path) -> tuple[int, int]:
    with Image.open(path) as image:
        return image.layer[0][1:3]  # type: ignore[attr-defined, no-any-return]


def read(tmp_path: Path, data: bytes) -> Photo:
    (tmp_path / "a.jpg").write_bytes(data)
    return read_photo(tmp_path / "a.jpg")


KINDS = [
    {"sampling": sampling, "progressive": progressive, "restart": restart, "size": size}
    for sampling, progressive, restart, size in itertools.product(
        SAMPLINGS, (False, True), (0, 3), ((67, 45), (1, 1), (16, 3))
    )
] + [{"grey": True, "progressive": progressive} for progressive in (False, True)]


def test_the_pixels_are_those_of_a_second_reader(tmp_path: Path) -> None:
    for kind in KINDS:
        data = encoded(**kind)  # type: ignore[arg-type]
        photo = read(tmp_path, data)
        second = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)[..., ::-1]
        assert np.abs(photo.pixels.astype(int) - second).max() <= 4, kind  # two libjpegs
        assert photo.meta.grey == kind.get("grey", False)
        assert photo.meta.notes == ()


@pytest.mark.parametrize("progressive", [False, True])
@pytest.mark.parametrize("sampling", SAMPLINGS)
def test_subsampling_stays_or_becomes_finer(
    tmp_path: Path, sampling: str, progressive: bool
) -> None:
    photo = read(tmp_path, encoded(sampling, progressive=progressive))
    result = factors(write_photo(photo, tmp_path / "b.jpg"))
    writable = sampling not in ("4:4:0", "4:1:1")
    assert result == (SAMPLINGS[sampling][:2] if writable else (1, 1))
    again = factors(write_photo(photo, tmp_path / "c.jpg", output=Output(quality=80)))
    assert again == result


# ------------------------------------------------------------------------- the end of a file


def test_a_complete_picture_without_end_mark_is_read_with_a_note(tmp_path: Path) -> None:
    for kind in KINDS:
        data = encoded(**kind)  # type: ignore[arg-type]
        assert data.endswith(EOI)
        whole = read(tmp_path, data)
        for cut in (1, 2):
            photo = read(tmp_path, data[:-cut])
            assert np.array_equal(photo.pixels, whole.pixels), kind
            assert photo.meta.notes == (
                "the file ends without its end mark; the picture is complete",
            )


def test_a_picture_that_is_cut_off_is_refused(tmp_path: Path) -> None:
    for kind in KINDS:
        data = encoded(**kind)  # type: ignore[arg-type]
        start = jpeg_segments.take_apart(data).scan
        for kept in (0.5, 0.9, 0.97):
            end = start + int((len(data) - start) * kept)
            if len(data) - end < 8:
                continue  # of a picture of one block
            with pytest.raises(PhotoError, match=r"cut off|claims"):  # noqa: PT012
                read(tmp_path, data[:end])
                raise AssertionError((kind, kept))


def test_a_progressive_picture_that_ends_between_two_scans_is_refused(tmp_path: Path) -> None:
    data = encoded(progressive=True)
    found = jpeg_segments.take_apart(data)
    assert len(found.scans) > 4
    assert found.has_all_scans
    for header in found.scans[2:]:
        marker = b"\xff\xda" + (len(header) + 2).to_bytes(2, "big") + header
        with pytest.raises(PhotoError, match="cut off"):
            read(tmp_path, data[: data.rindex(marker)])


def test_an_end_mark_in_a_table_between_scans_is_none(tmp_path: Path) -> None:
    data = encoded(progressive=True)
    at = data.index(b"\xff\xda", jpeg_segments.take_apart(data).scan + 2)
    comment = made.segment(0xFE, b"an end mark: \xff\xd9 and a scan: \xff\xda\0\x02")
    photo = read(tmp_path, data[:at] + comment + data[at:])
    assert np.array_equal(photo.pixels, read(tmp_path, data).pixels)


def test_what_follows_the_picture_does_no_harm(tmp_path: Path) -> None:
    data = encoded()
    for tail in (b"\0" * 100, b"\xff" * 9, data, b"hello\xff\xd9"):
        photo = read(tmp_path, data + tail)
        assert np.array_equal(photo.pixels, read(tmp_path, data).pixels)
        assert photo.meta.notes == ()


@pytest.mark.parametrize(("count", "size"), [(20_000, (67, 45)), (2000, (4000, 3000))])
def test_thousands_of_scans_are_refused(tmp_path: Path, count: int, size: tuple[int, int]) -> None:
    """A small file that decodes for minutes: each scan of a large flat picture is short."""
    flat = np.full((size[1], size[0]), 90, np.uint8)
    data = made.jpeg(flat, progressive=True)
    scan = data[data.rindex(b"\xff\xda") : -2]
    with pytest.raises(PhotoError, match="scans"):
        read(tmp_path, data[:-2] + scan * count + EOI)


# ------------------------------------------------------------------------- profiles


def pieces(profile: bytes, numbers: list[int], total: int) -> list[bytes]:
    step = -(-len(profile) // len(numbers))
    return [
        made.segment(0xE2, b"ICC_PROFILE\0" + bytes([n, total]) + profile[k * step :][:step])
        for k, n in enumerate(numbers)
    ]


@pytest.mark.parametrize(
    ("numbers", "total"),
    [([0], 0), ([1], 0), ([0], 1), ([1], 1), ([0, 1], 2), ([1, 2], 0), ([0, 0], 0), ([1, 1, 1], 3),
     ([5, 7, 9], 3), ([255, 255], 255)],
)  # fmt: skip
def test_a_profile_with_odd_numbers_is_kept(tmp_path: Path, numbers: list[int], total: int) -> None:
    profile = made.icc("adobe")
    data = made.with_segments(encoded(), *pieces(profile, numbers, total))
    photo = read(tmp_path, data)
    assert photo.meta.icc == profile
    assert photo.meta.notes == ()
    with Image.open(write_photo(photo, tmp_path / "b.jpg")) as image:
        assert image.info["icc_profile"] == profile


def test_pieces_out_of_order_are_put_in_order(tmp_path: Path) -> None:
    first, second, third = pieces(made.icc("adobe"), [1, 2, 3], 3)
    photo = read(tmp_path, made.with_segments(encoded(), third, first, second))
    assert photo.meta.icc == made.icc("adobe")


@pytest.mark.parametrize("missing", [0, 1, 2])
def test_a_profile_with_a_missing_piece_is_dropped_with_a_note(
    tmp_path: Path, missing: int
) -> None:
    parts = pieces(made.icc("adobe"), [1, 2, 3], 3)
    del parts[missing]
    photo = read(tmp_path, made.with_segments(encoded(), *parts))
    assert photo.meta.icc is None
    assert photo.meta.notes == ("colour profile dropped: it is not all there",)


def test_cmyk_of_every_kind(tmp_path: Path) -> None:
    """As Pillow writes it (Adobe's inverted inks), plain and progressive."""
    ink = Image.fromarray(made.picture()).convert("CMYK")
    for options in ({}, {"progressive": True}, {"subsampling": 0}, {"subsampling": 2}):
        buffer = io.BytesIO()
        more: dict[str, Any] = dict(options)
        ink.save(buffer, "JPEG", quality=95, **more)
        photo = read(tmp_path, buffer.getvalue())
        expected = np.asarray(ink.convert("RGB")).astype(int)
        assert np.abs(photo.pixels - expected).mean() < 6
