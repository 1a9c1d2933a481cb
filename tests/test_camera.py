from __future__ import annotations

import pytest
from PIL import Image

from defocus.camera import Camera, camera_of


def exif(**tags: object) -> bytes:
    block = Image.Exif()
    block.get_ifd(0x8769).update({int(k[1:], 16): v for k, v in tags.items()})
    return block.tobytes().removeprefix(b"Exif\0\0")


def test_reads_the_field_of_view() -> None:
    assert camera_of(exif(_920a=4.2, _a405=26, _829d=1.8)) == Camera(26)


@pytest.mark.parametrize("block", [None, b"", b"MM", b"\xff" * 40, exif(_920a=50.0), exif(_a405=0)])
def test_no_field_of_view_is_no_camera(block: bytes | None) -> None:
    assert camera_of(block) is None
