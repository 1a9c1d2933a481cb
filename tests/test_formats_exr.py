"""OpenEXR as others write it: every packing, tiles, several parts; what is not read is named."""

from __future__ import annotations

import importlib.util
import struct
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from defocus import Photo, read_photo
from defocus.colour import to_rec709
from defocus.errors import MissingExtraError, PhotoError, TooLargeError
from defocus.formats import exr_file
from defocus.formats.reading import peek

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

openexr = pytest.importorskip("OpenEXR", reason="pip install openexr")

HEIGHT, WIDTH = 75, 90
_Y, _X = np.mgrid[:HEIGHT, :WIDTH].astype(np.float32)
LIGHT = np.dstack([_X / WIDTH, _Y / HEIGHT, (_X + _Y) / (WIDTH + HEIGHT), 0 * _X + 0.5])
LIGHT = np.clip(LIGHT, 0, 1)
# Of 255, in codes: with loss by design, 24 bits of 32, or none.
PACKINGS = {
    "RLE": 0, "ZIPS": 0, "PIZ": 0, "PXR24": 0, "B44": 6, "B44A": 6, "DWAA": 3, "DWAB": 3, "ZSTD": 0,
}  # fmt: skip


def written(
    path: Path, channels: dict[str, NDArray[Any]], packing: str, *, tiles: bool = False, **more: Any
) -> Path:
    with openexr.File([part(channels, packing, tiles=tiles, **more)]) as file:
        file.write(str(path))
    return path


def part(
    channels: dict[str, NDArray[Any]], packing: str, *, tiles: bool = False, **more: Any
) -> Any:
    try:
        code = getattr(openexr, f"{packing}_COMPRESSION")
    except AttributeError:
        pytest.skip(f"this OpenEXR has no {packing}")
    header = {"compression": code, "type": openexr.scanlineimage, **more}
    if tiles:
        header |= {"type": openexr.tiledimage, "tiles": openexr.TileDescription()}
    return openexr.Part(header, channels)


def plain(path: Path, light: NDArray[Any] = LIGHT) -> Photo:
    """The same light as we write it."""
    names = "RGBA"[: light.shape[2]]
    planes = {name: light[..., k].copy() for k, name in enumerate(names)}
    path.write_bytes(exr_file.encode(planes, {}))
    return read_photo(path)


@pytest.mark.parametrize("tiles", [False, True])
@pytest.mark.parametrize("kind", [np.float16, np.float32])
@pytest.mark.parametrize("packing", PACKINGS)
def test_every_packing_holds_the_same_picture(
    tmp_path: Path, packing: str, kind: type, tiles: bool
) -> None:
    light = LIGHT.astype(kind)
    path = written(tmp_path / "a.exr", {"RGBA": light}, packing, tiles=tiles)
    photo, same = read_photo(path), plain(tmp_path / "b.exr", light)
    assert peek(path).size_wh == photo.size_wh == (WIDTH, HEIGHT)
    assert np.abs(photo.pixels // 257 - same.pixels // 257.0).max() <= PACKINGS[packing]
    assert photo.alpha is not None
    assert same.alpha is not None
    assert np.abs(photo.alpha / 257 - same.alpha / 257).max() <= 1
    assert photo.meta.notes == ()


@pytest.mark.parametrize("tiles", [False, True])
@pytest.mark.parametrize("packing", ["ZIP", "PIZ", "DWAB"])
def test_of_several_parts_the_picture_is_taken_and_told(
    tmp_path: Path, packing: str, tiles: bool
) -> None:
    depth = {"Z": np.ones((HEIGHT, WIDTH), np.float32)}
    others = {"RGB": np.zeros((HEIGHT, WIDTH, 3), np.float32)}
    parts = [
        part(depth, "ZIP", name="depth"),
        part(others, "PIZ", name="albedo"),
        part({"RGB": LIGHT[..., :3].copy()}, packing, tiles=tiles, name="ViewLayer.Combined"),
    ]
    path = tmp_path / "a.exr"
    with openexr.File(parts) as file:
        file.write(str(path))
    photo, same = read_photo(path), plain(tmp_path / "b.exr", LIGHT[..., :3])
    assert peek(path).size_wh == photo.size_wh == (WIDTH, HEIGHT)
    assert np.abs(photo.pixels // 257 - same.pixels // 257.0).max() <= (packing == "DWAB") * 3
    assert photo.meta.notes == ("of the 3 parts only 'ViewLayer.Combined' is kept",)


def test_of_many_channels_only_those_of_the_picture_take_memory(tmp_path: Path) -> None:
    planes = {name: LIGHT[..., 0].copy() for name in "RGB"}
    planes |= {f"pass{k}.R": np.full((HEIGHT, WIDTH), 9, np.float32) for k in range(40)}
    path = written(tmp_path / "a.exr", planes, "PIZ")
    assert (read_photo(path).pixels == plain(tmp_path / "b.exr", LIGHT[..., [0] * 3]).pixels).all()


@pytest.mark.parametrize("packing", ["PIZ", "B44", "DWAA"])
@pytest.mark.parametrize("tiles", [False, True])
@pytest.mark.parametrize("several", [False, True])
def test_what_is_cut_off_or_damaged_is_refused(
    tmp_path: Path, packing: str, tiles: bool, several: bool
) -> None:
    parts = [part({"RGB": LIGHT[..., :3].copy()}, packing, tiles=tiles, name="a")]
    if several:
        parts.append(part({"Z": LIGHT[..., 0].copy()}, "ZIP", name="b"))
    path = tmp_path / "a.exr"
    with openexr.File(parts) as file:
        file.write(str(path))
    data = path.read_bytes()
    (head, *_) = exr_file.layouts(data)
    wild = struct.pack("<2Q", 1 << 63, (1 << 64) - 9)  # places on which the library's own end it
    broken = data[: head.table] + wild + data[head.table + 16 :]
    for bad in (data[: len(data) // 2], data[: head.table + 8], broken):
        path.write_bytes(bad)
        with pytest.raises(PhotoError, match=r"cut off|damaged"):
            read_photo(path)


def test_a_block_that_many_places_point_to_takes_no_memory(tmp_path: Path) -> None:
    parts = [
        part({"RGB": np.random.default_rng(1).random((640, 64, 3), np.float32)}, "PIZ", name="a"),
        part({"Z": np.ones((640, 64), np.float32)}, "ZIP", name="b"),
    ]
    path = tmp_path / "a.exr"
    with openexr.File(parts) as file:
        file.write(str(path))
    data = bytearray(path.read_bytes())
    (head, *_) = exr_file.layouts(bytes(data))
    place = data[head.table : head.table + 8]
    data[head.table : head.table + 8 * head.chunks] = place * head.chunks
    (first,) = struct.unpack("<Q", place)
    struct.pack_into("<i", data, first + 8, len(data) - first - 12)
    path.write_bytes(data)
    with pytest.raises(PhotoError, match="damaged"):
        read_photo(path)


@pytest.mark.parametrize(("side", "error"), [(5000, PhotoError), (1 << 17, TooLargeError)])
def test_a_header_that_claims_more_than_follows_is_refused(
    tmp_path: Path, side: int, error: type[PhotoError]
) -> None:
    data = written(tmp_path / "a.exr", {"RGB": LIGHT[..., :3].copy()}, "DWAB").read_bytes()
    for name in (b"dataWindow", b"displayWindow"):
        at = data.index(name + b"\0box2i\0") + len(name) + 11
        data = data[:at] + struct.pack("<4i", 0, 0, side - 1, side - 1) + data[at + 16 :]
    (tmp_path / "a.exr").write_bytes(data)
    with pytest.raises(error):
        read_photo(tmp_path / "a.exr")


@pytest.mark.parametrize(
    ("primaries", "green"),
    [
        ((0.64, 0.33, 0.3, 0.6, 0.15, 0.06, 0.3127, 0.329), None),  # Rec. 709
        ((1.0, 0.0, 0.0, 1.0, 0.0, 0.0, 1 / 3, 1 / 3), (-0.9989, 1.9547, 0.0443)),  # XYZ itself
        ((0.7347, 0.2653, 0.0, 1.0, 0.0001, -0.077, 0.32168, 0.33767), (-0.2765, 1.3727, -0.0961)),
    ],
)
def test_the_colours_that_a_file_names_are_those_of_the_picture(
    tmp_path: Path, primaries: tuple[float, ...], green: tuple[float, ...] | None
) -> None:
    path = written(tmp_path / "a.exr", {"RGB": LIGHT[..., :3].copy()}, "PIZ",
                   chromaticities=primaries)  # fmt: skip
    photo = read_photo(path)
    assert (photo.meta.icc is None) is (green is None)
    if green is not None:
        matrix = to_rec709(photo.meta.icc, None)
        assert matrix is not None
        assert matrix[1] == pytest.approx(green, abs=0.05)  # white is adapted


def test_without_the_library_its_extra_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    zipped = written(tmp_path / "zip.exr", {"RGB": LIGHT[..., :3].copy()}, "ZIP")
    others = {
        "an OpenEXR packed with PIZ": written(tmp_path / "a.exr", {"RGB": LIGHT[..., :3]}, "PIZ"),
        "an OpenEXR in tiles packed with ZIP": written(
            tmp_path / "b.exr", {"RGB": LIGHT[..., :3]}, "ZIP", tiles=True
        ),
    }
    find = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: None if name == "OpenEXR" else find(name)
    )
    assert read_photo(zipped).size_wh == (WIDTH, HEIGHT)
    for says, path in others.items():
        assert peek(path).size_wh == (WIDTH, HEIGHT)
        with pytest.raises(MissingExtraError, match=f"{says} needs the extra 'exr': "):
            read_photo(path)


def test_what_is_not_read_is_named(tmp_path: Path) -> None:
    data = exr_file.encode(dict.fromkeys("RGB", np.zeros((4, 5), np.float32)), {})
    at = data.index(b"compression\0compression\0") + 28
    assert data[at] == 3
    green = b"G\0" + struct.pack("<iI", 2, 0)
    steps = [struct.pack("<ii", step, step) for step in (1, 2)]
    coarse = data.replace(green + steps[0], green + steps[1])
    for bad, says in (
        (data[:at] + b"\x0a" + data[at + 1 :], "packed with HTJ2K is not read"),
        (data[:at] + b"\x63" + data[at + 1 :], "packed with number 99 is not read"),
        (data[:5] + b"\x08" + data[6:], "deep pixels"),
        (data[:4] + b"\x03" + data[5:], "version 3"),
        (coarse, "subsampled channels"),
        (exr_file.encode({"Z": np.zeros((4, 5), np.float32)}, {}), "neither R, G and B nor Y"),
    ):
        (tmp_path / "a.exr").write_bytes(bad)
        with pytest.raises(PhotoError, match=says):
            read_photo(tmp_path / "a.exr")
