from __future__ import annotations

import struct
from typing import TYPE_CHECKING

import numpy as np
import photo_files as made
import pytest
from hypothesis import given
from hypothesis import strategies as st

from defocus import Photo, colour, read_photo
from defocus.photo import Metadata
from defocus.transfer import SRGB

if TYPE_CHECKING:
    from pathlib import Path


def with_curve(curve: bytes) -> bytes:
    """A grey profile with this tone curve."""
    data = made.icc("grey")
    old = b"curv" + bytes(4) + struct.pack(">LH", 1, round(1.8 * 256))
    at = data.index(old)
    entry = data.index(b"kTRC") + 4
    out = bytearray(data + curve)
    out[entry : entry + 8] = struct.pack(">LL", len(data), len(curve))
    assert at
    return bytes(out)


@pytest.mark.parametrize(
    ("kind", "name"),
    [("srgb", "sRGB"), ("p3", "sRGB"), ("adobe", "gamma 2.19922"), ("grey", "gamma 1.8")],
)
def test_common_profiles_are_recognised(kind: str, name: str) -> None:
    assert colour.transfer(made.icc(kind)).name == name
    assert colour.fault(made.icc(kind), grey=kind == "grey") is None


def test_no_profile_means_srgb() -> None:
    assert colour.transfer(None) is SRGB
    assert Photo(made.picture(), None, Metadata("png", icc=made.icc("adobe"))).transfer is not SRGB


def test_a_table_is_interpolated() -> None:
    table = b"curv" + bytes(4) + struct.pack(">L3H", 3, 0, 10_000, 65_535)
    found = colour.transfer(with_curve(table))
    assert found.name == "ICC"
    decoded = found.decode(np.array([0, 0.25, 0.5, 1], np.float32))
    assert np.allclose(decoded, [0, 0.0763, 0.1526, 1], atol=1e-3)
    assert np.allclose(found.encode(decoded), [0, 0.25, 0.5, 1], atol=1e-3)


@pytest.mark.parametrize("kind", range(5))
def test_parametric_curves(kind: int) -> None:
    values = {
        0: (2.0,),
        1: (2.0, 0.8, 0.2),
        2: (2.0, 0.8, 0.2, 0.0),
        3: (2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045),
        4: (2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045, 0.0, 0.0),
    }[kind]
    packed = struct.pack(f">HH{len(values)}l", kind, 0, *(round(v * 65536) for v in values))
    found = colour.transfer(with_curve(b"para" + bytes(4) + packed))
    half = float(found.decode(np.array([0.5], np.float32))[0])
    # Kinds 1 and 2 start at 0.2² = 0.04, which is moved to black.
    expected = {0: 0.25, 1: (0.36 - 0.04) / 0.96, 2: (0.36 - 0.04) / 0.96, 3: 0.2140, 4: 0.2140}
    assert half == pytest.approx(expected[kind], abs=2e-3)


@pytest.mark.parametrize(
    "curve",
    [
        b"curv" + bytes(4) + struct.pack(">L", 1 << 30),  # longer than the profile
        b"curv" + bytes(4) + struct.pack(">L2H", 2, 9, 9),  # flat
        b"para" + bytes(4) + struct.pack(">HH", 9, 0),  # no such kind
        b"curv",
        b"",
    ],
)
def test_curves_without_sense_count_as_srgb(curve: bytes) -> None:
    assert colour.transfer(with_curve(curve)) is SRGB


@given(st.binary(max_size=300))
def test_rubbish_is_never_an_error(rubbish: bytes) -> None:
    assert colour.transfer(rubbish) is SRGB
    assert colour.fault(rubbish, grey=False) is not None


@given(st.integers(0, 700), st.binary(min_size=1, max_size=8))
def test_a_damaged_profile_is_never_an_error(at: int, patch: bytes) -> None:
    data = bytearray(made.icc("p3"))
    data[at : at + len(patch)] = patch
    decoded = colour.transfer(bytes(data)).decode_table(256)
    assert decoded[0] >= 0
    assert decoded[-1] <= 1
    assert (np.diff(decoded) >= 0).all()
    colour.fault(bytes(data), grey=False)


def test_profiles_that_do_not_fit() -> None:
    assert "does not fit" in (colour.fault(made.icc("grey"), grey=False) or "")
    assert "does not fit" in (colour.fault(made.icc("p3"), grey=True) or "")
    assert "CMYK" in (colour.fault(made.icc("cmyk"), grey=False) or "")
    assert "too large" in (colour.fault(bytes(20 << 20), grey=False) or "")


@pytest.mark.parametrize(
    ("kind", "as_grey", "as_colour"), [("grey", True, False), ("p3", False, True)]
)
def test_a_profile_fits_what_is_stored(kind: str, as_grey: bool, as_colour: bool) -> None:
    profile = made.icc(kind)
    assert colour.fitting(profile, grey=True) == (profile if as_grey else None)
    assert colour.fitting(profile, grey=False) == (profile if as_colour else None)
    assert colour.fitting(None, grey=True) is None


def test_a_colour_profile_on_a_grey_photo_is_dropped(tmp_path: Path) -> None:
    encoded = made.jpeg(made.picture()[..., 0], icc_profile=made.icc("p3"), subsampling=-1)
    (tmp_path / "a.jpg").write_bytes(encoded)
    photo = read_photo(tmp_path / "a.jpg")
    assert photo.meta.icc is None
    assert "does not fit" in photo.meta.notes[0]
