"""What a page fetches of a photo takes little memory afterwards, and is the same."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from defocus.edit import Edit
from defocus.photo import Photo
from defocus.scene import prepare
from defocus.session import Session
from defocus.session.kept_layers import KeptLayers
from defocus.session.payloads import picture_of

if TYPE_CHECKING:
    from pathlib import Path


def test_packed_layers_are_the_same_in_less_room(quick_network: None) -> None:
    pixels = np.full((300, 400, 3), 60, np.uint8)
    pixels[140:150, 200:210] = 255  # a lamp
    picture = picture_of(prepare(Photo(pixels), Edit()))
    plain = KeptLayers.of(picture)
    packed = plain.packed()
    assert picture.lamps is not None
    assert plain.get("lamps") == picture.lamps.cells.tobytes()
    for name in ("disparity", "subject", "lamps"):
        assert packed.get(name) == plain.get(name)
    assert plain.get("disparity") == picture.disparity
    assert packed.packed() is packed
    sizes = [sum(len(data or b"") for data in kept.layers.values()) for kept in (plain, packed)]
    assert sizes[1] < 0.3 * sizes[0]


@given(st.integers(1, 9), st.integers(1, 5), st.integers(0, 2**32 - 1))
def test_any_disparity_comes_back_bit_for_bit(width: int, height: int, seed: int) -> None:
    codes = np.random.default_rng(seed).choice([0, 1, 255, 256, 40_000, 65_535], (height, width))
    data = codes.astype("<u2").tobytes()
    assert KeptLayers({"disparity": data}, width).packed().get("disparity") == data


def test_layers_that_a_picture_lacks_are_none() -> None:
    kept = KeptLayers({"subject": None, "lamps": b"abc"}).packed()
    assert kept.get("subject") is None
    assert kept.get("disparity") is None
    assert kept.get("lamps") == b"abc"
    assert kept.get("../secret") is None


def test_a_session_that_is_ready_keeps_them_packed(photo_file: Path) -> None:
    session = Session(photo_file)
    assert session.prepare().wait(60)
    assert session.layers.is_packed
    disparity = session.layers.get("disparity")
    assert disparity is not None
    codes = np.frombuffer(disparity, "<u2").reshape(120, 160)
    assert codes[:, 10].mean() > codes[:, -10].mean()  # left near, as the file says
    session.close()
    assert session.layers.get("disparity") is None
