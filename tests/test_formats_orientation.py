"""The EXIF orientation is applied once, in every format, to pixels, alpha and layers alike."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
import photo_files as made
import pytest
import tifffile
from PIL import Image

from defocus import read_photo, write_photo
from defocus.formats.pixels import upright, upright_layer

if TYPE_CHECKING:
    from pathlib import Path

FORMATS = {"jpg": "JPEG", "png": "PNG", "webp": "WEBP", "tif": "TIFF", "avif": "AVIF"}


def stored(suffix: str, orientation: int) -> bytes:
    buffer = io.BytesIO()
    options: dict[str, Any] = {"exif": b"Exif\0\0" + made.exif(orientation)}
    if suffix == "webp":
        options["lossless"] = True
    if suffix in ("jpg", "avif"):
        options |= {"quality": 95, "subsampling": "4:4:4"}
    Image.fromarray(made.picture()).save(buffer, FORMATS[suffix], **options)
    return buffer.getvalue()


def close(a: np.ndarray[Any, Any], b: np.ndarray[Any, Any]) -> bool:
    return a.shape == b.shape and float(np.abs(a.astype(int) - b).mean()) < 3


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("suffix", FORMATS)
def test_upright_once_and_for_all(tmp_path: Path, suffix: str, orientation: int) -> None:
    path = tmp_path / f"a.{suffix}"
    path.write_bytes(stored(suffix, orientation))
    photo = read_photo(path)
    expected = made.turned(made.picture(), orientation)
    assert close(photo.pixels, expected)

    again = write_photo(photo, tmp_path / f"b.{suffix}")
    assert close(read_photo(again).pixels, expected)
    with Image.open(again) as shown:  # what any other program makes of the result
        assert shown.getexif().get(0x0112, 1) == 1
        assert shown.size == (expected.shape[1], expected.shape[0])
        sizes = shown.getexif().get_ifd(0x8769)
        assert (sizes[0xA002], sizes[0xA003]) == shown.size


@pytest.mark.parametrize("own", [1, 6])
@pytest.mark.parametrize("named", [3, 8])
def test_an_avif_is_turned_as_the_container_says(tmp_path: Path, own: int, named: int) -> None:
    """XMP names another orientation; viewers of AVIF do not look for it there."""
    packet = made.XMP_PACKET.replace(b'Orientation="6"', b'Orientation="%d"' % named)
    assert packet.count(b'Orientation="%d"' % named) == 1
    image = Image.fromarray(made.picture())
    exif = b"Exif\0\0" + made.exif(own)
    options = {"quality": 95, "subsampling": "4:4:4", "exif": exif, "xmp": packet}
    image.save(tmp_path / "a.avif", "AVIF", **options)
    photo = read_photo(tmp_path / "a.avif")
    assert close(photo.pixels, made.turned(made.picture(), own))
    assert photo.meta.xmp is not None
    assert b'Orientation="1"' in photo.meta.xmp


@pytest.mark.parametrize("orientation", range(1, 9))
def test_sixteen_bit_png_and_tiff_turn_too(tmp_path: Path, orientation: int) -> None:
    deep = made.picture(dtype=np.uint16)
    tifffile.imwrite(tmp_path / "a.tif", deep, photometric="rgb", extratags=[
        (274, "H", 1, orientation, True)
    ])  # fmt: skip
    expected = made.turned(deep, orientation)
    assert np.array_equal(read_photo(tmp_path / "a.tif").pixels, expected)

    from defocus.formats.png_chunks import chunk

    encoded = cv2.imencode(".png", deep[..., ::-1])[1].tobytes()
    block = chunk(b"eXIf", made.exif(orientation))
    (tmp_path / "a.png").write_bytes(encoded[:33] + block + encoded[33:])
    assert np.array_equal(read_photo(tmp_path / "a.png").pixels, expected)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_alpha_turns_with_the_pixels(tmp_path: Path, orientation: int) -> None:
    values = np.dstack([made.picture(), made.picture()[..., 0]])
    image = Image.fromarray(values)
    image.save(tmp_path / "a.png", exif=b"Exif\0\0" + made.exif(orientation))
    photo = read_photo(tmp_path / "a.png")
    assert photo.alpha is not None
    assert np.array_equal(photo.alpha, photo.pixels[..., 0])
    assert np.array_equal(photo.pixels, made.turned(made.picture(), orientation))


@pytest.mark.parametrize("orientation", range(1, 9))
def test_embedded_depth_turns_with_the_pixels(tmp_path: Path, orientation: int) -> None:
    depth = made.stored_depth()
    frames = [
        (depth, made.APPLE_DISPARITY.format(accuracy="relative")),
        (depth, made.APPLE_MATTE.format(name="portraiteffectsmatte")),
    ]
    (tmp_path / "apple.jpg").write_bytes(made.apple_jpeg(frames, orientation=orientation))
    layers = read_photo(tmp_path / "apple.jpg").embedded
    expected = made.turned(depth, orientation) / 255
    assert layers.disparity is not None
    assert np.allclose(layers.mattes["portrait"], expected, atol=0.02)
    assert np.allclose(layers.disparity.values, 0.25 + 1.5 * expected, atol=0.03)

    (tmp_path / "google.jpg").write_bytes(made.gdepth_jpeg(depth, orientation=orientation))
    disparity = read_photo(tmp_path / "google.jpg").embedded.disparity
    assert disparity is not None
    assert np.allclose(disparity.values, 2 - expected * (2 - 0.125), atol=1e-3)


@pytest.mark.parametrize("orientation", [5, 6, 7, 8])
def test_a_layer_that_is_upright_already_stays(orientation: int) -> None:
    layer = np.zeros((24, 16), np.float32)
    assert upright_layer(layer, orientation, (48, 32)) is layer
    assert upright_layer(layer, orientation, (32, 48)).shape == (16, 24)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("shape", [(5, 3), (5, 3, 3)])
def test_upright_is_what_viewers_do(shape: tuple[int, ...], orientation: int) -> None:
    values = np.arange(np.prod(shape), dtype=np.uint16).reshape(shape)
    assert np.array_equal(upright(values, orientation), made.turned(values, orientation))


@pytest.mark.parametrize("padding", [2, 4, 14])
@pytest.mark.parametrize("order", ["<", ">"])
def test_a_directory_need_not_follow_the_header_at_once(
    tmp_path: Path, padding: int, order: str
) -> None:
    from defocus.formats import ifd

    said = ifd.Directory(order, {274: ifd.shorts(order, 6)})  # type: ignore[arg-type]
    block = ifd.header(order, 8 + padding) + b"Z" * padding + ifd.write(said, 8 + padding)  # type: ignore[arg-type]
    data = made.with_segments(made.jpeg(made.picture()), made.segment(0xE1, b"Exif\0\0" + block))
    (tmp_path / "a.jpg").write_bytes(data)
    assert read_photo(tmp_path / "a.jpg").size_wh == (32, 48)


@pytest.mark.parametrize("block", [b"", b"\0", b"\0\0\0\0", bytes(60)])
def test_exif_that_holds_nothing_is_not_called_damaged(tmp_path: Path, block: bytes) -> None:
    data = made.with_segments(made.jpeg(made.picture()), made.segment(0xE1, b"Exif\0\0" + block))
    (tmp_path / "a.jpg").write_bytes(data)
    photo = read_photo(tmp_path / "a.jpg")
    assert photo.meta.exif is None
    assert photo.meta.notes == ()
