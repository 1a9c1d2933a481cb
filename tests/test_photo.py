"""Hostile input is refused in one line, and a failed write leaves everything as it was."""

from __future__ import annotations

import errno
import io
import os
import struct
import sys
import warnings
import zlib
from typing import TYPE_CHECKING, Any

import numpy as np
import photo_files as made
import pytest
import tifffile
from photo_samples import SAMPLES, sample
from PIL import Image

from defocus import Photo, files, read_photo, write_photo
from defocus.edit import Output
from defocus.errors import MissingExtraError, PhotoError, TooLargeError
from defocus.formats import for_writing
from defocus.formats.writing import encode_photo
from defocus.transfer import SRGB

if TYPE_CHECKING:
    from pathlib import Path


def refusal(path: Path, **options: Any) -> str:
    with pytest.raises(PhotoError) as caught:
        read_photo(path, **options)
    message = str(caught.value)
    assert message.startswith(str(path))
    assert "\n" not in message
    assert len(message.removeprefix(str(path))) < 300
    return message


# ------------------------------------------------------------------------- reading


@pytest.mark.parametrize("name", SAMPLES)
def test_cut_off_anywhere_it_is_refused(tmp_path: Path, name: str) -> None:
    data = sample(name)
    for share in (0.3, 0.6, 0.9):
        path = tmp_path / f"a.{name.split('-')[0]}"
        path.write_bytes(data[: int(len(data) * share)])
        refusal(path)


@pytest.mark.parametrize("name", SAMPLES)
def test_content_decides_not_the_suffix(tmp_path: Path, name: str) -> None:
    path = tmp_path / "photo.jpg"
    path.write_bytes(sample(name))
    photo = read_photo(path)
    expected = {"jpg": "jpeg", "tif": "tiff", "heic": "heif", "jp2": "jpeg2000"}
    kind = name.split("-")[0]
    assert photo.meta.format == expected.get(kind, kind)
    assert photo.path == path


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "empty"),
        (b"Hello, I am a text file.\n" * 20, "not a photo"),
        (b"\xff\xd8\xff", "cut off"),
        (b"\xff\xd8\xff\xd9", "no picture"),
        (b"\x89PNG\r\n\x1a\n", "cut off"),
        (b"RIFF\0\0\0\0WEBP", "0×0"),
        (b"II*\0", "cut off"),
        (b"GIF89a" + bytes(20), "no picture"),
        (b"%PDF-1.7" + bytes(20), "not a photo"),
        (b"\0\0\0\x18ftypheic" + bytes(12), "damaged"),
    ],
)
def test_what_is_not_a_photo(tmp_path: Path, content: bytes, says: str) -> None:
    path = tmp_path / "a.jpg"
    path.write_bytes(content)
    assert says in refusal(path)


def test_folders_missing_files_and_odd_paths(tmp_path: Path) -> None:
    assert "folder" in refusal(tmp_path)
    assert "no such file" in refusal(tmp_path / "none.jpg")
    (tmp_path / "a.jpg").write_bytes(b"x")
    assert "not a folder" in refusal(tmp_path / "a.jpg" / "b.jpg")
    os.mkfifo(tmp_path / "pipe.jpg")
    assert "not an ordinary file" in refusal(tmp_path / "pipe.jpg")
    (tmp_path / "loop.jpg").symlink_to(tmp_path / "loop.jpg")
    assert "circle" in refusal(tmp_path / "loop.jpg")
    assert "too long" in refusal(tmp_path / ("x" * 300))


def test_a_name_with_control_characters_stays_on_one_line(tmp_path: Path) -> None:
    with pytest.raises(PhotoError) as caught:
        read_photo(tmp_path / "a\nb.jpg")
    assert "\n" not in str(caught.value)
    with pytest.raises(PhotoError, match="not a file name"):
        read_photo("a\0b.jpg")


def test_an_unreadable_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.jpg"
    path.write_bytes(made.jpeg(made.picture()))

    def denied(*_: object) -> bytes:
        raise PermissionError(errno.EACCES, "Permission denied", str(path))

    monkeypatch.setattr(type(path), "read_bytes", denied)
    assert "no permission" in refusal(path)


def bombs() -> dict[str, bytes]:
    """Small files whose headers claim 60,000 × 60,000 pixels."""
    side = 60_000
    header = struct.pack(">LLBBBBB", side, side, 8, 2, 0, 0, 0)
    chunk = struct.pack(">L", 13) + b"IHDR" + header
    png = b"\x89PNG\r\n\x1a\n" + chunk + struct.pack(">L", zlib.crc32(b"IHDR" + header))
    png += sample("png-rgb")[33:]
    jpeg = bytearray(made.jpeg(made.picture()))
    at = jpeg.index(b"\xff\xc0")
    jpeg[at + 5 : at + 9] = struct.pack(">HH", side, side)
    tiff = sample("tif-16")
    for tag, was in ((256, 48), (257, 32)):
        entry = struct.pack("<HHL", tag, 4, 1)
        assert entry + struct.pack("<L", was) in tiff
        tiff = tiff.replace(entry + struct.pack("<L", was), entry + struct.pack("<L", side))
    found = {"png": png, "jpg": bytes(jpeg), "tif": tiff}
    for suffix in ("avif", "heic"):
        data = sample(f"{suffix}-rgb")
        place = data.index(b"ispe") + 8
        found[suffix] = data[:place] + struct.pack(">LL", side, side) + data[place + 8 :]
    return found


@pytest.mark.parametrize("suffix", ["png", "jpg", "tif", "avif", "heic"])
def test_a_bomb_is_refused_by_its_header(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, suffix: str
) -> None:
    path = tmp_path / f"a.{suffix}"
    path.write_bytes(bombs()[suffix])
    with pytest.raises(TooLargeError, match=r"60000×60000 is 3,600 million pixels"):
        read_photo(path)


def test_a_header_that_lies_within_the_limit_is_refused_before_memory_is_spent(
    tmp_path: Path,
) -> None:
    data = bytearray(made.jpeg(made.picture()))
    at = data.index(b"\xff\xc0")
    data[at + 5 : at + 9] = struct.pack(">HH", 15_000, 15_000)
    (tmp_path / "a.jpg").write_bytes(data)
    assert "claims 15000×15000" in refusal(tmp_path / "a.jpg")


def test_the_limit_is_an_argument_and_pillows_own_stays_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(made.jpeg(made.picture(400, 300)))
    before = Image.MAX_IMAGE_PIXELS, list(warnings.filters)
    assert "more than the limit of 0.1" in refusal(tmp_path / "a.jpg", max_pixels=100_000)
    assert read_photo(tmp_path / "a.jpg", max_pixels=120_000).size_wh == (400, 300)
    assert (Image.MAX_IMAGE_PIXELS, list(warnings.filters)) == before


def test_more_pixels_than_pillow_likes_are_no_problem(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 100)  # its warning would be an error here
    for name in SAMPLES:
        if name.startswith("webp") or name in ("tif-lzw", "tif-jpeg"):
            continue  # Pillow has no way around its limit there; ours is below it
        path = tmp_path / f"a.{name.split('-')[0]}"
        path.write_bytes(sample(name))
        assert min(read_photo(path).size_wh) > 0


def test_a_file_too_large_for_its_limit_is_not_even_read(tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    with path.open("wb") as file:
        file.truncate(300 << 20)  # sparse
    with pytest.raises(TooLargeError, match="MB"):
        read_photo(path, max_pixels=1_000_000)


@pytest.mark.parametrize("size", [(1, 1), (1, 3000), (3000, 1)])
@pytest.mark.parametrize("suffix", ["jpg", "png", "tif", "webp", "avif"])
def test_thin_and_tiny_photos_come_back(tmp_path: Path, suffix: str, size: tuple[int, int]) -> None:
    photo = Photo(made.picture(*size))
    again = read_photo(write_photo(photo, tmp_path / f"a.{suffix}"))
    assert again.size_wh == size
    assert np.abs(again.pixels.astype(int) - photo.pixels).max() < 40


def test_one_by_thirty_thousand(tmp_path: Path) -> None:
    photo = Photo(made.picture(1, 30_000))
    assert read_photo(write_photo(photo, tmp_path / "a.png")).size_wh == (1, 30_000)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_a_tiff_of_nothing_but_nan(tmp_path: Path, bad: float) -> None:
    values = np.full((32, 48, 3), bad, np.float32)
    tifffile.imwrite(tmp_path / "a.tif", values, photometric="rgb")
    assert "NaN" in refusal(tmp_path / "a.tif")


def test_a_missing_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.heic").write_bytes(sample("heic-rgb"))
    monkeypatch.setitem(sys.modules, "pillow_heif", None)
    with pytest.raises(MissingExtraError, match=r"the extra 'heif': .*pip install .*\[heif\]"):
        read_photo(tmp_path / "a.heic")


@pytest.mark.parametrize("blob", ["exif", "icc", "xmp"])
@pytest.mark.parametrize("suffix", ["jpg", "png", "webp"])
def test_a_damaged_blob_is_dropped_with_a_note(tmp_path: Path, suffix: str, blob: str) -> None:
    rubbish = b"II*\0\xff\xff\xff\xffrubbish" * 50
    buffer = io.BytesIO()
    image, options = Image.fromarray(made.picture()), {}
    if blob == "xmp" and suffix == "png":
        from PIL.PngImagePlugin import PngInfo

        options["pnginfo"] = PngInfo()
        options["pnginfo"].add_itxt("XML:com.adobe.xmp", "<x:xmpmeta")
    else:
        key = {"exif": "exif", "icc": "icc_profile", "xmp": "xmp"}[blob]
        options[key] = b"Exif\0\0" + rubbish if blob == "exif" else rubbish
    image.save(buffer, {"jpg": "JPEG", "png": "PNG", "webp": "WEBP"}[suffix], **options)
    (tmp_path / f"a.{suffix}").write_bytes(buffer.getvalue())
    photo = read_photo(tmp_path / f"a.{suffix}")
    assert (photo.meta.exif, photo.meta.icc, photo.meta.xmp) == (None, None, None)
    assert len(photo.meta.notes) == 1
    assert "dropped" in photo.meta.notes[0]


# ------------------------------------------------------------------------- writing


@pytest.fixture
def photo() -> Photo:
    return Photo(made.picture())


def test_nothing_is_overwritten_unless_asked(tmp_path: Path, photo: Photo) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(b"precious")
    with pytest.raises(PhotoError, match="exists already"):
        write_photo(photo, path)
    assert path.read_bytes() == b"precious"
    assert write_photo(photo, path, overwrite=True) == path
    assert read_photo(path).size_wh == photo.size_wh
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("suffix", ["jpg", "png", "tif", "webp", "avif", "heic"])
@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EIO])
def test_a_full_disk_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, photo: Photo, suffix: str, code: int
) -> None:
    path = tmp_path / f"a.{suffix}"
    path.write_bytes(b"precious")

    class Full(io.FileIO):
        def write(self, data: Any) -> int:
            raise OSError(code, os.strerror(code))

    monkeypatch.setattr(files, "open_part", lambda part: Full(part, "xb"))
    with pytest.raises(PhotoError) as caught:
        write_photo(photo, path, overwrite=True)
    if code == errno.ENOSPC:
        assert "the disk is full" in str(caught.value)
    assert path.read_bytes() == b"precious"
    assert list(tmp_path.iterdir()) == [path]


def test_targets_that_cannot_be(tmp_path: Path, photo: Photo) -> None:
    for path, says in [
        (tmp_path / "none" / "a.jpg", "no such file or folder"),
        (tmp_path, "no suffix|is a folder"),
        (tmp_path / "a.xyz", r"the suffix '\.xyz': use one of \.jpg"),
        (tmp_path / "a.nef", r"cannot write"),
    ]:
        with pytest.raises(PhotoError, match=says):
            write_photo(photo, path)
    (tmp_path / "folder.jpg").mkdir()
    with pytest.raises(PhotoError, match="is a folder"):
        write_photo(photo, tmp_path / "folder.jpg", overwrite=True)
    assert [p.name for p in tmp_path.iterdir()] == ["folder.jpg"]


@pytest.mark.parametrize(
    ("pixels", "alpha"),
    [
        (np.zeros((4, 5, 3), np.float32), None),
        (np.zeros((4, 5), np.uint8), None),
        (np.zeros((0, 5, 3), np.uint8), None),
        (np.zeros((4, 5, 3), np.uint8), np.zeros((5, 4), np.uint8)),
        (np.zeros((4, 5, 3), np.uint8), np.zeros((4, 5), np.uint16)),
    ],
)
def test_arrays_that_are_not_a_photo(tmp_path: Path, pixels: Any, alpha: Any) -> None:
    with pytest.raises(PhotoError, match=r"must be|no pixels"):
        write_photo(Photo(pixels, alpha), tmp_path / "a.png")
    assert not list(tmp_path.iterdir())


def test_the_format_asked_for_wins_over_the_suffix(tmp_path: Path, photo: Photo) -> None:
    path = write_photo(photo, tmp_path / "a.out", output=Output(format="png"))
    assert read_photo(path).meta.format == "png"


def test_sizes_that_a_format_cannot_hold(tmp_path: Path) -> None:
    for suffix, side in (("webp", 16_384), ("jpg", 65_501)):
        with pytest.raises(PhotoError, match="pixels a side"):
            write_photo(Photo(np.zeros((1, side, 3), np.uint8)), tmp_path / f"a.{suffix}")
    assert not list(tmp_path.iterdir())


def test_transparent_parts_become_white_in_jpeg(tmp_path: Path) -> None:
    alpha = np.zeros((32, 48), np.uint8)
    alpha[:, 24:] = 255
    pixels = np.zeros((32, 48, 3), np.uint8)
    again = read_photo(write_photo(Photo(pixels, alpha), tmp_path / "a.jpg")).pixels
    assert again[:, :16].min() > 250
    assert again[:, 32:].max() < 5


def test_a_photo_without_a_profile_is_srgb(photo: Photo) -> None:
    assert photo.transfer is SRGB


@pytest.mark.parametrize("suffix", ["jpg", "png", "tif", "webp", "avif", "heic"])
def test_no_encoded_photo_is_a_view_of_a_bytes_io(photo: Photo, suffix: str) -> None:
    """Python 3.12 crashes where such a view and what it pins are collected at once."""
    assert type(encode_photo(photo, for_writing(None, f".{suffix}")).obj) is bytes
