"""Pictures that are not all there, though the file ends as it should or has its full length."""

from __future__ import annotations

import io
import struct
import zlib
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from photo_samples import sample
from PIL import Image
from png_files import GREY, PALETTE, RGB, RGBA, png

from defocus import Photo, read_photo
from defocus.errors import PhotoError
from defocus.formats import ifd, jpeg_complete, jpeg_segments
from defocus.formats.png_chunks import chunk

if TYPE_CHECKING:
    from pathlib import Path

EOI = b"\xff\xd9"
ZEROS = bytes(2000)


def textured(width: int = 200, height: int = 160) -> Any:
    """H×W×3 with detail everywhere: an encoder leaves no part of it out."""
    y, x = np.mgrid[0:height, 0:width]
    waves = [128 + 90 * np.sin(x / 5), 128 + 90 * np.sin(y / 7), 128 + 60 * np.sin((x + y) / 9)]
    noise = np.random.default_rng(0).normal(0, 12, (height, width, 3))
    return np.clip(np.stack(waves, -1) + noise, 0, 255).astype(np.uint8)


def saved(kind: str, values: Any = None, **options: Any) -> bytes:
    buffer = io.BytesIO()
    image = textured() if values is None else values
    Image.fromarray(image).save(buffer, kind, **options)
    return buffer.getvalue()


def read(path: Path, data: bytes) -> Photo:
    path.write_bytes(data)
    return read_photo(path)


def kept(data: bytes, share: float) -> bytes:
    return data[: int(len(data) * share)]


# --------------------------------------------------------------------------------------- JPEG

KINDS: dict[str, dict[str, Any]] = {
    "4:2:0": {},
    "4:4:4": {"subsampling": 0},
    "progressive": {"progressive": True},
    "own tables": {"optimize": True},
    "restarts": {"restart_marker_rows": 1},
}


def encoded(kind: str) -> bytes:
    if kind == "grey":
        return saved("JPEG", textured()[..., 0], quality=90)
    return saved("JPEG", quality=90, **KINDS[kind])


@pytest.mark.parametrize("kind", [*KINDS, "grey"])
@pytest.mark.parametrize("share", [0.3, 0.6, 0.9, 0.97])
def test_a_jpeg_that_is_cut_off_is_refused_though_it_has_an_end_mark(
    tmp_path: Path, kind: str, share: float
) -> None:
    with pytest.raises(PhotoError, match="cut off"):
        read(tmp_path / "a.jpg", kept(encoded(kind), share) + EOI)


@pytest.mark.parametrize("kind", [*KINDS, "grey"])
@pytest.mark.parametrize("end", [b"", EOI])
@pytest.mark.parametrize("share", [0.5, 0.9, 0.97])
def test_a_jpeg_with_zeros_for_its_end_is_refused(
    tmp_path: Path, kind: str, end: bytes, share: float
) -> None:
    data = encoded(kind)
    with pytest.raises(PhotoError, match="cut off"):
        read(tmp_path / "a.jpg", kept(data, share).ljust(len(data), b"\0") + end)


def test_a_jpeg_with_a_hole_of_zeros_is_refused(tmp_path: Path) -> None:
    data = encoded("4:4:4")
    for start in (0.3, 0.5, 0.8):
        at = int(len(data) * start)
        with pytest.raises(PhotoError, match="cut off"):
            read(tmp_path / "a.jpg", data[:at] + ZEROS + data[at + len(ZEROS) :])


@pytest.mark.parametrize("end", [b"", EOI])
def test_a_jpeg_of_which_hardly_anything_is_missing_is_read_with_a_note(
    tmp_path: Path, end: bytes
) -> None:
    data = saved("JPEG", np.full((1200, 1600, 3), 90, np.uint8), subsampling=0)
    found = jpeg_segments.take_apart(data)
    scan = len(data) - found.scan
    for missing in (8, 20, scan // 2000):
        photo = read(tmp_path / "a.jpg", data[: -2 - missing] + end)
        (note,) = photo.meta.notes
        assert note.startswith("the last 0.")
        assert note.endswith("% of the picture is missing")


@pytest.mark.parametrize("values", [128, 127, 129])
@pytest.mark.parametrize("grey", [False, True])
def test_a_grey_corner_alone_is_no_cut(tmp_path: Path, values: int, grey: bool) -> None:
    picture = textured()
    picture[-40:, -40:] = values
    data = saved("JPEG", picture[..., 0] if grey else picture, quality=95)
    assert read(tmp_path / "a.jpg", data).meta.notes == ()


@pytest.mark.parametrize("shade", [0, 90, 128, 255])
@pytest.mark.parametrize("options", [{}, {"optimize": True}, {"progressive": True}])
def test_blank_paper_is_a_picture(tmp_path: Path, shade: int, options: dict[str, Any]) -> None:
    blank = np.full((1500, 1500, 3), shade, np.uint8)
    photo = read(tmp_path / "a.jpg", saved("JPEG", blank, **options))
    assert photo.meta.notes == ()
    assert np.abs(photo.pixels.astype(int) - shade).max() <= 1


def test_two_components_of_one_name_are_two(tmp_path: Path) -> None:
    data = bytearray(saved("JPEG"))
    frame = data.index(b"\xff\xc0") + 10
    scan = data.index(b"\xff\xda") + 5
    assert data[frame + 6] == 3 == data[scan + 4]
    data[frame + 6] = data[scan + 4] = 2
    assert jpeg_segments.take_apart(bytes(data)).has_all_scans


# ---------------------------------------------------------------------------------------- PNG


@pytest.mark.parametrize(
    ("kind", "bits"),
    [(RGB, 8), (RGB, 16), (GREY, 8), (GREY, 1), (GREY, 4), (PALETTE, 8), (RGBA, 8)],
)
@pytest.mark.parametrize("interlaced", [False, True])
def test_a_png_that_lacks_rows_is_refused_though_its_data_ends_well(
    tmp_path: Path, kind: int, bits: int, interlaced: bool
) -> None:
    data = _png(kind, bits, interlaced)
    start = data.index(b"IDAT")
    size = int.from_bytes(data[start - 4 : start], "big")
    rows = zlib.decompress(data[start + 4 : start + 4 + size])
    for share in (0.3, 0.9, 0.99):
        short = chunk(b"IDAT", zlib.compress(kept(rows, share)))
        with pytest.raises(PhotoError, match="cut off"):
            read(tmp_path / "a.png", data[: start - 4] + short + chunk(b"IEND", b""))


@pytest.mark.parametrize(
    ("kind", "bits"), [(RGB, 8), (GREY, 8), (GREY, 2), (PALETTE, 4), (RGBA, 8)]
)
def test_a_black_last_row_is_no_cut(tmp_path: Path, kind: int, bits: int) -> None:
    assert read(tmp_path / "a.png", _png(kind, bits, black=40)).meta.notes == ()


def _png(kind: int, bits: int, interlaced: bool = False, *, black: int = 0) -> bytes:
    channels = {GREY: 1, PALETTE: 1, RGB: 3, RGBA: 4}[kind]
    values = np.dstack([textured(), textured()[..., :1]])[..., :channels].astype(np.uint16)
    if black:
        values[-black:] = 0
    values = values * 257 if bits == 16 else values >> (8 - bits)
    palette = chunk(b"PLTE", bytes(range(1 << min(bits, 8))) * 3)
    before = (palette,) if kind == PALETTE else ()
    return png(values, kind=kind, bits=bits, interlaced=interlaced, before=before)


# ------------------------------------------------------------------------- never written to its end


@pytest.mark.parametrize(
    ("suffix", "options"),
    [
        ("webp", {"quality": 90}),
        ("webp", {"lossless": True}),
        ("avif", {"quality": 90}),
        ("heic", {}),
    ],
)
@pytest.mark.parametrize("share", [0.3, 0.6, 0.9])
def test_a_file_with_zeros_for_its_end_is_refused(
    tmp_path: Path, suffix: str, options: dict[str, Any], share: float
) -> None:
    data = _heic() if suffix == "heic" else saved(suffix.upper(), **options)
    assert read(tmp_path / f"whole.{suffix}", data).meta.notes == ()
    with pytest.raises(PhotoError, match=f"a.{suffix}: .*(cut off|damaged)"):
        read(tmp_path / f"a.{suffix}", kept(data, share).ljust(len(data), b"\0"))


def _heic() -> bytes:
    import pillow_heif

    buffer = io.BytesIO()
    values = textured(400, 320)
    pillow_heif.from_bytes("RGB", (400, 320), values.tobytes()).save(buffer, quality=95)
    return buffer.getvalue()


@pytest.mark.parametrize("share", [0.3, 0.6, 0.9])
def test_a_jpeg_in_a_tiff_with_zeros_for_its_end_is_refused(tmp_path: Path, share: float) -> None:
    data = saved("TIFF", textured(400, 320), compression="jpeg")
    directory, _ = ifd.read(data)
    start, size = directory.numbers(273)[-1], directory.numbers(279)[-1]
    end = start + int(size * share)
    with pytest.raises(PhotoError, match="cut off"):
        read(tmp_path / "a.tif", data[:end] + bytes(start + size - end) + data[start + size :])


@pytest.mark.parametrize("kind", ["png-rgb", "tif-lzw", "gif-palette", "bmp-rgb", "jp2-rgb"])
@pytest.mark.parametrize("share", [0.5, 0.9])
def test_other_files_that_are_cut_off_are_refused(tmp_path: Path, kind: str, share: float) -> None:
    suffix = kind.partition("-")[0]
    with pytest.raises(PhotoError, match=r"cut off|damaged"):
        read(tmp_path / f"a.{suffix}", kept(sample(kind), share))


def test_a_webp_whose_header_fits_its_short_data_is_refused(tmp_path: Path) -> None:
    for options in ({"quality": 90}, {"lossless": True}):
        data = saved("WEBP", **options)
        for share in (0.3, 0.7, 0.95):
            short = bytearray(data[: int(len(data) * share) // 2 * 2])
            short[4:8] = struct.pack("<L", len(short) - 8)
            short[16:20] = struct.pack("<L", len(short) - 20)
            with pytest.raises(PhotoError, match=r"cut off|damaged"):
                read(tmp_path / "a.webp", bytes(short))


def test_the_samples_are_complete(tmp_path: Path) -> None:
    for name in ("jpg-plain", "jpg-progressive", "jpg-cmyk", "jpg-grey", "tif-jpeg", "avif-rgb"):
        suffix = name.partition("-")[0]
        notes = read(tmp_path / f"a.{suffix}", sample(name)).meta.notes
        assert not any("missing" in note or "cut" in note for note in notes)


@pytest.mark.parametrize("width", [1600, 2400, 4000])
@pytest.mark.parametrize("share", [0.1, 0.5, 0.95])
@pytest.mark.parametrize("progressive", [False, True])
def test_a_jpeg_of_a_cameras_size_is_refused_as_a_small_one_is(
    tmp_path: Path, width: int, share: float, progressive: bool
) -> None:
    wave = np.add.outer(np.arange(width * 3 // 4) * 3, np.arange(width) * 5) % 256
    path = tmp_path / "a.jpg"
    Image.fromarray(np.stack([wave, wave // 2, 255 - wave], 2).astype(np.uint8)).save(
        path, progressive=progressive
    )
    path.write_bytes(path.read_bytes()[: int(share * path.stat().st_size)])
    with pytest.raises(PhotoError, match="cut off"):
        read_photo(path)


@pytest.mark.parametrize(
    ("options", "most"),
    [({}, 1), ({"progressive": True}, 2), ({"progressive": True, "restart_marker_rows": 1}, 3)],
)
def test_a_whole_jpeg_is_decoded_as_seldom_as_can_be(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, options: dict[str, Any], most: int
) -> None:
    """Each try with other bytes after the last one is a decoding."""
    decoded: list[bytes] = []
    usual = jpeg_complete.loaded

    def counted(stream: bytes) -> Any:
        decoded.append(stream)
        return usual(stream)

    monkeypatch.setattr(jpeg_complete, "loaded", counted)
    read(tmp_path / "a.jpg", saved("JPEG", quality=90, **options))
    assert len(decoded) == most
