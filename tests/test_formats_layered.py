"""OpenRaster and OpenEXR: what the result was made of, for those who go on with it."""

from __future__ import annotations

import io
import struct
import tracemalloc
import zipfile
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING
from xml.etree import ElementTree

import numpy as np
import photo_files as made
import pytest
from PIL import Image

from defocus import Edit, Photo, read_photo, write_photo
from defocus.disparity import Disparity
from defocus.errors import PhotoError, TooLargeError
from defocus.formats import exr_file
from defocus.formats.code_layers import code_layers
from defocus.formats.coded_colour import from_h273
from defocus.formats.layered import Layered
from defocus.formats.losses import losses
from defocus.formats.reading import peek
from defocus.photo import Metadata
from defocus.pipeline import apply, companions, write_portrait
from defocus.transfer import SRGB

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def photo(photo_file: Path) -> Photo:
    return read_photo(photo_file)


def parts(photo: Photo, kind: str = "relative") -> Layered:
    """A left half in focus with a rim that is half see-through, and a right half behind."""
    height, width = photo.pixels.shape[:2]
    matte = np.zeros((height, width), np.float32)
    matte[:, : width // 2] = 1
    matte[:, width // 2] = 0.5
    values = np.tile(np.linspace(1, 0, width, dtype=np.float32), (height, 1))
    disparity = Disparity(values, "metric" if kind == "metric" else "relative")
    return Layered(photo, photo.pixels, photo.pixels[:, ::-1], matte, -5 * (1 - matte), disparity)


def channels(data: bytes) -> dict[str, np.ndarray]:
    """All of an OpenEXR of one part."""
    (head,) = exr_file.layouts(data)
    return exr_file.read(data, head, head.channels)


def layers_of(path: Path) -> dict[str, np.ndarray]:
    with zipfile.ZipFile(path) as archive:
        stack = ElementTree.fromstring(archive.read("stack.xml"))
        return {
            layer.get("name", ""): np.asarray(Image.open(archive.open(layer.get("src", ""))))
            for layer in stack.iter("layer")
        }


def test_an_openraster_is_laid_out_as_its_specification_says(photo: Photo, tmp_path: Path) -> None:
    path = write_portrait(photo, tmp_path / "a.ora", Edit())
    with zipfile.ZipFile(path) as archive:
        first = archive.infolist()[0]
        assert (first.filename, first.compress_type) == ("mimetype", zipfile.ZIP_STORED)
        assert archive.read("mimetype") == b"image/openraster"
        image = ElementTree.fromstring(archive.read("stack.xml"))
        assert (image.get("w"), image.get("h")) == ("160", "120")
        names = [(each.get("name"), each.get("visibility")) for each in image.iter("layer")]
        assert names == [
            ("Matte", "hidden"),
            ("Subject", "hidden"),
            ("Background", "hidden"),
            ("Blurred", "visible"),
        ]
        assert max(Image.open(archive.open("Thumbnails/thumbnail.png")).size) <= 256
        merged = np.asarray(Image.open(archive.open("mergedimage.png")))
    # What is visible is the result, as any other file has it.
    plain = read_photo(write_portrait(photo, tmp_path / "a.png", Edit()))
    assert (merged == plain.pixels).all()
    assert (layers_of(path)["Blurred"] == merged).all()
    assert (read_photo(path).pixels == merged).all()


def over(layers: dict[str, np.ndarray], full: int = 255) -> tuple[np.ndarray, np.ndarray]:
    """Subject over background as OpenRaster's programs mix them, as codes: colour and opacity."""
    (front, a), (back, b) = (
        (layer[..., :3].astype(float), layer[..., 3:] / full)
        for layer in (layers["Subject"], layers["Background"])
    )
    opacity = a + b * (1 - a)
    return (a * front + (1 - a) * b * back) / np.maximum(opacity, 1e-9), opacity[..., 0] * full


def test_the_subject_over_the_background_is_the_photo_again(photo: Photo, tmp_path: Path) -> None:
    result = apply(photo, Edit())
    found = companions(result.scene, Edit(), result.plane, ".ora")["layered"]
    assert 0 < found.matte.mean() < 1
    layers = layers_of(write_photo(result.photo, tmp_path / "a.ora", layered=found))
    subject, background = layers["Subject"], layers["Background"]
    assert ((subject[..., 3] > 0) & (subject[..., 3] < 255)).any()
    # Where the background is not known the subject is opaque.
    assert (subject[..., 3][background[..., 3] == 0] == 255).all()
    again, opacity = over(layers)
    assert (opacity == 255).all()
    assert np.abs(np.rint(again) - photo.pixels).max() <= 1


def hairs(dtype: type, seed: int = 3) -> Layered:
    """Any colours of subject and background, mixed in light by any opacity."""
    rng = np.random.default_rng(seed)
    full = int(np.iinfo(dtype).max)
    front, back = (rng.random((64, 64, 3)) ** power for power in (2.0, 0.5))
    matte = rng.choice([0, 0.02, 0.3, 0.5, 0.8, 0.99, 1], (64, 64)).astype(np.float32)
    light = matte[..., None] * SRGB.decode(front) + (1 - matte[..., None]) * SRGB.decode(back)
    seen = np.rint(SRGB.encode(light) * full + rng.normal(0, full / 100, light.shape))  # and noise
    codes = [np.clip(np.rint(each * full), 0, full).astype(dtype) for each in (front, back)]
    photo = Photo(np.clip(seen, 0, full).astype(dtype))
    return Layered(photo, *codes, matte, -5 * (1 - matte), Disparity(matte, "relative"))


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("seed", range(4))
def test_any_soft_edge_is_the_photo_again_as_codes(dtype: type, seed: int) -> None:
    made, full = hairs(dtype, seed), int(np.iinfo(dtype).max)
    found = code_layers(made)
    a = found.opacity[..., None] / full
    again = a * found.subject + (1 - a) * found.background
    assert np.abs(again - made.original.pixels).max() < 0.51  # half a code: it is rounded
    # And nearly so with the very layers: what is opaque stays so, what is not there does not come.
    assert (found.opacity[made.matte == 1] == full).all()
    assert (found.opacity[made.matte == 0] == 0).all()
    thin, thick = (a[..., 0] > 0) & (a[..., 0] < 0.5), (a[..., 0] > 0.5) & (a[..., 0] < 1)
    assert (found.subject[thin] == made.subject[thin]).all()
    assert (found.background[thick] == made.background[thick]).all()


def test_what_is_half_transparent_stays_so(tmp_path: Path) -> None:
    made = hairs(np.uint8)
    alpha = np.full((64, 64), 255, np.uint8)
    alpha[:, :20], alpha[:, 20:40] = 0, 128
    photo = replace(made.original, alpha=alpha)
    layers = layers_of(write_photo(photo, tmp_path / "a.ora", layered=made))
    again, opacity = over(layers)
    assert np.abs(opacity - alpha).max() <= 1
    wrong = np.abs(again - photo.pixels) * (alpha / 255)[..., None]  # as it is seen over black
    assert wrong.max() <= 1.5


def test_layers_keep_16_bits_profile_and_transparency(tmp_path: Path) -> None:
    p3 = from_h273(12, 13).icc
    alpha = np.full((32, 48), 65535, np.uint16)
    alpha[:4] = 0
    photo = Photo(made.picture(dtype=np.uint16), alpha, Metadata("png", icc=p3))
    path = write_photo(photo, tmp_path / "a.ora", layered=parts(photo))
    back = read_photo(path)
    assert (back.pixels == photo.pixels).all()
    assert back.meta.icc == p3
    with zipfile.ZipFile(path) as archive:
        assert Image.open(io.BytesIO(archive.read("data/layer1.png"))).info["icc_profile"] == p3
    assert (layers_of(path)["Subject"][:4, :, 3] == 0).all()


def test_layers_follow_a_result_that_is_made_smaller(tmp_path: Path) -> None:
    photo = Photo(made.picture())
    small = replace(photo, pixels=photo.pixels[::2, ::2].copy())
    layers = layers_of(write_photo(small, tmp_path / "a.ora", layered=parts(photo)))
    assert {layer.shape[:2] for layer in layers.values()} == {small.pixels.shape[:2]}
    planes = channels(write_photo(small, tmp_path / "a.exr", layered=parts(photo)).read_bytes())
    assert planes["radius"].min() == pytest.approx(-2.5)  # of 5 at the full size


def test_an_exr_says_the_same_to_the_library_of_its_makers(photo: Photo, tmp_path: Path) -> None:
    openexr = pytest.importorskip("OpenEXR", reason="pip install openexr")
    path = write_portrait(photo, tmp_path / "a.exr", Edit())
    with openexr.File(str(path), separate_channels=True) as file:
        theirs = {name: channel.pixels for name, channel in file.channels().items()}
    ours = channels(path.read_bytes())
    assert theirs.keys() == ours.keys()
    assert set(ours) == {
        *"RGB", "original.R", "original.G", "original.B", "matte", "radius", "disparity",
    }  # fmt: skip
    for name, plane in ours.items():
        assert (theirs[name] == plane).all(), name
    theirs_file = tmp_path / "theirs.exr"
    header = {"compression": openexr.ZIP_COMPRESSION, "type": openexr.scanlineimage}
    colour = np.stack([ours[name] for name in "RGB"], axis=2)
    with openexr.File(header, {"RGB": colour}) as file:
        file.write(str(theirs_file))
    assert (read_photo(theirs_file).pixels == read_photo(path).pixels).all()


LAYERS = {"A": ("A.", "Z."), "Combined": ("ViewLayer.Combined.", "ViewLayer.Depth.", "Aa.Diff.")}
LAYERS["beauty"] = ("main.beauty.", "diffuse.")


@pytest.mark.parametrize("name", LAYERS)
@pytest.mark.parametrize("opaque", [False, True])
def test_of_many_passes_the_picture_is_taken_and_told(
    tmp_path: Path, name: str, opaque: bool
) -> None:
    light = np.linspace(0, 1, 48, dtype=np.float32)[None].repeat(32, 0)
    picture, *others = LAYERS[name]
    planes = {f"{picture}{channel}": light for channel in ("RGB" if opaque else "RGBA")}
    for other in others:
        planes |= {f"{other}{channel}": 1 - light for channel in "RGB"}
    (tmp_path / "a.exr").write_bytes(exr_file.encode(planes, {}))
    photo = read_photo(tmp_path / "a.exr")
    (tmp_path / "b.exr").write_bytes(
        exr_file.encode({key[-1]: planes[key] for key in planes if key.startswith(picture)}, {})
    )
    assert (photo.pixels == read_photo(tmp_path / "b.exr").pixels).all()
    assert (photo.alpha is None) == opaque
    assert photo.meta.notes == (f"of the layers only {picture[:-1]!r} is kept",)


def windowed(stored: tuple[int, int, int, int], shown: tuple[int, int, int, int]) -> bytes:
    """A ramp whose pixels and whose picture have these windows: left, top, width, height."""
    _, _, width, height = stored
    light = np.linspace(0.1, 1, width * height, dtype=np.float32).reshape(height, width)
    data = exr_file.encode(dict.fromkeys("RGBA", light), {})
    for name, (left, top, wide, high) in ((b"dataWindow", stored), (b"displayWindow", shown)):
        at = data.index(name + b"\0box2i\0") + len(name) + 11
        box = struct.pack("<4i", left, top, left + wide - 1, top + high - 1)
        data = data[:at] + box + data[at + 16 :]
    return data


@pytest.mark.parametrize(
    ("stored", "shown"),
    [
        ((10, 6, 20, 12), (0, 0, 40, 30)),  # a part was rendered
        ((-4, -3, 50, 40), (0, 0, 40, 30)),  # and more than is shown
        ((-5, 10, 30, 30), (0, 0, 40, 30)),
        ((110, 106, 20, 12), (100, 100, 40, 30)),
    ],
)
def test_an_exr_shows_its_display_window(
    tmp_path: Path, stored: tuple[int, int, int, int], shown: tuple[int, int, int, int]
) -> None:
    (tmp_path / "a.exr").write_bytes(windowed(stored, shown))
    (tmp_path / "b.exr").write_bytes(windowed(stored, stored))
    photo, plain = read_photo(tmp_path / "a.exr"), read_photo(tmp_path / "b.exr")
    assert photo.size_wh == (40, 30) == peek(tmp_path / "a.exr").size_wh
    x, y = stored[0] - shown[0], stored[1] - shown[1]
    for (row, column), value in np.ndenumerate(photo.pixels[..., 1]):
        there = 0 <= row - y < stored[3] and 0 <= column - x < stored[2]
        assert value == (plain.pixels[row - y, column - x, 1] if there else 0)
        assert photo.alpha is not None
        assert (photo.alpha[row, column] > 0) == there


def test_a_small_display_window_is_shown_whatever_is_stored_of_it(tmp_path: Path) -> None:
    (tmp_path / "a.exr").write_bytes(windowed((3, 5, 4, 4), (0, 0, 200, 100)))
    photo = read_photo(tmp_path / "a.exr")
    assert photo.size_wh == (200, 100)
    assert photo.alpha is not None
    assert np.count_nonzero(photo.alpha) == 16


@pytest.mark.parametrize("shown", [(0, 0, 9000, 9000), (500, 0, 40, 30)])
def test_a_display_window_of_nothing_is_not_shown(
    tmp_path: Path, shown: tuple[int, int, int, int]
) -> None:
    (tmp_path / "a.exr").write_bytes(windowed((0, 0, 20, 12), shown))
    assert read_photo(tmp_path / "a.exr").size_wh == (20, 12) == peek(tmp_path / "a.exr").size_wh


def test_a_hundred_passes_take_no_memory_but_the_picture(tmp_path: Path) -> None:
    """Packed, a channel of one value is next to nothing."""
    flat = np.zeros((512, 512), np.float32)
    names = [f"pass{k}.{channel}" for k in range(60) for channel in "RGB"]
    (tmp_path / "a.exr").write_bytes(exr_file.encode(dict.fromkeys([*names, *"RGB"], flat), {}))
    tracemalloc.start()
    try:
        photo = read_photo(tmp_path / "a.exr")
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert photo.size_wh == (512, 512)
    assert peak < 80 << 20  # all of them are 191 MB


def test_lines_of_thousands_of_channels_are_refused(tmp_path: Path) -> None:
    plain = exr_file.encode(dict.fromkeys("RGB", np.zeros((4, 5000), np.float32)), {})
    name = b"R\0" + struct.pack("<iIii", 2, 0, 1, 1)
    at = plain.index(name)
    size = plain.index(b"chlist\0") + 7
    more = b"".join(f"x{k}".encode() + b"\0" + name[2:] for k in range(1000))
    grown = int.from_bytes(plain[size : size + 4], "little") + len(more)
    head = plain[:size] + grown.to_bytes(4, "little") + plain[size + 4 : at]
    (tmp_path / "a.exr").write_bytes(head + more + plain[at:] + bytes(1 << 20))
    with pytest.raises(TooLargeError, match="1003 channels of 5000 pixels: save fewer"):
        read_photo(tmp_path / "a.exr")


def test_an_exr_holds_light(tmp_path: Path) -> None:
    photo = Photo(made.picture(dtype=np.uint16))
    planes = channels(write_photo(photo, tmp_path / "a.exr").read_bytes())
    assert np.abs(planes["G"] - SRGB.decode(photo.pixels[..., 1] / np.float32(65535))).max() < 1e-6
    back = read_photo(tmp_path / "a.exr")
    assert np.abs(back.pixels.astype(int) - photo.pixels).max() <= 1


def test_a_wide_colour_is_the_same_colour_in_an_exr(tmp_path: Path) -> None:
    red = np.zeros((4, 4, 3), np.uint16)
    red[..., 0] = 65535
    p3 = Photo(red, meta=Metadata("png", icc=from_h273(12, 13).icc))
    planes = channels(write_photo(p3, tmp_path / "a.exr").read_bytes())
    # Display P3's red in Rec. 709, from the two sets of primaries.
    found = [float(planes[name][0, 0]) for name in "RGB"]
    assert found == pytest.approx([1.2249, -0.0420, -0.0197], abs=2e-3)


def test_distance_is_told_where_it_is_known(tmp_path: Path) -> None:
    photo = Photo(made.picture())
    metric = write_photo(photo, tmp_path / "a.exr", layered=parts(photo, "metric"))
    relative = write_photo(photo, tmp_path / "b.exr", layered=parts(photo))
    z = channels(metric.read_bytes())["Z"]
    assert z[0, 0] == pytest.approx(1)  # 1/m
    assert np.isfinite(z).all()
    assert "Z" not in channels(relative.read_bytes())


@pytest.mark.parametrize("shape", [(1, 1), (16, 3), (17, 5), (40, 33)])
@pytest.mark.parametrize("kind", [np.float16, np.float32])
def test_channels_come_back_as_they_went(shape: tuple[int, int], kind: type) -> None:
    rng = np.random.default_rng(5)
    planes = {name: rng.normal(0, 3, shape).astype(kind) for name in ("b", "A", "x.y")}
    planes["flat"] = np.full(shape, 0.5, np.float32)
    back = channels(exr_file.encode(planes, {}))
    assert list(back) == sorted(planes)
    assert all((back[name] == planes[name]).all() for name in planes)


@pytest.mark.parametrize("suffix", [".ora", ".exr"])
def test_a_file_that_is_cut_off_or_damaged_is_refused(suffix: str, tmp_path: Path) -> None:
    photo = Photo(made.picture())
    whole = write_photo(photo, tmp_path / f"a{suffix}", layered=parts(photo)).read_bytes()
    path = tmp_path / f"b{suffix}"
    rng = np.random.default_rng(2)
    for length in (9, 60, 200, len(whole) // 2, len(whole) - 3):
        path.write_bytes(whole[:length])
        with pytest.raises(PhotoError):
            read_photo(path)
    for _ in range(60):  # whatever happens is a picture or one of our own errors
        broken = bytearray(whole)
        for at in rng.integers(0, len(whole), 4):
            broken[at] = rng.integers(256)
        path.write_bytes(broken)
        with suppress(PhotoError):
            assert read_photo(path).pixels.size > 0


def test_what_an_exr_has_no_place_for_is_said() -> None:
    rich = Photo(made.picture(), meta=Metadata("jpeg", exif=made.exif(), xmp=b"<x/>"))
    said = losses(rich, "a.exr")
    assert "EXIF has no place in OpenEXR" in said
    assert "XMP has no place in OpenEXR" in said
    assert losses(replace(rich, meta=Metadata("jpeg")), "a.exr") == ()
