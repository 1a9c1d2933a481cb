from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from PIL import Image

from defocus.batch import memory
from defocus.errors import EditError

if TYPE_CHECKING:
    from pathlib import Path


def test_a_larger_photo_needs_more(tmp_path: Path) -> None:
    sizes = []
    for width in (10, 1000):
        Image.new("RGB", (width, 1000)).save(tmp_path / "a.jpg")
        sizes.append(memory.needed(tmp_path / "a.jpg"))
    assert sizes[1] - sizes[0] == 990_000 * memory.BYTES_PER_PIXEL[1]


@pytest.mark.parametrize("content", [b"", b"\xff\xd8\xff", b"hello", b"\x89PNG\r\n\x1a\n"])
def test_a_damaged_photo_needs_what_a_worker_needs(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.jpg").write_bytes(content)
    assert memory.needed(tmp_path / "a.jpg") == memory.WORKER_BYTES


def test_the_machine_has_memory() -> None:
    assert 0 < memory.available() < 1 << 50


@pytest.mark.parametrize(
    ("text", "value"),
    [("4G", 4 << 30), ("512m", 512 << 20), ("1.5GiB", 3 << 29), ("2 KB", 2048), ("100", 100)],
)
def test_sizes_are_read(text: str, value: int) -> None:
    assert memory.parse_bytes(text) == value


@pytest.mark.parametrize("text", ["", "G", "-1G", "4X", "0", "lots"])
def test_other_sizes_are_refused(text: str) -> None:
    with pytest.raises(EditError, match="not understood"):
        memory.parse_bytes(text)
