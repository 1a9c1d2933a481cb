"""Depth that phones store: read in every variant, and written so that others find it."""

from __future__ import annotations

import base64
import io
from typing import TYPE_CHECKING, Any

import numpy as np
import photo_files as made
import pytest
from PIL import Image

from defocus import Disparity, Photo, read_photo, write_photo
from defocus.edit import Output
from defocus.errors import PhotoError
from defocus.formats import apple_depth, google_depth, heif, xmp
from defocus.formats.budget import Budget

if TYPE_CHECKING:
    from pathlib import Path

DEPTH = made.stored_depth()
V = DEPTH / 255


def read(tmp_path: Path, encoded: bytes) -> Photo:
    (tmp_path / "a.jpg").write_bytes(encoded)
    return read_photo(tmp_path / "a.jpg")


def disparity_of(photo: Photo) -> Disparity:
    assert photo.embedded.disparity is not None
    return photo.embedded.disparity


# ------------------------------------------------------------------------- Google


@pytest.mark.parametrize("extended", [False, True])
@pytest.mark.parametrize("units", ["m", "mm", ""])
@pytest.mark.parametrize("style", ["RangeInverse", "RangeLinear"])
def test_gdepth(tmp_path: Path, style: str, units: str, extended: bool) -> None:
    factor = 1000 if units == "mm" else 1
    encoded = made.gdepth_jpeg(
        DEPTH, style=style, near=0.5 * factor, far=8 * factor, units=units, extended=extended
    )
    photo = read(tmp_path, encoded)
    # The definitions of the format, written down once more.
    metres = 0.5 + V * 7.5 if style == "RangeLinear" else 8 * 0.5 / (8 - V * 7.5)
    found = disparity_of(photo)
    assert np.allclose(found.values, 1 / metres, rtol=1e-4)
    assert found.kind == ("metric" if units else "relative")
    assert found.source == "embedded (GDepth)"
    assert photo.embedded.focus_disparity == pytest.approx(0.5)
    assert photo.meta.xmp is None  # nothing but depth was in it


def test_the_original_picture_comes_along_and_is_turned_like_the_photo(tmp_path: Path) -> None:
    original = made.jpeg(made.picture())
    encoded = made.gdepth_jpeg(DEPTH, extended=True, original=original, orientation=6)
    photo = read(tmp_path, encoded)
    assert photo.embedded.original is not None
    with Image.open(io.BytesIO(photo.embedded.original)) as image:
        assert image.getexif()[0x0112] == 6
    upright = read(tmp_path, photo.embedded.original)
    assert upright.size_wh == photo.size_wh == (32, 48)
    assert np.abs(upright.pixels.astype(int) - photo.pixels).mean() < 1


@pytest.mark.parametrize(
    ("near", "far"), [(0.0, 8.0), (-1.0, 8.0), (8.0, 0.5), (float("nan"), 8.0)]
)
def test_a_range_without_sense_is_read_as_relative(tmp_path: Path, near: float, far: float) -> None:
    found = disparity_of(read(tmp_path, made.gdepth_jpeg(DEPTH, near=near, far=far)))
    assert found.kind == "relative"
    assert found.values[0, 0] > found.values[0, -1]  # v = 0 is near


def test_infinity_may_be_far(tmp_path: Path) -> None:
    found = disparity_of(read(tmp_path, made.gdepth_jpeg(DEPTH, near=1, far=float("inf"))))
    assert np.allclose(found.values, 1 - V, atol=1e-6)


@pytest.mark.parametrize("damage", ["base64", "png", "format"])
def test_damaged_gdepth_is_ignored_with_a_note(tmp_path: Path, damage: str) -> None:
    encoded = made.gdepth_jpeg(DEPTH)
    if damage == "base64":
        encoded = encoded.replace(b'GDepth:Data="iVBO', b'GDepth:Data="!!!!')
    elif damage == "png":
        encoded = encoded.replace(b'GDepth:Data="iVBO', b'GDepth:Data="AAAA')
    else:
        encoded = encoded.replace(b"RangeInverse", b"RangeUnknown")
    photo = read(tmp_path, encoded)
    assert photo.embedded.disparity is None
    assert any("embedded depth ignored" in note for note in photo.meta.notes)


def test_other_xmp_beside_the_depth_stays(tmp_path: Path) -> None:
    encoded = made.gdepth_jpeg(DEPTH).replace(
        b'rdf:about=""', b'rdf:about="" xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmp:Rating="5"'
    )
    at = encoded.index(b"http://ns.adobe.com/xap/1.0/\0") - 2
    size = int.from_bytes(encoded[at : at + 2], "big")
    added = len(b' xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmp:Rating="5"')
    encoded = encoded[:at] + (size + added).to_bytes(2, "big") + encoded[at + 2 :]
    packet = read(tmp_path, encoded).meta.xmp
    assert packet is not None
    assert b'xmp:Rating="5"' in packet
    assert b"GDepth:Data" not in packet
    assert b"GFocus:" not in packet


# ------------------------------------------------------------------------- Dynamic Depth


@pytest.mark.parametrize("gain_map", [b"", made.jpeg(made.picture()[..., 0])])
def test_dynamic_depth_follows_the_uri_not_the_order(tmp_path: Path, gain_map: bytes) -> None:
    found = disparity_of(read(tmp_path, made.dynamic_depth_jpeg(DEPTH, gain_map=gain_map)))
    assert np.allclose(found.values, 2.5 - V * 2.4, atol=0.04)  # the map itself is a JPEG
    assert found.kind == "metric"
    assert found.source == "embedded (Dynamic Depth)"


def test_a_dynamic_depth_that_is_cut_off_is_ignored(tmp_path: Path) -> None:
    photo = read(tmp_path, made.dynamic_depth_jpeg(DEPTH)[:-200])
    assert photo.embedded.disparity is None
    assert "embedded depth ignored" in photo.meta.notes[0]


# ------------------------------------------------------------------------- Apple


@pytest.mark.parametrize("accuracy", ["absolute", "relative"])
@pytest.mark.parametrize("order", [(0, 1, 2, 3), (3, 2, 1, 0)])
def test_apple_jpeg_frames_are_known_by_their_xmp(
    tmp_path: Path, accuracy: str, order: tuple[int, ...]
) -> None:
    matte, hair = np.full((10, 16), 51, np.uint8), np.full((10, 16), 255, np.uint8)
    frames = [
        (DEPTH, made.APPLE_DISPARITY.format(accuracy=accuracy)),
        (matte, made.APPLE_MATTE.format(name="portraiteffectsmatte")),
        (hair, made.APPLE_MATTE.format(name="semantichairmatte")),
        (matte, made.APPLE_GAIN_MAP),
    ]
    layers = read(tmp_path, made.apple_jpeg([frames[k] for k in order])).embedded
    assert layers.disparity is not None
    assert np.allclose(layers.disparity.values, 0.25 + 1.5 * V, atol=0.03)
    assert layers.disparity.kind == ("metric" if accuracy == "absolute" else "relative")
    assert layers.simulated_f_number == 2.8
    assert set(layers.mattes) == {"portrait", "hair"}
    assert np.allclose(layers.mattes["portrait"], 0.2, atol=0.01)
    assert layers.mattes["portrait"].dtype == np.float32
    assert layers.dropped == ("HDR gain map",)


def test_a_frame_of_depth_in_metres_becomes_disparity() -> None:
    found = apple_depth.disparity_from(np.array([[0, 1]], np.float32), 0.5, 4, is_depth=True)
    assert found.values.tolist() == [[2.0, 0.25]]


def test_apple_names() -> None:
    assert apple_depth.kind_of("urn:com:apple:photo:2018:aux:portraiteffectsmatte") == "portrait"
    assert apple_depth.kind_of("urn:com:apple:photo:2020:aux:semanticskymatte") == "sky"
    assert apple_depth.kind_of("urn:com:apple:photo:2020:aux:hdrgainmap") == "gain map"
    assert apple_depth.kind_of("urn:mpeg:hevc:2015:auxid:1") == "unknown"


def test_a_wrong_index_of_frames_is_ignored(tmp_path: Path) -> None:
    encoded = made.apple_jpeg([(DEPTH, made.APPLE_DISPARITY.format(accuracy="relative"))])
    cut = encoded.replace(b"MPF\0MM\0*", b"MPF\0XX\0*")
    assert read(tmp_path, cut).embedded.disparity is None


class FakeLayer:
    """What pillow-heif gives for an auxiliary picture (it cannot write one, so tests cannot)."""

    def __init__(self, values: Any, metadata: dict[str, Any] | None = None) -> None:
        self.values = values
        self.size = values.shape[1], values.shape[0]
        self.info = {"metadata": metadata or {}}

    def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
        return self.values


class FakeImage:
    """The main picture with its layers."""

    def __init__(self, depth: list[FakeLayer], aux: dict[str, FakeLayer]) -> None:
        self._aux = list(aux.values())
        names = {urn: [number] for number, urn in enumerate(aux)}
        self.info = {"depth_images": depth, "aux": names}

    def get_aux_image(self, number: int) -> FakeLayer:
        return self._aux[number]


def test_apple_heic_layers_at_the_boundary_of_pillow_heif() -> None:
    notes: list[str] = []
    image = FakeImage(
        [FakeLayer(DEPTH, {"d_min": 0.25, "d_max": 1.75})],
        {
            "urn:com:apple:photo:2018:aux:portraiteffectsmatte": FakeLayer(DEPTH),
            "urn:com:apple:photo:2020:aux:hdrgainmap": FakeLayer(DEPTH),
            "urn:com:apple:photo:2099:aux:somethingnew": FakeLayer(DEPTH),
        },
    )
    layers = heif._layers(image, [], Budget((100, 100)), notes)
    assert layers.disparity is not None
    assert np.allclose(layers.disparity.values, 0.25 + 1.5 * V, atol=1e-6)
    assert layers.disparity.kind == "relative"
    assert set(layers.mattes) == {"portrait"}
    assert notes == []
    with pytest.raises(PhotoError, match="how bright"):  # without a maker note
        heif._gain_map(image, Budget((100, 100)))
    image.info["exif"] = made.apple_note()
    found = heif._gain_map(image, Budget((100, 100)))
    assert found is not None
    assert found.codes.shape == (*DEPTH.shape, 1)


def test_apple_heic_believes_the_xmp_of_the_depth_item() -> None:
    body = made.APPLE_DISPARITY.format(accuracy="absolute")
    data = b"ftypheic" + made.packet(made.APPLE_SPACES, body) + b"mdat" + made.packet("")
    packets = heif._depth_packets(data)
    assert len(packets) == 1
    layers = heif._layers(FakeImage([FakeLayer(DEPTH)], {}), packets, Budget((100, 100)), [])
    assert layers.disparity is not None
    assert layers.disparity.kind == "metric"
    assert np.allclose(layers.disparity.values, 0.25 + 1.5 * V, atol=1e-6)
    assert layers.simulated_f_number == 2.8


def test_a_huge_layer_is_not_decoded() -> None:
    notes: list[str] = []
    budget = Budget((100, 100))
    budget.left = 100
    layers = heif._layers(FakeImage([FakeLayer(DEPTH)], {}), [], budget, notes)
    assert layers.disparity is None
    assert "too much beside a picture of 100×100" in notes[0]


# ------------------------------------------------------------------------- writing


def embedded(tmp_path: Path, disparity: Disparity, **options: Any) -> Photo:
    output = Output(embed_disparity=True)
    path = tmp_path / "result.jpg"
    photo = options.pop("photo", Photo(made.picture()))
    write_photo(photo, path, output=output, disparity=disparity, overwrite=True, **options)
    return read_photo(path)


def test_a_metric_disparity_comes_back_in_its_unit(tmp_path: Path) -> None:
    values = (0.1 + 1.9 * V).astype(np.float32)
    again = embedded(tmp_path, Disparity(values, "metric"), focus_disparity=0.7)
    found = disparity_of(again)
    assert found.kind == "metric"
    assert np.abs(found.values - values).max() <= 1.9 / 255
    assert again.embedded.focus_disparity == pytest.approx(0.7, rel=1e-6)


def test_a_relative_disparity_comes_back_up_to_scale_and_shift(tmp_path: Path) -> None:
    values = (V * 30 - 12).astype(np.float32)
    again = embedded(tmp_path, Disparity(values), focus_disparity=3.0)
    found = disparity_of(again)
    assert found.kind == "relative"
    scale, shift = np.polyfit(values.ravel(), found.values.ravel(), 1)
    assert scale > 0
    assert np.abs(found.values - (scale * values + shift)).max() < scale * 30 / 255
    assert again.embedded.focus_disparity == pytest.approx(scale * 3.0 + shift, rel=0.01)


@pytest.mark.parametrize("kind", ["metric", "relative"])
@pytest.mark.parametrize("value", [0.0, 0.5, -3.0])
def test_a_flat_disparity_can_be_embedded(tmp_path: Path, kind: Any, value: float) -> None:
    flat = Disparity(np.full((6, 9), value, np.float32), kind)
    found = disparity_of(embedded(tmp_path, flat))
    assert np.ptp(found.values) == 0


def test_the_original_is_found_again(tmp_path: Path) -> None:
    big = np.random.default_rng(1).integers(0, 256, (200, 300, 3), np.uint8)
    again = embedded(tmp_path, Disparity(V.astype(np.float32)), original=Photo(big))
    assert again.embedded.original is not None
    assert len(again.embedded.original) > 65_536  # more than one segment
    original = read(tmp_path, again.embedded.original)
    assert np.abs(original.pixels.astype(int) - big).mean() < 8


def test_captions_and_depth_share_the_packet(tmp_path: Path) -> None:
    from defocus.photo import Metadata

    photo = Photo(made.picture(), None, Metadata("jpeg", xmp=made.XMP_PACKET, exif=made.exif()))
    again = embedded(tmp_path, Disparity(V.astype(np.float32)), photo=photo)
    assert again.embedded.disparity is not None
    assert again.meta.xmp is not None
    assert made.CAPTION.encode() in again.meta.xmp
    with Image.open(tmp_path / "result.jpg") as image:
        assert made.CAPTION.encode() in image.info["xmp"]
        assert image.getexif()[0x0110] == "Model T"


def test_any_reader_of_the_specification_finds_the_depth(tmp_path: Path) -> None:
    """Decoded here by the letter of the format, with Pillow and string search alone."""
    values = (0.1 + 1.9 * V).astype(np.float32)
    embedded(tmp_path, Disparity(values, "metric"))
    data = (tmp_path / "result.jpg").read_bytes()

    def value(name: str) -> str:
        start = data.index(f'GDepth:{name}="'.encode()) + len(name) + 9
        return data[start : data.index(b'"', start)].decode()

    stored = np.asarray(Image.open(io.BytesIO(base64.b64decode(value("Data"))))) / 255
    near, far = float(value("Near")), float(value("Far"))
    assert (value("Format"), value("Units"), value("Mime")) == ("RangeInverse", "m", "image/png")
    metres = far * near / (far - stored * (far - near))
    assert np.allclose(1 / metres, values, atol=1.9 / 255)


def test_large_maps_are_shrunk(tmp_path: Path) -> None:
    wide = np.linspace(0, 1, 3 * 4096, dtype=np.float32).reshape(3, 4096)
    assert disparity_of(embedded(tmp_path, Disparity(wide))).size_wh == (2048, 2)


def test_only_jpeg_can_hold_it(tmp_path: Path) -> None:
    with pytest.raises(PhotoError, match=r"use the suffix \.jpg"):
        write_photo(
            Photo(made.picture()),
            tmp_path / "a.png",
            output=Output(embed_disparity=True),
            disparity=Disparity(V.astype(np.float32)),
        )
    assert not list(tmp_path.iterdir())


def test_nothing_is_embedded_unless_asked(tmp_path: Path) -> None:
    path = write_photo(
        Photo(made.picture()), tmp_path / "a.jpg", disparity=Disparity(V.astype(np.float32))
    )
    assert b"GDepth" not in path.read_bytes()


def test_range_formulas_agree_at_the_ends() -> None:
    for inverse in (False, True):
        span = google_depth.Range(inverse, near=0.5, far=4.0, metric=True)
        ends = span.disparity(np.array([[0, 1]], np.float32), "").values
        assert ends.tolist() == [[2.0, 0.25]]


def test_hostile_base64() -> None:
    budget = Budget((1, 1))
    assert google_depth.decode_base64("aGVs\nbG8", budget) == b"hello"
    for text in ("a", "ä" * 4, "abcd" * (20 << 20)):
        with pytest.raises(PhotoError):
            google_depth.decode_base64(text, budget)


def test_namespaces_are_spelled_as_in_the_specifications() -> None:
    assert xmp.GDEPTH == "http://ns.google.com/photos/1.0/depthmap/"
    assert xmp.GFOCUS == "http://ns.google.com/photos/1.0/focus/"
    assert xmp.GIMAGE == "http://ns.google.com/photos/1.0/image/"


# ------------------------------------------------------------------------- what else is in a file


@pytest.mark.parametrize(
    ("kind", "says"),
    [
        (0x020002, "the second view of a stereo pair"),
        (0x020003, "the other views"),
        (0x020001, "the other frames of a panorama"),
        (0x010001, None),  # a preview
        (0x010002, None),
    ],
)
def test_other_views_are_told_and_previews_are_not(
    tmp_path: Path, kind: int, says: str | None
) -> None:
    encoded = made.apple_jpeg([(made.picture(), "")], kind=kind)
    dropped = read(tmp_path, encoded).embedded.dropped
    assert dropped == ((says,) if says else ())


def test_a_gain_map_without_numbers_is_told(tmp_path: Path) -> None:
    name = b"urn:iso:std:iso:ts:21496:-1\0"
    gain = made.with_segments(
        made.jpeg(made.picture()[..., 0]), made.segment(0xE2, name + bytes(60))
    )
    photo = read(tmp_path, made.apple_jpeg([(gain, "")]))
    assert photo.embedded.dropped == ("HDR gain map",)
    assert photo.meta.notes == ("the HDR gain map has damaged numbers",)


@pytest.mark.parametrize(
    "tail", [b"\0\0\0\x18ftypmp42" + bytes(300), b"\0\0\x30\x0aMotionPhoto_Data" + bytes(300)]
)
def test_a_motion_clip_after_the_picture_is_told(tmp_path: Path, tail: bytes) -> None:
    photo = read(tmp_path, made.jpeg(made.picture()) + tail)
    assert photo.embedded.dropped == ("motion clip",)
