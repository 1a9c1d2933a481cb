"""What a page fetches of a photo takes little memory afterwards, and is the same."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

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
    assert sizes[1] < 0.5 * sizes[0]


def test_layers_that_a_picture_lacks_are_none() -> None:
    kept = KeptLayers({"subject": None, "disparity": b"abc"}).packed()
    assert kept.get("subject") is None
    assert kept.get("disparity") == b"abc"
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
