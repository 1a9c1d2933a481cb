from __future__ import annotations

import io
import struct
import zlib
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
import photo_files as made
import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo
from png_files import PALETTE, RGB, png

from defocus import Photo, read_photo, write_photo
from defocus.errors import PhotoError
from defocus.formats.png_chunks import chunk
from defocus.formats.reading import peek
from defocus.photo import Metadata

if TYPE_CHECKING:
    from pathlib import Path


def read(tmp_path: Path, data: bytes) -> Photo:
    (tmp_path / "a.png").write_bytes(data)
    return read_photo(tmp_path / "a.png")


def saved(image: Image.Image, **options: Any) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "PNG", **options)
    return buffer.getvalue()


@pytest.mark.parametrize("bits", [1, 2, 4, 8])
def test_palettes(tmp_path: Path, bits: int) -> None:
    image = Image.fromarray(made.picture()).quantize(2**bits)
    photo = read(tmp_path, saved(image, bits=bits))
    assert np.array_equal(photo.pixels, np.asarray(image.convert("RGB")))
    assert photo.alpha is None


def test_a_palette_with_transparency(tmp_path: Path) -> None:
    image = Image.fromarray(made.picture()).quantize(8)
    photo = read(tmp_path, saved(image, transparency=bytes([0, 255, 128])))
    expected = np.asarray(
        Image.open(io.BytesIO(saved(image, transparency=bytes([0, 255, 128])))).convert("RGBA")
    )
    assert photo.alpha is not None
    assert np.array_equal(photo.alpha, expected[..., 3])
    assert set(np.unique(photo.alpha)) == {0, 128, 255}


@pytest.mark.parametrize("opacities", [b"\0\n", b"\xff\0\n", b"\n", b"\0", b"\xff\xff\0\n\0"])
def test_opacities_that_look_like_the_end_of_a_line(tmp_path: Path, opacities: bytes) -> None:
    values = np.arange(6, dtype=np.uint8).repeat(4).reshape(4, 6, 1) % 6
    palette = chunk(b"PLTE", bytes(range(18)))
    data = png(values, kind=PALETTE, bits=8, before=(palette, chunk(b"tRNS", opacities)))
    photo = read(tmp_path, data)
    assert photo.alpha is not None
    whole = np.frombuffer(opacities.ljust(6, b"\xff"), np.uint8)
    assert np.array_equal(photo.alpha, whole[values[..., 0]])


def test_a_png_of_an_app_for_iphones_is_not_called_damaged(tmp_path: Path) -> None:
    plain = png(made.picture(), kind=RGB, bits=8)
    (tmp_path / "a.png").write_bytes(plain[:8] + chunk(b"CgBI", b"\x50\0\x20\6") + plain[8:])
    for look in (read_photo, peek):
        with pytest.raises(PhotoError, match=r"as Xcode packs it into apps .* is not read"):
            look(tmp_path / "a.png")


def test_a_transparent_colour(tmp_path: Path) -> None:
    pixels = np.full((4, 4, 3), 9, np.uint8)
    pixels[0, 0] = (1, 2, 3)
    photo = read(tmp_path, saved(Image.fromarray(pixels), transparency=(1, 2, 3)))
    assert photo.alpha is not None
    assert photo.alpha[0, 0] == 0
    assert photo.alpha[1, 1] == 255


@pytest.mark.parametrize("mode", ["1", "L", "LA"])
def test_grey(tmp_path: Path, mode: str) -> None:
    image = Image.fromarray(made.picture()).convert(mode)
    photo = read(tmp_path, saved(image))
    assert photo.meta.grey
    assert np.array_equal(photo.pixels[..., 0], np.asarray(image.convert("L")))
    assert (photo.alpha is not None) == (mode == "LA")


def test_sixteen_bits_with_alpha(tmp_path: Path) -> None:
    values = np.dstack([made.picture(dtype=np.uint16), made.picture(dtype=np.uint16)[..., 1]])
    encoded = cv2.imencode(".png", cv2.cvtColor(values, cv2.COLOR_RGBA2BGRA))[1].tobytes()
    photo = read(tmp_path, encoded)
    assert np.array_equal(photo.pixels, values[..., :3])
    assert photo.alpha is not None
    assert np.array_equal(photo.alpha, values[..., 3])


def test_sixteen_bit_files_are_read_by_others(tmp_path: Path) -> None:
    values = made.picture(dtype=np.uint16)
    path = write_photo(Photo(values), tmp_path / "a.png")
    found = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
    assert found is not None
    assert np.array_equal(found[..., ::-1], values)
    grey = Photo(
        np.repeat(values[..., :1], 3, 2), values[..., 1].copy(), Metadata("png", grey=True)
    )
    path = write_photo(grey, tmp_path / "b.png")
    with Image.open(path) as image:  # Pillow cuts it to 8 bits, but it must see LA
        assert image.mode in ("LA", "RGBA")
        assert np.abs(np.asarray(image)[..., 0].astype(int) - values[..., 0] // 256).max() <= 1


def with_chunk(data: bytes, name: bytes, body: bytes) -> bytes:
    return data[:33] + chunk(name, body) + data[33:]


PLAIN = made.png(made.picture())


@pytest.mark.parametrize(
    ("name", "body"),
    [
        (b"iCCP", b"no zero byte"),
        (b"iCCP", b"x\0\0" + zlib.compress(bytes(64 << 20))),
        (b"zTXt", b"x\0\0" + zlib.compress(b"y" * 1000)[:-9]),
        (b"iTXt", b"x"),
        (b"pHYs", b"short"),
    ],
)
def test_a_damaged_or_exploding_chunk_is_dropped(tmp_path: Path, name: bytes, body: bytes) -> None:
    photo = read(tmp_path, with_chunk(PLAIN, name, body))
    assert np.array_equal(photo.pixels, made.picture())
    assert photo.meta.notes == (f"a damaged {name.decode()} chunk is dropped",)


@pytest.mark.parametrize("missing", [1, 2, 4])
def test_a_profile_whose_packing_lacks_its_end_is_kept(tmp_path: Path, missing: int) -> None:
    packed = zlib.compress(made.icc("p3"))
    photo = read(tmp_path, with_chunk(PLAIN, b"iCCP", b"x\0\0" + packed[:-missing]))
    assert photo.meta.icc == made.icc("p3")
    assert photo.meta.notes == ()


@pytest.mark.parametrize("keep", [40, 128, 400])
def test_a_profile_that_is_not_all_there_is_dropped(tmp_path: Path, keep: int) -> None:
    packed = zlib.compress(made.icc("p3")[:keep])
    photo = read(tmp_path, with_chunk(PLAIN, b"iCCP", b"x\0\0" + packed))
    assert photo.meta.icc is None
    assert photo.meta.notes == ("a damaged iCCP chunk is dropped",)


@pytest.mark.parametrize("first", [6, 3, 8])
def test_of_two_exif_chunks_the_first_counts(tmp_path: Path, first: int) -> None:
    again = with_chunk(PLAIN, b"eXIf", made.exif(1))
    photo = read(tmp_path, with_chunk(again, b"eXIf", made.exif(first)))
    assert np.array_equal(photo.pixels, made.turned(made.picture(), first))


def test_a_wrong_checksum_beside_the_picture_does_not_matter(tmp_path: Path) -> None:
    data = bytearray(with_chunk(PLAIN, b"tEXt", b"a\0b"))
    data[33 + 8] ^= 1
    assert read(tmp_path, bytes(data)).meta.text == ()


def test_a_wrong_checksum_in_the_picture_is_refused(tmp_path: Path) -> None:
    data = bytearray(PLAIN)
    data[data.index(b"IDAT") + 10] ^= 1
    with pytest.raises(PhotoError, match="checksum"):
        read(tmp_path, bytes(data))


@pytest.mark.parametrize("bits", [8, 16])
@pytest.mark.parametrize("interlaced", [False, True])
@pytest.mark.parametrize("stored", [b"\0\0\0\0", b"\xff\xff\xff\xff"])
def test_a_picture_without_checksums_is_whole_by_its_own(
    tmp_path: Path, bits: int, interlaced: bool, stored: bytes
) -> None:
    """As microcontrollers and quick encoders write it, and viewers show it."""
    values = made.picture(dtype=np.uint16 if bits == 16 else np.uint8)
    data = bytearray(png(values, kind=RGB, bits=bits, interlaced=interlaced, piece=700))
    at = 8
    while at < len(data):
        after = at + 12 + int.from_bytes(data[at : at + 4], "big")
        if data[at + 4 : at + 8] == b"IDAT":
            data[after - 4 : after] = stored
        at = after
    photo = read(tmp_path, bytes(data))
    assert np.array_equal(photo.pixels, values)
    assert photo.meta.notes == ("checksums of the file are wrong; by its own the picture is whole",)
    data[data.index(b"IDAT") + 30] ^= 4
    with pytest.raises(PhotoError, match="wrong checksum"):
        read(tmp_path, bytes(data))


def test_a_header_that_claims_more_than_deflate_can_hold(tmp_path: Path) -> None:
    header = (15_000).to_bytes(4, "big") * 2 + PLAIN[24:29]
    data = PLAIN[:8] + chunk(b"IHDR", header) + PLAIN[33:]
    with pytest.raises(PhotoError, match="claims 15000×15000"):
        read(tmp_path, data)


def test_text_of_all_kinds(tmp_path: Path) -> None:
    info = PngInfo()
    info.add_text("Author", "nobody")
    info.add_text("Comment", "long " * 100, zip=True)
    info.add_itxt("Title", "Füße ☂")
    photo = read(tmp_path, saved(Image.fromarray(made.picture()), pnginfo=info))
    assert dict(photo.meta.text) == {
        "Author": "nobody",
        "Comment": "long " * 100,
        "Title": "Füße ☂",
    }
    with Image.open(write_photo(photo, tmp_path / "b.png")) as image:
        image.load()
        assert image.text == dict(photo.meta.text)  # type: ignore[attr-defined]


def test_an_animation_gives_its_first_picture(tmp_path: Path) -> None:
    first, second = Image.fromarray(made.picture()), Image.new("RGB", (48, 32))
    data = saved(first, save_all=True, append_images=[second])
    photo = read(tmp_path, data)
    assert np.array_equal(photo.pixels, made.picture())
    assert "animation" in photo.meta.notes[0]


@pytest.mark.parametrize("size", [(1, 1), (3, 5), (8, 8), (13, 9), (48, 32)])
@pytest.mark.parametrize("grey", [False, True])
def test_interlaced_sixteen_bits(tmp_path: Path, size: tuple[int, int], grey: bool) -> None:
    values = made.picture(*size, dtype=np.uint16)
    values = values[..., :1] if grey else values
    rows = b""
    passes = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2))
    for left, top, across, down in (*passes, (0, 1, 1, 2)):
        part = values[top::down, left::across].astype(">u2")
        if part.size:
            rows += b"".join(b"\0" + row.tobytes() for row in part)
    header = struct.pack(">LLBBBBB", *size, 16, 0 if grey else 2, 0, 0, 1)
    chunks = (b"IHDR", header), (b"IDAT", zlib.compress(rows)), (b"IEND", b"")
    photo = read(tmp_path, PLAIN[:8] + b"".join(chunk(*each) for each in chunks))
    assert np.array_equal(photo.pixels, np.broadcast_to(values, photo.pixels.shape))


@pytest.mark.parametrize("damage", ["short", "filter", "kind", "stream"])
def test_damaged_sixteen_bits_are_refused_without_a_word_from_the_decoder(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], damage: str
) -> None:
    rows = np.zeros((4, 1 + 5 * 6), np.uint8)
    if damage == "filter":
        rows[2, 0] = 9
    packed = zlib.compress(rows.tobytes()[: -3 if damage == "short" else None])
    if damage == "stream":
        packed = packed[:-6] + b"\0" * 6
    header = struct.pack(">LLBBBBB", 5, 4, 16, 3 if damage == "kind" else 2, 0, 0, 0)
    chunks = (b"IHDR", header), (b"IDAT", packed), (b"IEND", b"")
    with pytest.raises(PhotoError):
        read(tmp_path, PLAIN[:8] + b"".join(chunk(*each) for each in chunks))
    assert capfd.readouterr() == ("", "")
