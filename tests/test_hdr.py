"""HDR pictures (PQ, HLG) are blurred in their own light and keep curve, primaries and bits."""

from __future__ import annotations

import io
import struct
import weakref
import zlib
from typing import TYPE_CHECKING

import numpy as np
import photo_files as made
import pytest
from PIL import Image
from png_files import GREY, RGB, png

from defocus import Edit, Photo, apply, read_photo, write_photo
from defocus.disparity import Disparity
from defocus.formats import isobmff
from defocus.formats.losses import losses
from defocus.formats.png_chunks import chunk
from defocus.layers import make_layers
from defocus.optics import Lens
from defocus.photo import Embedded, Metadata
from defocus.render.lens import render_lens
from defocus.tone import as_sdr
from defocus.transfer import HDR, HLG, PQ, SRGB, Transfer

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray


def scene(curve: Transfer, height: int = 60, width: int = 80) -> NDArray[np.uint16]:
    """Codes of a dim room with lamps far beyond white."""
    rng = np.random.default_rng(4)
    light = curve.white * rng.uniform(0.01, 0.4, (height, width, 3)).astype(np.float32)
    light[8:18, 16:26] = min(1.0, 20 * curve.white)
    light[30:50, 50:70] = curve.white
    return np.rint(curve.encode(light) * 65535).astype(np.uint16)


# ------------------------------------------------------------------------- the curves


@pytest.mark.parametrize(
    ("curve", "code", "light"),
    [
        (PQ, 0.0, 0.0), (PQ, 1.0, 1.0), (PQ, 0.508078, 0.01), (PQ, 0.751827, 0.1),
        (PQ, 0.580689, 0.0203), (HLG, 0.0, 0.0), (HLG, 1.0, 1.0), (HLG, 0.5, 1 / 12),
        (HLG, 0.75, 0.265),
    ],
)  # fmt: skip
def test_values_of_the_standards(curve: Transfer, code: float, light: float) -> None:
    """PQ: 100, 1,000 and 203 cd/m² (BT.2408, table 1); HLG: BT.2100, table 5."""
    assert curve.decode(np.array([code], np.float32))[0] == pytest.approx(
        light, abs=3e-4 * max(light, 0.01)
    )
    assert curve.encode(np.array([light], np.float32))[0] == pytest.approx(code, abs=3e-4)


@pytest.mark.parametrize("curve", [PQ, HLG, SRGB])
def test_a_curve_and_its_inverse(curve: Transfer) -> None:
    codes = np.linspace(0, 1, 65536)
    assert np.abs(curve.encode(curve.decode_table(65536)) - codes).max() < 1e-4
    assert (np.diff(curve.decode_table(65536)) >= 0).all()
    assert curve.is_hdr == (curve is not SRGB)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("curve", [PQ, HLG, SRGB])
def test_codes_of_a_whole_picture_are_those_of_the_formula(curve: Transfer, dtype: type) -> None:
    top = int(np.iinfo(dtype).max)
    every = curve.decode_table(top + 1)
    assert np.abs(curve.codes(every, dtype).astype(int) - np.arange(top + 1)).max() <= 1
    light = np.random.default_rng(1).uniform(-0.1, 1.1, 100_000).astype(np.float32) ** 3
    expected = np.rint(curve.encode(light) * top)
    assert np.abs(curve.codes(light, dtype) - expected).max() <= 1
    assert curve.codes(np.zeros(1, np.float32), dtype)[0] == 0


# ------------------------------------------------------------------------- the blur


@pytest.mark.parametrize("curve", [PQ, HLG])
def test_the_blur_is_that_of_light(curve: Transfer) -> None:
    """Against the same render of floating-point light: within 0.05 stops; sharp pixels exact."""
    codes = scene(curve)
    radius = np.zeros(codes.shape[:2], np.float32)
    radius[:, :40] = -5
    light = curve.decode_table(65536)[codes]
    got = render_lens(codes, radius, Lens(highlights=0.3), transfer=curve)
    expected = render_lens(light, radius, Lens(highlights=0))
    stops = np.abs(np.log2(curve.decode_table(65536)[got] / expected))
    assert stops.max() < 0.05
    sharp = np.abs(expected - light).max(axis=2) == 0
    assert sharp[:, 45:].all()
    assert np.array_equal(got[sharp], codes[sharp])
    # A lamp of twenty times white is a disc that is still brighter than white.
    assert curve.decode_table(65536)[got[11, 21]].max() > 1.2 * curve.white


@pytest.mark.parametrize("curve", [PQ, HLG])
def test_the_whole_way_keeps_every_sharp_code(curve: Transfer) -> None:
    """And lights beyond white are drawn as in floating-point light."""
    codes = scene(curve)
    values = np.full(codes.shape[:2], 0.2, np.float32)
    values[20:55, 40:75] = 1.0
    points = next(k for k, each in HDR.items() if each is curve)
    meta = Metadata("png", cicp=(9, points))
    photo = Photo(codes, meta=meta, embedded=Embedded(disparity=Disparity(values)))
    edit = Edit(lens=Lens(1.4, highlights=0.3), matte=False)
    done = apply(photo, edit)
    layers = make_layers(done.scene, edit, done.plane)
    light = curve.decode_table(65536)[codes] / np.float32(curve.white)
    expected = render_lens(light, layers.radius_px, Lens(1.4, highlights=0))
    got = curve.decode_table(65536)[done.photo.pixels] / curve.white
    assert np.abs(np.log2((got + 1e-6) / (expected + 1e-6))).max() < 0.01
    assert np.array_equal(done.photo.pixels[30:50, 48:68], codes[30:50, 48:68])
    assert done.photo.meta.cicp == (9, points)
    assert (done.photo.pixels != codes).mean() > 0.3


# ------------------------------------------------------------------------- files


@pytest.mark.parametrize("transfer", HDR)
@pytest.mark.parametrize("primaries", [1, 9, 12])
@pytest.mark.parametrize("kind", [RGB, GREY])
def test_png_keeps_curve_primaries_and_every_code(
    tmp_path: Path, kind: int, primaries: int, transfer: int
) -> None:
    codes = scene(HDR[transfer])
    values = codes if kind == RGB else codes[..., :1]
    points = chunk(b"cICP", bytes([primaries, transfer, 0, 1]))
    profile = chunk(b"iCCP", b"x\0\0" + zlib.compress(made.icc("p3")))
    (tmp_path / "a.png").write_bytes(png(values, kind=kind, bits=16, before=(profile, points)))
    photo = read_photo(tmp_path / "a.png")
    assert photo.transfer is HDR[transfer]
    assert photo.meta.icc is None  # the code points count before a profile
    assert losses(photo, "b.png") == ()
    written = write_photo(photo, tmp_path / "b.png")
    assert chunk(b"cICP", bytes([primaries, transfer, 0, 1])) in written.read_bytes()
    again = read_photo(written)
    assert np.array_equal(again.pixels, photo.pixels)
    assert again.meta.cicp == (primaries, transfer)


def heic(codes: NDArray[np.uint16], primaries: int, transfer: int) -> bytes:
    pillow_heif = pytest.importorskip("pillow_heif")
    height, width = codes.shape[:2]
    file = pillow_heif.from_bytes("RGB;16", (width, height), codes.tobytes())
    buffer = io.BytesIO()
    file.save(
        buffer, quality=-1, chroma=444, color_primaries=primaries,
        transfer_characteristics=transfer, matrix_coefficients=9, full_range_flag=1,
    )  # fmt: skip
    return buffer.getvalue()


@pytest.mark.parametrize("transfer", HDR)
def test_heic_keeps_curve_primaries_and_bits(tmp_path: Path, transfer: int) -> None:
    smooth = (made.picture(96, 64, np.uint16) * 0.8).astype(np.uint16)
    (tmp_path / "a.heic").write_bytes(heic(smooth, 9, transfer))
    photo = read_photo(tmp_path / "a.heic")
    assert photo.meta.cicp == (9, transfer)
    assert photo.meta.bits == 10
    assert np.abs(photo.pixels.astype(int) - smooth).mean() < 300
    assert not any("bits become" in line for line in losses(photo, "b.heic"))
    written = write_photo(photo, tmp_path / "b.heic")
    assert isobmff.code_points(written.read_bytes()) == (9, transfer)
    again = read_photo(written)
    assert np.abs(again.pixels.astype(int) - photo.pixels).mean() < 500


@pytest.mark.parametrize("suffix", ["jpg", "tif", "webp"])
@pytest.mark.parametrize("transfer", HDR)
def test_a_target_without_hdr_gets_an_ordinary_picture_and_it_is_said(
    tmp_path: Path, transfer: int, suffix: str
) -> None:
    photo = Photo(scene(HDR[transfer]), meta=Metadata("png", cicp=(9, transfer)))
    said = losses(photo, f"a.{suffix}")
    assert any(f"HDR ({HDR[transfer].name}) becomes an ordinary sRGB picture" in s for s in said)
    again = read_photo(write_photo(photo, tmp_path / f"a.{suffix}"))
    assert again.transfer is SRGB
    paper = again.pixels[40, 60] / np.iinfo(again.pixels.dtype).max
    assert (paper > 0.85).all()
    assert again.pixels[40, 60].max() < again.pixels[11, 21].max()


LEVELS = chunk(b"mDCV", bytes(range(24))), chunk(b"cLLI", bytes(range(8)))


@pytest.mark.parametrize("chunks", [LEVELS, LEVELS[:1], LEVELS[1:]])
@pytest.mark.parametrize("transfer", HDR)
def test_light_levels_are_kept_in_png_and_said_elsewhere(
    tmp_path: Path, transfer: int, chunks: tuple[bytes, ...]
) -> None:
    points = chunk(b"cICP", bytes([9, transfer, 0, 1]))
    data = png(scene(HDR[transfer]), kind=RGB, bits=16, before=(*chunks, points))
    (tmp_path / "a.png").write_bytes(data)
    photo = read_photo(tmp_path / "a.png")
    assert losses(photo, "b.png") == ()
    written = write_photo(photo, tmp_path / "b.png").read_bytes()
    assert all(each in written for each in chunks)
    assert written.index(b"cICP") < written.index(chunks[0]) < written.index(b"IDAT")
    for suffix in ("heic", "jpg", "tif", "webp"):
        assert any("light levels" in line for line in losses(photo, f"b.{suffix}"))


@pytest.mark.parametrize("body", [b"", bytes(23), bytes(25)])
def test_light_levels_of_a_wrong_length_are_dropped_with_a_note(
    tmp_path: Path, body: bytes
) -> None:
    values = scene(PQ)
    for name in (b"mDCV", b"cLLI"):
        before = (chunk(b"cICP", bytes([9, 16, 0, 1])), chunk(name, body))
        (tmp_path / "a.png").write_bytes(png(values, kind=RGB, bits=16, before=before))
        photo = read_photo(tmp_path / "a.png")
        assert photo.meta.levels == ()
        assert photo.meta.notes == (f"a damaged {name.decode()} chunk is dropped",)


@pytest.mark.parametrize("points", [(9, 16), (9, 18), (1, 1), (12, 13)])
@pytest.mark.parametrize("bits", [8, 16])
@pytest.mark.parametrize("kind", [RGB, GREY])
def test_codes_of_video_become_those_of_pictures_and_it_is_said(
    tmp_path: Path, kind: int, bits: int, points: tuple[int, int]
) -> None:
    unit = 1 << (bits - 8)
    codes = np.array([0, 16, 125.5, 235, 255]) * unit
    dtype = np.uint16 if bits == 16 else np.uint8
    values = np.repeat(codes.astype(dtype)[None, :, None], 3 if kind == RGB else 1, axis=2)
    narrow = chunk(b"cICP", bytes([*points, 0, 0]))
    (tmp_path / "a.png").write_bytes(png(values, kind=kind, bits=bits, before=(narrow,)))
    photo = read_photo(tmp_path / "a.png")
    shown = photo.pixels[0, :, 0] / np.iinfo(photo.pixels.dtype).max
    assert shown == pytest.approx([0, 0, 0.5, 1, 1], abs=0.003)
    assert any("codes of video" in note for note in photo.meta.notes)
    again = read_photo(write_photo(photo, tmp_path / "b.png"))
    assert np.array_equal(again.pixels, photo.pixels)
    assert not any("codes of video" in note for note in again.meta.notes)


def test_light_levels_of_a_heic_or_avif_are_told(tmp_path: Path) -> None:
    smooth = made.picture(96, 64, np.uint16)
    buffer = io.BytesIO()
    Image.fromarray(made.picture(96, 64)).save(buffer, "AVIF")
    for name, data in (("a.heic", heic(smooth, 9, 16)), ("a.avif", buffer.getvalue())):
        for box in (b"clli", b"mdcv"):
            (tmp_path / name).write_bytes(data.replace(b"free", box).replace(b"pixi", box))
            assert isobmff.unkept((tmp_path / name).read_bytes())
        (tmp_path / name).write_bytes(data)
        assert not any("light levels" in note for note in read_photo(tmp_path / name).meta.notes)


def test_an_unknown_curve_is_no_hdr(tmp_path: Path) -> None:
    values = scene(PQ)
    for points in ((9, 17), (9, 14), (2, 2)):
        data = png(values, kind=RGB, bits=16, before=(chunk(b"cICP", bytes([*points, 0, 1])),))
        (tmp_path / "a.png").write_bytes(data)
        assert read_photo(tmp_path / "a.png").meta.cicp is None


# ------------------------------------------------------------------------- on an ordinary screen


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("transfer", HDR)
def test_brighter_stays_brighter(transfer: int, dtype: type) -> None:
    top = np.iinfo(dtype).max
    ramp = np.repeat(np.linspace(0, top, 200).astype(dtype)[None, :, None], 3, axis=2)
    photo = Photo(ramp, meta=Metadata("png", cicp=(9, transfer)))
    shown = as_sdr(photo)
    assert shown.pixels.dtype == dtype
    assert (np.diff(shown.pixels[0].astype(int), axis=0) >= -1).all()
    assert np.ptp(shown.pixels[0], axis=1).max() <= top * 0.01  # grey stays grey
    assert shown.pixels[0, 0].max() == 0
    assert shown.meta.cicp is None
    plain = Photo(ramp)
    assert as_sdr(plain) is plain


def test_the_networks_see_what_an_eye_sees(monkeypatch: pytest.MonkeyPatch) -> None:
    from defocus import depth
    from defocus.disparity import Disparity, Estimate

    seen: list[NDArray[np.uint8]] = []

    class Fake:
        name = "fake"

        def estimate(self, pixels: NDArray[np.uint8], quality: str = "default") -> Estimate:
            seen.append(pixels)
            return Estimate(Disparity(np.zeros((2, 2), np.float32)))

    monkeypatch.setattr("defocus.depth.registry.load_model", lambda name, **_: Fake())
    photo = Photo(scene(PQ), meta=Metadata("png", cicp=(9, 16)))
    depth.estimate(photo, "builtin")
    assert np.array_equal(seen[0], depth.eight_bit(as_sdr(photo).pixels))


@pytest.mark.parametrize("transfer", HDR)
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_a_photo_is_toned_once_on_its_way(
    monkeypatch: pytest.MonkeyPatch, transfer: int, dtype: type
) -> None:
    from defocus import tone
    from defocus.scene import prepare

    bands: list[int] = []
    mapped = tone._mapped
    monkeypatch.setattr(tone, "_mapped", lambda *a: bands.append(len(a[0])) or mapped(*a))
    pixels = made.picture(96, 72, dtype)
    prepare(Photo(pixels, meta=Metadata("png", cicp=(9, transfer))), Edit(quality="fast"))
    assert sum(bands) == 72


def test_what_nobody_holds_is_not_kept() -> None:
    photo = Photo(made.picture(8, 6), meta=Metadata("png", cicp=(9, 16)))
    toned = as_sdr(photo)
    assert as_sdr(photo) is toned
    gone = weakref.ref(toned)
    del toned
    assert gone() is None
    assert as_sdr(photo).meta.cicp is None


def test_code_points_of_a_heic_without_a_curve_that_is_hdr(tmp_path: Path) -> None:
    data = heic(made.picture(64, 48, np.uint16), 12, 13)
    assert struct.pack(">HH", 12, 13) in data
    (tmp_path / "a.heic").write_bytes(data)
    meta = read_photo(tmp_path / "a.heic").meta
    assert meta.cicp is None
    assert meta.icc is not None


def test_eight_bit_hdr_of_an_avif_is_told_and_mapped(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    Image.fromarray((scene(PQ) >> 8).astype(np.uint8)).save(buffer, "AVIF", quality=95)
    data = buffer.getvalue()
    at = data.index(b"nclx") + 4
    (tmp_path / "a.avif").write_bytes(data[:at] + struct.pack(">HH", 9, 16) + data[at + 4 :])
    photo = read_photo(tmp_path / "a.avif")
    assert photo.meta.cicp == (9, 16)
