from __future__ import annotations

import io
import struct
from typing import TYPE_CHECKING

import numpy as np
import photo_files as made
import pytest
from photo_samples import sample
from PIL import Image, ImageCms

from defocus import colour, read_photo
from defocus.formats import coded_colour, isobmff
from defocus.formats.png_chunks import chunk

if TYPE_CHECKING:
    from pathlib import Path

PLAIN = made.png(made.picture())
SRGB_CHRM = (31270, 32900, 64000, 33000, 30000, 60000, 15000, 6000)
ADOBE_CHRM = (31270, 32900, 64000, 33000, 21000, 71000, 15000, 6000)


def in_srgb(icc: bytes, colour_value: tuple[int, int, int]) -> list[int]:
    """What LittleCMS makes of a colour in that profile."""
    image = Image.new("RGB", (1, 1), colour_value)
    source = ImageCms.ImageCmsProfile(io.BytesIO(icc))
    srgb = ImageCms.createProfile("sRGB")
    converted = ImageCms.profileToProfile(image, source, srgb, outputMode="RGB")
    assert converted is not None
    pixel = converted.getpixel((0, 0))
    assert isinstance(pixel, tuple)
    return [round(v) for v in pixel]


def test_display_p3_is_as_wide_as_apples_own() -> None:
    icc = coded_colour.from_h273(12, 13).icc
    assert icc is not None
    assert colour.fault(icc, grey=False) is None
    assert colour.transfer(icc).name == "sRGB"
    for value in ((200, 100, 50), (90, 180, 120), (255, 255, 255), (0, 0, 0)):
        ours, reference = in_srgb(icc, value), in_srgb(made.icc("p3"), value)
        assert np.abs(np.subtract(ours, reference)).max() <= 1


def test_white_stays_white_in_every_space() -> None:
    for primaries in (1, 5, 6, 9, 12):
        icc = coded_colour.from_h273(primaries, 4).icc
        assert icc is not None
        assert min(in_srgb(icc, (255, 255, 255))) >= 254


@pytest.mark.parametrize(("primaries", "transfer"), [(1, 13), (1, 1), (2, 2), (99, 99)])
def test_srgb_and_the_unknown_need_no_profile(primaries: int, transfer: int) -> None:
    assert coded_colour.from_h273(primaries, transfer) == coded_colour.Coded()


def png_with(*chunks: tuple[bytes, bytes]) -> bytes:
    return PLAIN[:33] + b"".join(chunk(*each) for each in chunks) + PLAIN[33:]


def icc_of(tmp_path: Path, data: bytes, suffix: str = "png") -> bytes | None:
    (tmp_path / f"a.{suffix}").write_bytes(data)
    return read_photo(tmp_path / f"a.{suffix}").meta.icc


def gamma(value: int) -> tuple[bytes, bytes]:
    return b"gAMA", struct.pack(">L", value)


def test_png_gamma_and_primaries(tmp_path: Path) -> None:
    chrm = (b"cHRM", struct.pack(">8L", *ADOBE_CHRM))
    icc = icc_of(tmp_path, png_with(gamma(45470), chrm))
    assert icc is not None
    assert np.abs(np.subtract(in_srgb(icc, (90, 180, 120)), (0, 181, 119))).max() <= 2
    linear = icc_of(tmp_path, png_with(gamma(100_000)))
    assert linear is not None
    assert colour.transfer(linear).name == "gamma 1"


@pytest.mark.parametrize(
    "chunks",
    [
        (),
        (gamma(45455),),
        (gamma(45455), (b"cHRM", struct.pack(">8L", *SRGB_CHRM))),
        (gamma(100_000), (b"sRGB", b"\0")),
        ((b"cHRM", struct.pack(">8L", *ADOBE_CHRM)),),
        (gamma(0),),
        (gamma(80_000), (b"cHRM", bytes(32)), (b"sRGB", b"\0")),
    ],
)
def test_png_that_means_srgb(tmp_path: Path, chunks: tuple[tuple[bytes, bytes], ...]) -> None:
    assert icc_of(tmp_path, png_with(*chunks)) is None


def test_primaries_on_one_line_are_ignored(tmp_path: Path) -> None:
    line = (b"cHRM", struct.pack(">8L", 31270, 32900, *(30_000, 30_000) * 3))
    assert icc_of(tmp_path, png_with(gamma(80_000), line)) is None


def test_png_code_points_win(tmp_path: Path) -> None:
    icc = icc_of(tmp_path, png_with((b"cICP", bytes([12, 13, 0, 1])), gamma(100_000)))
    assert icc == coded_colour.from_h273(12, 13).icc


@pytest.mark.parametrize("suffix", ["avif", "heic"])
def test_p3_without_profile_in_heif_and_avif(tmp_path: Path, suffix: str) -> None:
    data = sample(f"{suffix}-rgb")
    at = data.find(b"colrnclx")
    if at < 0:  # the sample has a profile instead: make the same box a numeric one
        at = data.index(b"colrprof")
    data = data[:at] + b"colrnclx" + struct.pack(">HHHB", 12, 13, 6, 128) + data[at + 15 :]
    data = data.replace(b"colrprof", b"freeprof").replace(b"colrrICC", b"freeprof")
    assert isobmff.code_points(data) == (12, 13)
    (tmp_path / f"a.{suffix}").write_bytes(data)
    assert read_photo(tmp_path / f"a.{suffix}").meta.icc == coded_colour.from_h273(12, 13).icc


def test_grey_png_with_gamma(tmp_path: Path) -> None:
    data = made.png(made.picture()[..., 0])
    icc = icc_of(tmp_path, data[:33] + chunk(*gamma(100_000)) + data[33:])
    assert icc is not None
    assert colour.space(icc) == "grey"
    assert colour.transfer(icc).name == "gamma 1"
