"""OpenRaster and OpenEXR: what the result was made of, for those who go on with it."""

from __future__ import annotations

import io
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
from defocus.errors import PhotoError
from defocus.formats import exr_file
from defocus.formats.coded_colour import from_h273
from defocus.formats.layered import Layered
from defocus.formats.losses import losses
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


def test_the_subject_over_the_background_is_the_photo_again(photo: Photo, tmp_path: Path) -> None:
    result = apply(photo, Edit())
    found = companions(result.scene, Edit(), result.plane, ".ora")["layered"]
    assert 0 < found.matte.mean() < 1
    layers = layers_of(write_photo(result.photo, tmp_path / "a.ora", layered=found))
    subject, background = layers["Subject"] / 255, layers["Background"] / 255
    alpha = subject[..., 3:]
    # Where the background is not known the subject is opaque.
    assert (alpha[background[..., 3] == 0] == 1).all()
    again = alpha * subject[..., :3] + (1 - alpha) * background[..., :3]
    assert np.abs(again * 255 - photo.pixels).max() < 4  # of 255: matting mixes in light


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
    planes = exr_file.read(
        write_photo(small, tmp_path / "a.exr", layered=parts(photo)).read_bytes()
    )
    assert planes["radius"].min() == pytest.approx(-2.5)  # of 5 at the full size


def test_an_exr_says_the_same_to_the_library_of_its_makers(photo: Photo, tmp_path: Path) -> None:
    openexr = pytest.importorskip("OpenEXR", reason="pip install openexr")
    path = write_portrait(photo, tmp_path / "a.exr", Edit())
    with openexr.File(str(path), separate_channels=True) as file:
        theirs = {name: channel.pixels for name, channel in file.channels().items()}
    ours = exr_file.read(path.read_bytes())
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


def test_an_exr_holds_light(tmp_path: Path) -> None:
    photo = Photo(made.picture(dtype=np.uint16))
    planes = exr_file.read(write_photo(photo, tmp_path / "a.exr").read_bytes())
    assert np.abs(planes["G"] - SRGB.decode(photo.pixels[..., 1] / np.float32(65535))).max() < 1e-6
    back = read_photo(tmp_path / "a.exr")
    assert np.abs(back.pixels.astype(int) - photo.pixels).max() <= 1


def test_a_wide_colour_is_the_same_colour_in_an_exr(tmp_path: Path) -> None:
    red = np.zeros((4, 4, 3), np.uint16)
    red[..., 0] = 65535
    p3 = Photo(red, meta=Metadata("png", icc=from_h273(12, 13).icc))
    planes = exr_file.read(write_photo(p3, tmp_path / "a.exr").read_bytes())
    # Display P3's red in Rec. 709, from the two sets of primaries.
    found = [float(planes[name][0, 0]) for name in "RGB"]
    assert found == pytest.approx([1.2249, -0.0420, -0.0197], abs=2e-3)


def test_distance_is_told_where_it_is_known(tmp_path: Path) -> None:
    photo = Photo(made.picture())
    metric = write_photo(photo, tmp_path / "a.exr", layered=parts(photo, "metric"))
    relative = write_photo(photo, tmp_path / "b.exr", layered=parts(photo))
    z = exr_file.read(metric.read_bytes())["Z"]
    assert z[0, 0] == pytest.approx(1)  # 1/m
    assert np.isfinite(z).all()
    assert "Z" not in exr_file.read(relative.read_bytes())


@pytest.mark.parametrize("shape", [(1, 1), (16, 3), (17, 5), (40, 33)])
@pytest.mark.parametrize("kind", [np.float16, np.float32])
def test_channels_come_back_as_they_went(shape: tuple[int, int], kind: type) -> None:
    rng = np.random.default_rng(5)
    planes = {name: rng.normal(0, 3, shape).astype(kind) for name in ("b", "A", "x.y")}
    planes["flat"] = np.full(shape, 0.5, np.float32)
    back = exr_file.read(exr_file.encode(planes, {}))
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
