"""Formats that are only read: GIF, BMP, JPEG 2000, Photoshop, and the several views of an MPO."""

from __future__ import annotations

import io
import struct
from typing import TYPE_CHECKING, Any

import numpy as np
import photo_files as made
import pytest
from PIL import Image
from psd_files import psd

from defocus import Photo, read_photo, write_photo
from defocus.batch.names import is_photo
from defocus.errors import PhotoError, TooLargeError
from defocus.formats import suffix_for
from defocus.formats.losses import losses
from defocus.formats.reading import peek

if TYPE_CHECKING:
    from pathlib import Path


PICTURE = made.picture(64, 48)
DEEP = made.picture(64, 48, np.uint16)


def saved(image: Image.Image, kind: str, **options: Any) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def read(tmp_path: Path, name: str, data: bytes) -> Photo:
    (tmp_path / name).write_bytes(data)
    return read_photo(tmp_path / name)


# ------------------------------------------------------------------------- Photoshop


@pytest.mark.parametrize("large", [False, True])
@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("bits", [8, 16])
@pytest.mark.parametrize(("mode", "channels"), [(3, 3), (1, 1), (3, 4), (1, 2)])
def test_a_document_of_each_kind(
    tmp_path: Path, mode: int, channels: int, bits: int, packed: bool, large: bool
) -> None:
    four = np.dstack([DEEP, DEEP[::-1, ::-1, 1]])[..., :channels]
    values = four if bits == 16 else (four >> 8).astype(np.uint8)
    has_alpha = channels in (2, 4)
    top = np.iinfo(values.dtype).max
    plain = values[..., : channels - has_alpha]
    seen = values[..., -1:] / top if has_alpha else np.ones((*values.shape[:2], 1))
    on_white = np.rint(plain * seen + (1 - seen) * top).astype(values.dtype)
    values = np.dstack([on_white, values[..., channels - has_alpha :]])
    data = psd(values, mode, packed=packed, bits=bits, layers=-1 if has_alpha else 0, large=large)
    photo = read(tmp_path, "a.psd", data)
    colours = np.repeat(plain, 4 - plain.shape[2], 2)[..., :3]
    off = np.abs(photo.pixels.astype(int) - colours)[seen[..., 0] > 0.02]
    assert off.max() <= (50 if has_alpha else 0)  # of a code that was rounded on the paper
    assert off.mean() <= 2
    assert photo.pixels.dtype == values.dtype
    assert photo.meta.grey == (mode == 1)
    assert (photo.alpha is not None) == has_alpha
    if has_alpha:
        assert photo.alpha is not None
        assert np.array_equal(photo.alpha, values[..., -1])
    if not large and bits == 8 and not has_alpha:
        with Image.open(io.BytesIO(data)) as second:
            assert np.array_equal(photo.pixels, np.asarray(second.convert("RGB")))


@pytest.mark.parametrize("mode", [1, 3, 4])
@pytest.mark.parametrize("layers", [0, 2, -1])
def test_a_document_without_a_merged_picture_is_refused(
    tmp_path: Path, mode: int, layers: int
) -> None:
    """Photoshop stores white then, and says so in its version resource."""
    values = np.full((20, 30, {1: 1, 3: 3, 4: 4}[mode] + (layers < 0)), 255, np.uint8)
    for merged in (0, 1):
        version = bytes((0, 0, 0, 1, merged)) + bytes(12)
        data = psd(values, mode, layers=layers, resources={0x0421: version})
        if merged:
            assert read(tmp_path, "a.psd", data).size_wh == (30, 20)
        else:
            with pytest.raises(PhotoError, match=r"a\.psd: .*maximize compatibility"):
                read(tmp_path, "a.psd", data)


def test_a_saved_selection_is_no_transparency(tmp_path: Path) -> None:
    values = np.dstack([PICTURE, PICTURE[..., 0]])
    for layers in (0, 2):
        photo = read(tmp_path, "a.psd", psd(values, 3, layers=layers))
        assert photo.alpha is None
        assert ("the layers are flattened" in photo.meta.notes) == bool(layers)


def test_ink_palette_bitmap_and_lab(tmp_path: Path) -> None:
    ink = Image.fromarray(PICTURE).convert("CMYK")
    photo = read(tmp_path, "a.psd", psd(255 - np.asarray(ink), 4, packed=True))
    assert np.abs(photo.pixels.astype(int) - np.asarray(ink.convert("RGB"))).max() <= 1

    table = np.random.default_rng(1).integers(0, 256, (256, 3), np.uint8)
    codes = PICTURE[..., :1]
    photo = read(tmp_path, "b.psd", psd(codes, 2, colours=table.T.tobytes()))
    assert np.array_equal(photo.pixels, table[codes[..., 0]])

    black = (PICTURE[..., :1] < 128).astype(np.uint8)
    photo = read(tmp_path, "c.psd", psd(black, 0, bits=1))
    assert np.array_equal(photo.pixels[..., :1], 255 * (1 - black))

    lab = np.full((4, 6, 3), 128, np.uint8)
    photo = read(tmp_path, "d.psd", psd(lab, 9))
    assert np.abs(photo.pixels.astype(int) - 119).max() <= 2


def test_what_stands_in_the_resources_is_kept(tmp_path: Path) -> None:
    block = made.exif(1)
    resources = {
        0x03ED: struct.pack(">LHHLHH", 300 << 16, 1, 1, 240 << 16, 1, 1),
        0x0404: b"caption",
        0x040F: made.icc("adobe"),
        0x0422: block,
        0x0424: made.XMP_PACKET.replace(b'Orientation="6"', b'Orientation="1"'),
        0x040C: b"thumbnail",
    }
    meta = read(tmp_path, "a.psd", psd(PICTURE, 3, resources=resources)).meta
    assert meta.icc == made.icc("adobe")
    assert meta.exif is not None
    assert b"Model T" in meta.exif
    assert meta.xmp == resources[0x0424]
    assert meta.dpi == (300, 240)
    assert meta.photoshop == b"8BIM\x04\x04\0\0\0\0\0\x07caption\0"


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (psd(PICTURE, 3)[:-100], "cut off|claims"),
        (psd(PICTURE, 3)[:14] + struct.pack(">LL", 900, 700) + psd(PICTURE, 3)[22:], "700×900"),
        (psd(PICTURE, 3, packed=True)[:-20], "cut off|damaged"),
        (psd(PICTURE, 3)[:60], "cut off|maximize"),
        (psd(PICTURE, 7), "not read"),
        (psd(np.zeros((4, 5, 4), np.uint32), 4, bits=32), "not read"),
        (psd(PICTURE[..., :1], 3), "not read"),
        (b"8BPS", "cut off"),
    ],
)
def test_documents_that_are_not_read(tmp_path: Path, data: bytes, says: str) -> None:
    with pytest.raises(PhotoError, match=says):
        read(tmp_path, "a.psd", data)


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize(("mode", "channels"), [(3, 3), (1, 1)])
def test_a_document_of_32_bits_is_light(
    tmp_path: Path, mode: int, channels: int, packed: bool
) -> None:
    """Photoshop stores it with a profile that says so."""
    light = (DEEP[..., :channels] / 65535).astype(np.float32)
    data = psd(
        light.view(np.uint32), mode, bits=32, packed=packed, resources={0x040F: made.icc("p3")}
    )
    photo = read(tmp_path, "a.psd", data)
    assert np.array_equal(photo.pixels, np.broadcast_to(DEEP[..., :channels], DEEP.shape))
    assert photo.meta.grey == (channels == 1)


# ------------------------------------------------------------------------- GIF and BMP


@pytest.mark.parametrize("transparent", [False, True])
def test_gif(tmp_path: Path, transparent: bool) -> None:
    image = Image.fromarray(PICTURE).quantize(32)
    options = {"transparency": 3} if transparent else {}
    photo = read(tmp_path, "a.gif", saved(image, "GIF", comment=b"hello", **options))
    assert np.array_equal(photo.pixels, np.asarray(image.convert("RGB")))
    assert photo.meta.comment == b"hello"
    assert photo.meta.notes == ()
    assert (photo.alpha is not None) == transparent
    if photo.alpha is not None:
        assert np.array_equal(photo.alpha == 0, np.asarray(image) == 3)


def test_of_a_gif_that_moves_the_first_picture_is_kept(tmp_path: Path) -> None:
    frames = [Image.fromarray(np.roll(PICTURE, k, 1)).quantize(32) for k in (0, 9)]
    photo = read(
        tmp_path, "a.gif", saved(frames[0], "GIF", save_all=True, append_images=frames[1:])
    )
    assert np.array_equal(photo.pixels, np.asarray(frames[0].convert("RGB")))
    assert losses(photo, "b.png") == ("an animation: only its first picture is kept",)


@pytest.mark.parametrize("place", [6, 13 + 3 * 32])
def test_a_gif_that_claims_much(tmp_path: Path, place: int) -> None:
    """In the header of the file, or of its first picture."""
    data = bytearray(saved(Image.fromarray(PICTURE).quantize(32), "GIF"))
    if place != 6:
        place = data.index(b"\x2c", place) + 5
    data[place : place + 4] = struct.pack("<HH", 60_000, 60_000)
    with pytest.raises(TooLargeError):
        read(tmp_path, "a.gif", bytes(data))
    data[place : place + 4] = struct.pack("<HH", 15_000, 15_000)
    with pytest.raises(PhotoError, match="claims 15000×15000"):
        read(tmp_path, "a.gif", bytes(data))


@pytest.mark.parametrize("mode", ["1", "L", "P", "RGB", "RGBA"])
def test_bmp(tmp_path: Path, mode: str) -> None:
    image = Image.fromarray(PICTURE).convert(mode)
    if mode == "RGBA":
        image.putalpha(Image.fromarray(PICTURE[..., 1]))
    photo = read(tmp_path, "a.bmp", saved(image, "BMP", dpi=(300, 300)))
    assert np.array_equal(photo.pixels, np.asarray(image.convert("RGBA"))[..., :3])
    assert photo.meta.dpi is not None
    assert photo.meta.dpi[0] == pytest.approx(300, abs=0.1)


def test_a_bmp_from_the_top_down_and_one_that_is_cut_off(tmp_path: Path) -> None:
    data = bytearray(saved(Image.fromarray(PICTURE), "BMP"))
    data[22:26] = struct.pack("<l", -48)
    assert np.array_equal(read(tmp_path, "a.bmp", bytes(data)).pixels, PICTURE[::-1])
    with pytest.raises(PhotoError, match=r"damaged|cut off"):
        read(tmp_path, "b.bmp", bytes(data[:-1000]))
    data[18:26] = struct.pack("<ll", 60_000, 60_000)
    with pytest.raises(TooLargeError):
        read(tmp_path, "c.bmp", bytes(data))


@pytest.mark.parametrize("bits", [8, 24])
def test_a_bmp_whose_header_ends_after_16_bytes(tmp_path: Path, bits: int) -> None:
    """OS/2 2.x leaves off what is zero."""
    image = Image.fromarray(PICTURE)
    if bits == 8:
        image = Image.frombytes("P", image.size, PICTURE[..., 0].tobytes())
        image.putpalette(bytes(range(256)) * 3)
    whole = saved(image, "BMP")
    (start,) = struct.unpack_from("<L", whole, 10)
    head = struct.pack("<LLllHH", start - 24, 16, *image.size, 1, bits)
    data = whole[:10] + head + whole[54:]
    right = np.asarray(image.convert("RGB"))
    assert np.array_equal(read(tmp_path, "a.bmp", data).pixels, right)
    with pytest.raises(PhotoError, match=r"damaged|cut off"):
        read(tmp_path, "a.bmp", data[:-900])


def masked_bmp(bits: int, widths: tuple[int, ...], *, header: int, down: bool = False) -> bytes:
    """A ramp in channels of these widths (red, green, blue, perhaps alpha), from the top bit on."""
    height, width = 7, 5
    codes, masks, at = np.zeros((height, width), np.uint64), [], bits
    y, x = np.mgrid[0:height, 0:width]
    for k, wide in enumerate(widths):
        at -= wide
        masks.append(((1 << wide) - 1) << at)
        codes |= ((x + y * (k + 1)).astype(np.uint64) % (1 << wide)) << np.uint64(at)
    compression = 6 if header == 40 and len(widths) > 3 else 3
    rows = codes if down else codes[::-1]
    body = b"".join(row.astype(f"<u{bits // 8}").tobytes().ljust(-(-width * bits // 32) * 4, b"\0")
                    for row in rows)  # fmt: skip
    head = struct.pack("<LllHHLLllLL", header, width, -height if down else height, 1, bits,
                       compression, len(body), 11811, 11811, 0, 0)  # fmt: skip
    known = struct.pack(f"<{len(masks)}L", *masks)
    head = (head + known).ljust(max(header, 40 + len(known)), b"\0")
    start = 14 + len(head)
    return struct.pack("<2sLHHL", b"BM", start + len(body), 0, 0, start) + head + body


@pytest.mark.parametrize(
    ("bits", "widths"),
    [
        (16, (2, 3, 1)),
        (16, (4, 4, 4, 4)),
        (16, (5, 6, 5)),
        (32, (10, 10, 10, 2)),
        (32, (8, 8, 8, 8)),
        (32, (11, 11, 10)),
    ],
)
@pytest.mark.parametrize("header", [40, 56, 124])
@pytest.mark.parametrize("down", [False, True])
def test_a_bmp_with_channels_of_any_bits(
    tmp_path: Path, bits: int, widths: tuple[int, ...], header: int, down: bool
) -> None:
    photo = read(tmp_path, "a.bmp", masked_bmp(bits, widths, header=header, down=down))
    y, x = np.mgrid[0:7, 0:5]
    for k, wide in enumerate(widths):
        right = np.rint((x + y * (k + 1)) % (1 << wide) * 255 / ((1 << wide) - 1))
        found = photo.pixels[..., k] if k < 3 else photo.alpha
        assert found is not None
        assert np.abs(found - right).max() <= 0.5
    assert (photo.alpha is not None) == (len(widths) > 3)
    assert photo.meta.dpi == pytest.approx((300, 300), abs=0.1)


def test_a_bmp_with_channels_that_are_damaged_or_cut_off(tmp_path: Path) -> None:
    data = masked_bmp(32, (10, 10, 10, 2), header=124)
    for cut in (1, 50, 100):
        with pytest.raises(PhotoError, match=r"cut off|damaged"):
            read(tmp_path, "a.bmp", data[:-cut])
    for mask in (b"\x05\0\0\0", b"\0\x11\0\0"):
        with pytest.raises(PhotoError, match="damaged masks"):
            read(tmp_path, "b.bmp", data[:54] + mask + data[58:])


# ------------------------------------------------------------------------- JPEG 2000


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("mode", ["L", "RGB", "RGBA", "I;16"])
def test_jpeg_2000(tmp_path: Path, mode: str, stream: bool) -> None:
    if mode == "I;16":
        image = Image.fromarray(DEEP[..., 1])
    else:
        image = Image.fromarray(PICTURE).convert(mode)
    data = saved(image, "JPEG2000", irreversible=False, no_jp2=stream)
    path = tmp_path / "a.jp2"
    photo = read(tmp_path, path.name, data)
    if mode == "I;16":
        assert np.array_equal(photo.pixels[..., 1], DEEP[..., 1])
    else:
        assert np.array_equal(photo.pixels, np.asarray(image.convert("RGB")))
    assert photo.meta.grey == (mode in ("L", "I;16"))
    assert (photo.alpha is not None) == (mode == "RGBA")
    assert peek(path).size_wh == (64, 48)
    assert peek(path).bits == (16 if mode == "I;16" else 8)


def box(name: bytes, body: bytes) -> bytes:
    return struct.pack(">L4s", 8 + len(body), name) + body


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 2, 0)])
@pytest.mark.parametrize("space", ["RGB", "YCbCr"])
def test_channels_of_jpeg_2000_in_any_order(
    tmp_path: Path, order: tuple[int, ...], space: str
) -> None:
    """A box says which channel is which (cdef), another what space they are in (sYCC is 18)."""
    bands = Image.fromarray(PICTURE).convert(space).split()
    stored = Image.merge("RGB", [bands[colour] for colour in order])
    data = saved(stored, "JPEG2000", irreversible=False, mct=0)
    meant = b"".join(struct.pack(">3H", k, 0, colour + 1) for k, colour in enumerate(order))
    at = data.index(b"jp2h") - 4
    size = int.from_bytes(data[at : at + 4], "big")
    head = data[at + 8 : at + size] + box(b"cdef", struct.pack(">H", 3) + meant)
    if space == "YCbCr":
        colr = head.index(b"colr") + 7
        head = head[:colr] + (18).to_bytes(4, "big") + head[colr + 4 :]
    data = data[:at] + box(b"jp2h", head) + data[at + size :]
    right = np.asarray(Image.merge(space, bands).convert("RGB"))
    assert np.abs(read(tmp_path, "a.jp2", data).pixels.astype(int) - right).max() <= 1


def paletted(
    codes: Any, colours: Any, order: tuple[int, ...] = (0, 1, 2), count: int | None = None
) -> bytes:
    """A JPEG 2000 of H×W codes and N×3 or N×4 colours, whose channels are stored in this order."""
    data = saved(Image.fromarray(codes), "JPEG2000", irreversible=False)
    channels = colours.shape[1]
    stored = colours.astype(np.uint8)
    stored[:, :3] = stored[:, :3][:, order]
    rows = struct.pack(">HB", count or len(stored), channels) + bytes([7]) * channels
    cmap = b"".join(struct.pack(">HBB", 0, 1, k) for k in range(channels))
    meant = [(k, 0, order[k] + 1) for k in range(3)] + [(3, 1, 0)] * (channels - 3)
    cdef = struct.pack(">H", channels) + b"".join(struct.pack(">3H", *row) for row in meant)
    at = data.index(b"jp2h") - 4
    size = int.from_bytes(data[at : at + 4], "big")
    head = bytearray(data[at + 8 : at + size])
    colr = head.index(b"colr") + 7
    head[colr : colr + 4] = (16).to_bytes(4, "big")
    head += box(b"pclr", rows + stored.tobytes()) + box(b"cmap", cmap) + box(b"cdef", cdef)
    return data[:at] + box(b"jp2h", bytes(head)) + data[at + size :]


@pytest.mark.parametrize(
    ("order", "channels"), [((0, 1, 2), 3), ((0, 2, 1), 3), ((2, 0, 1), 3), ((0, 1, 2), 4)]
)
def test_a_palette_of_jpeg_2000_in_which_colours_come_twice(
    tmp_path: Path, order: tuple[int, ...], channels: int
) -> None:
    every = np.arange(256)
    colours = np.stack([every // 2, 255 - every // 3, every // 4, 255 - every], 1)[:, :channels]
    codes = PICTURE[..., 0]
    photo = read(tmp_path, "a.jp2", paletted(codes, colours, order))
    assert np.array_equal(photo.pixels, colours[codes][..., :3])
    assert (photo.alpha is not None) == (channels == 4)


def test_a_code_without_a_colour_is_damage(tmp_path: Path) -> None:
    data = paletted(PICTURE[..., 0], np.zeros((256, 3)), count=200)
    with pytest.raises(PhotoError, match="damaged"):
        read(tmp_path, "a.jp2", data)


def test_metadata_of_jpeg_2000(tmp_path: Path) -> None:
    data = saved(Image.fromarray(PICTURE), "JPEG2000", irreversible=False)
    at = data.index(b"jp2c") - 4
    xmp = bytes.fromhex("be7acfcb97a942e89c71999491e3afac") + made.packet('x:a="1" xmlns:x="x"')
    boxes = box(b"uuid", b"JpgTiffExif->JP2" + made.exif(6)) + box(b"uuid", xmp)
    photo = read(tmp_path, "a.jp2", data[:at] + boxes + data[at:])
    assert photo.size_wh == (48, 64)
    assert photo.meta.exif is not None
    assert b"Model T" in photo.meta.exif
    assert photo.meta.xmp is not None
    old = data.index(b"colr") - 4
    size = int.from_bytes(data[old : old + 4], "big")
    colr = box(b"colr", b"\2\0\0" + made.icc("p3"))
    header = data.index(b"jp2h") - 4
    inner = int.from_bytes(data[header : header + 4], "big") - size + len(colr)
    changed = data[:header] + struct.pack(">L", inner) + data[header + 4 : old] + colr
    assert read(tmp_path, "b.jp2", changed + data[old + size :]).meta.icc == made.icc("p3")


def test_a_jpeg_2000_that_is_cut_off_or_claims_much(tmp_path: Path) -> None:
    data = saved(Image.fromarray(PICTURE), "JPEG2000", irreversible=False)
    at = data.index(b"\xff\x4f\xff\x51") + 8
    for end in (len(data) // 2, len(data) - 9, at + 60):
        with pytest.raises(PhotoError, match=r"JPEG 2000 is cut off: copy it again"):
            read(tmp_path, "a.jp2", data[:end])
    huge = data[:at] + struct.pack(">LL", 60_000, 60_000) + data[at + 8 :]
    with pytest.raises(TooLargeError):
        read(tmp_path, "a.jp2", huge)
    many = data[:at] + struct.pack(">LL", 16_000, 16_000) + data[at + 8 :]
    with pytest.raises(PhotoError, match="claims 16000×16000"):
        read(tmp_path, "a.jp2", many + bytes(9000))
    box_at = data.index(b"ihdr") + 4
    tall = data[:box_at] + struct.pack(">L", 1 << 28) + data[box_at + 4 :]
    with pytest.raises(PhotoError, match="two sizes"):
        read(tmp_path, "a.jp2", tall)


# ------------------------------------------------------------------------- MPO, and all of them


def test_an_mpo_gives_its_first_view_and_a_plain_jpeg(tmp_path: Path) -> None:
    left, right = Image.fromarray(PICTURE), Image.fromarray(np.roll(PICTURE, 3, 1))
    left.save(tmp_path / "a.mpo", "MPO", save_all=True, append_images=[right], quality=95)
    photo = read_photo(tmp_path / "a.mpo")
    assert np.abs(photo.pixels.astype(int) - PICTURE).mean() < 3
    assert losses(photo, "b.jpg") == ("another picture is not carried over",)
    assert suffix_for(".mpo", None) == ".jpg"
    assert suffix_for(".MPO", "png") == ".png"
    with pytest.raises(PhotoError, match="cannot write"):
        write_photo(photo, tmp_path / "b.mpo")


@pytest.mark.parametrize(
    ("suffix", "becomes"),
    [(".gif", ".png"), (".bmp", ".png"), (".jp2", ".tif"), (".psd", ".tif"), (".mpo", ".jpg")],
)
def test_a_result_has_a_format_that_can_be_written(suffix: str, becomes: str) -> None:
    assert suffix_for(suffix, None) == becomes
    assert is_photo(f"holiday/a{suffix.upper()}")


@pytest.mark.parametrize("stream", [False, True])
def test_a_jpeg_2000_that_only_the_decoder_refuses_is_not_said_to_be_cut_off(
    tmp_path: Path, stream: bool
) -> None:
    """More changes of order (POC) than OpenJPEG takes, or a wavelet (COD) that it has not."""
    data = saved(Image.fromarray(PICTURE), "JPEG2000", irreversible=False, no_jp2=stream)
    at = data.index(b"\xff\x52")
    change = struct.pack(">BBHBBB", 0, 0, 1, 6, 3, 0)
    orders = struct.pack(">HH", 0xFF5F, 2 + 34 * len(change)) + 34 * change
    wavelet = bytearray(data)
    wavelet[at + 13] = 7
    for odd in (data[:at] + orders + data[at:], bytes(wavelet)):
        boxed = _with_stream_as_long_as_it_is(odd)
        with pytest.raises(PhotoError, match="all its parts, but one of them is damaged, or of a"):
            read(tmp_path, "a.jp2", boxed)
    size = data.index(b"\xff\x51") + 2
    no_size = data[:size] + b"\0\x20" + data[size + 2 :]
    no_marker = data[:at] + b"\0\0" + data[at + 2 :]
    for broken in (no_size, no_marker):
        with pytest.raises(PhotoError, match="is damaged"):
            read(tmp_path, "a.jp2", broken)


def _with_stream_as_long_as_it_is(data: bytes) -> bytes:
    """The box of the codestream goes to the end."""
    at = data.find(b"jp2c")
    return data if at < 0 else data[: at - 4] + bytes(4) + data[at:]


@pytest.mark.parametrize("channels", [3, 4])
def test_colours_of_jpeg_2000_that_are_not_decoded_are_no_damage(
    tmp_path: Path, channels: int
) -> None:
    buffer = io.BytesIO()
    values = np.dstack([made.picture(), made.picture()])[..., :channels]
    Image.fromarray(np.ascontiguousarray(values)).save(buffer, "JPEG2000")
    at = buffer.getvalue().index(b"colr\1\0\0\0\0\0\x10") + 10
    data = bytearray(buffer.getvalue())
    data[at] = 24
    (tmp_path / "a.jp2").write_bytes(data)
    with pytest.raises(PhotoError, match="e-sYCC is not read: save it as sRGB"):
        read_photo(tmp_path / "a.jp2")
