from __future__ import annotations

import json
import struct
from typing import TYPE_CHECKING

import numpy as np
import pytest
import tifffile
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from defocus.depth import estimate, estimate_disparity, maps
from defocus.depth.file import read_disparity, write_disparity
from defocus.disparity import Disparity
from defocus.errors import DepthError, TooLargeError
from defocus.photo import Photo

if TYPE_CHECKING:
    from pathlib import Path

_VALUES = np.array([[-1.5, 0, 0.25], [1, 2, 6.5]], np.float32)
_WHITE = Photo(np.full((2, 3, 3), 255, np.uint8))


@pytest.mark.parametrize("suffix", [".npy", ".tif", ".tiff", ".pfm", ".PFM"])
def test_float_containers_are_exact(tmp_path: Path, suffix: str) -> None:
    path = write_disparity(Disparity(_VALUES), tmp_path / f"map{suffix}")
    got = read_disparity(path)
    np.testing.assert_array_equal(got.values, _VALUES, strict=True)
    assert (got.kind, got.source) == ("relative", path.name)


def test_png_is_exact_to_a_code_and_keeps_its_kind(tmp_path: Path) -> None:
    values = np.random.default_rng(0).normal(0, 50, (40, 60)).astype(np.float32)
    path = write_disparity(Disparity(values, "metric"), tmp_path / "map.png")
    got = read_disparity(path)
    assert np.abs(got.values - values).max() <= 0.51 * np.ptp(values) / 65535
    assert got.kind == "metric"
    assert (got.values.min(), got.values.max()) == (values.min(), values.max())


def test_flat_map_survives_a_png(tmp_path: Path) -> None:
    path = write_disparity(Disparity(np.full((3, 4), 2.5, np.float32)), tmp_path / "flat.png")
    np.testing.assert_array_equal(read_disparity(path).values, 2.5)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_foreign_png(tmp_path: Path, dtype: type) -> None:
    codes = np.array([[0, 10, 200], [3, 4, np.iinfo(dtype).max]], dtype)
    Image.fromarray(codes).save(tmp_path / "map.png")
    np.testing.assert_array_equal(read_disparity(tmp_path / "map.png").values, codes)
    flipped = read_disparity(tmp_path / "map.png", invert=True).values
    np.testing.assert_array_equal(flipped, np.iinfo(dtype).max - codes.astype(np.float32))


def test_grey_picture_saved_as_colour_or_palette_is_a_map(tmp_path: Path) -> None:
    grey = Image.fromarray(np.array([[0, 128, 255]], np.uint8))
    for mode in ("RGB", "RGBA", "LA", "P"):
        grey.convert(mode).save(tmp_path / "map.png")
        got = read_disparity(tmp_path / "map.png").values
        np.testing.assert_array_equal(got, [[0, 128, 255]])


def test_inverted_floats_are_distances(tmp_path: Path) -> None:
    np.save(tmp_path / "z.npy", np.array([[0.5, 2.0, np.inf]]))
    got = read_disparity(tmp_path / "z.npy", invert=True).values
    np.testing.assert_array_equal(got, [[2, 0.5, 0]])


def test_big_endian_pfm(tmp_path: Path) -> None:
    data = struct.pack(">4f", 3, 4, 1, 2)  # the bottom row first
    (tmp_path / "map.pfm").write_bytes(b"Pf\n2 2\n1.0\n" + data)
    np.testing.assert_array_equal(read_disparity(tmp_path / "map.pfm").values, [[1, 2], [3, 4]])


def _refused(path: Path, invert: bool = False) -> str:
    with pytest.raises(DepthError) as caught:
        read_disparity(path, invert=invert)
    message = str(caught.value)
    assert str(path) in message
    assert "\n" not in message
    return message


def test_hostile_arrays(tmp_path: Path) -> None:
    path = tmp_path / "map.npy"
    hostile = {
        "NaN or inf in 50.0%": np.array([[1, np.nan]]),
        "NaN or inf": np.array([[1e300, 0.0]]),
        "coloured": np.arange(12.0).reshape(2, 2, 3),
        "it holds (2, 2, 7)": np.zeros((2, 2, 7)),
        "it holds (3, 2, 2, 1)": np.zeros((3, 2, 2, 1)),
        "<U4": np.array([["four"]]),
        "it holds (4,)": np.zeros(4),
        "complex": np.zeros((2, 2), complex),
        "empty": np.zeros((0, 5)),
    }
    for words, array in hostile.items():
        np.save(path, array)
        assert words in _refused(path)
    np.save(path, np.array([[0.0, 1.0]]))
    assert "must be above 0" in _refused(path, invert=True)
    np.save(path, np.array([[{"a": 1}]]), allow_pickle=True)
    assert "Python objects" in _refused(path)


def test_hostile_files(tmp_path: Path) -> None:
    for suffix in (".npz", ".jpg", ".webp"):
        path = tmp_path / f"map{suffix}"
        _refused(path)
        path.write_text("this is no depth map at all, only words")
        _refused(path)
    for suffix in (".png", ".tif", ".npy", ".pfm"):
        path = tmp_path / f"map{suffix}"
        assert "no such file" in _refused(path)
        path.write_bytes(b"")
        _refused(path)
        path.write_text("this is no depth map at all, only words")
        _refused(path)
        path.unlink()
        write_disparity(Disparity(np.tile(_VALUES, (40, 40))), path)
        path.write_bytes(path.read_bytes()[:-200])
        _refused(path)
        path.unlink()
        path.mkdir()
        _refused(path)


def test_coloured_picture_is_no_map(tmp_path: Path) -> None:
    Image.new("RGB", (3, 2), (1, 2, 3)).save(tmp_path / "photo.png")
    assert "coloured" in _refused(tmp_path / "photo.png")
    colours = np.arange(60, dtype=np.uint8).reshape(4, 5, 3)
    tifffile.imwrite(tmp_path / "photo.tif", colours, photometric="rgb")
    assert "coloured" in _refused(tmp_path / "photo.tif")
    ramps = np.add.outer(np.arange(40), np.arange(50)).astype(np.uint8)
    picture = Image.fromarray(np.dstack([ramps, ramps[::-1], ramps]))
    for suffix in (".jpg", ".webp"):
        picture.save(tmp_path / f"photo{suffix}")
        assert "coloured" in _refused(tmp_path / f"photo{suffix}")


@pytest.mark.parametrize(
    "text", ["{", "[]", '{"low": 0}', json.dumps({"low": 0, "high": 1, "kind": "x", "source": ""})]
)
def test_damaged_text_chunk(tmp_path: Path, text: str) -> None:
    info = PngInfo()
    info.add_itxt("defocus:disparity", text)
    Image.new("L", (3, 2)).save(tmp_path / "map.png", pnginfo=info)
    assert "defocus:disparity" in _refused(tmp_path / "map.png")


def test_size_limit_comes_before_decoding(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for suffix in (".png", ".tif", ".npy", ".pfm"):
        write_disparity(Disparity(_VALUES), tmp_path / f"map{suffix}")
    monkeypatch.setattr(maps, "MAX_PIXELS", 5)
    for suffix in (".png", ".tif", ".npy", ".pfm"):
        with pytest.raises(TooLargeError):
            read_disparity(tmp_path / f"map{suffix}")


def test_writing_never_replaces_unasked(tmp_path: Path) -> None:
    path = tmp_path / "map.npy"
    write_disparity(Disparity(_VALUES), path)
    with pytest.raises(DepthError, match="exists already"):
        write_disparity(Disparity(_VALUES + 1), path)
    np.testing.assert_array_equal(read_disparity(path).values, _VALUES)
    write_disparity(Disparity(_VALUES + 1), path, overwrite=True)
    np.testing.assert_array_equal(read_disparity(path).values, _VALUES + 1)
    for suffix in (".bmp", ".jpg", ".npz"):
        with pytest.raises(DepthError, match="written as"):
            write_disparity(Disparity(_VALUES), tmp_path / f"map{suffix}")
    with pytest.raises(DepthError, match="cannot be written"):
        write_disparity(Disparity(_VALUES), tmp_path / "no" / "map.npy")
    assert [p.name for p in tmp_path.iterdir()] == ["map.npy"]


def test_as_a_model(tmp_path: Path) -> None:
    path = write_disparity(Disparity(_VALUES), tmp_path / "map.npy")
    got = estimate(_WHITE, str(path))
    np.testing.assert_array_equal(got.disparity.values, _VALUES)
    assert got.person is None  # the subject room asks a network then
    Image.fromarray(np.array([[0, 1, 4]] * 2, np.uint8)).save(tmp_path / "map.png")
    flipped = estimate_disparity(_WHITE, str(tmp_path / "map.png"), invert=True)
    np.testing.assert_array_equal(flipped.values[0], [4, 3, 0])


@pytest.mark.parametrize(
    ("map_wh", "fits"),
    [((400, 300), True), ((404, 300), True), ((420, 300), False), ((20, 15), True)],
)
def test_aspect_must_be_the_photos(tmp_path: Path, map_wh: tuple[int, int], fits: bool) -> None:
    photo = Photo(np.zeros((600, 800, 3), np.uint8))
    path = tmp_path / "map.npy"
    np.save(path, np.zeros(map_wh[::-1], np.float32))
    if fits:
        assert estimate_disparity(photo, str(path)).size_wh == map_wh
    else:
        with pytest.raises(DepthError, match="420×300, the photo 800×600"):
            estimate_disparity(photo, str(path))


def test_a_turned_map_is_called_turned(tmp_path: Path) -> None:
    np.save(tmp_path / "map.npy", np.zeros((80, 60), np.float32))
    with pytest.raises(DepthError, match="turned by 90°"):
        estimate_disparity(Photo(np.zeros((60, 80, 3), np.uint8)), str(tmp_path / "map.npy"))
