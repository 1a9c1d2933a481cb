"""Files that are taken for photos and are none say what they are."""

from __future__ import annotations

from typing import TYPE_CHECKING

import photo_files as made
import pytest

from defocus import read_photo
from defocus.errors import PhotoError

if TYPE_CHECKING:
    from pathlib import Path

FILM = b"\0\0\0\x20ftypisom\0\0\2\0isomiso2avc1mp41" + bytes(64)
STRANGERS = {
    "web page": b"\n <!DOCTYPE html><html><title>403</title></html>",
    "web page with a mark": b"\xef\xbb\xbf<HTML><body>Not found",
    "notes of macOS": b"\0\5\x16\7\0\2\0\0Mac OS X        " + bytes(60),
    "pointer": b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n",
    "film": FILM,
    "film of QuickTime": FILM.replace(b"isom", b"qt  "),
    "short HEIF": b"\0\0\0\x10ftypmif3avif" + bytes(80),
    "drawing": b'<?xml version="1.0"?>\n<svg xmlns="http://www.w3.org/2000/svg"/>',
    "PDF": b"%PDF-1.7\n%\xe2\xe3",
    "Radiance": b"#?RADIANCE\nFORMAT=32-bit_rle_rgbe\n\n-Y 1 +X 1\n",
    "archive": b"PK\3\4\x14\0\0\0\0\0" + bytes(30) + b"photo.jpg",
}
SAID = {
    "web page": "web page", "web page with a mark": "web page", "notes of macOS": "begins with ._",
    "pointer": "git lfs pull", "film": "a film", "film of QuickTime": "a film",
    "short HEIF": "mif3", "drawing": "SVG", "PDF": "a PDF", "Radiance": "Radiance",
    "archive": "unpack",
}  # fmt: skip


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".heic", ".tif", ".xyz", ""])
@pytest.mark.parametrize("kind", STRANGERS)
def test_it_is_named_and_not_called_damaged(tmp_path: Path, kind: str, suffix: str) -> None:
    path = tmp_path / f"a{suffix}"
    path.write_bytes(STRANGERS[kind])
    with pytest.raises(PhotoError) as caught:
        read_photo(path)
    assert SAID[kind] in str(caught.value)
    assert "damaged" not in str(caught.value)


@pytest.mark.parametrize(
    "data", [b"hello", bytes(100), b"\xff\xd7\xff", b"<?xml version='1.0'?><a/>"]
)
def test_what_is_not_known_may_be_damaged(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "a.jpg").write_bytes(data)
    with pytest.raises(PhotoError, match="damaged, or not what its name says"):
        read_photo(tmp_path / "a.jpg")


@pytest.mark.parametrize("name", ["a.xcf", "a.html", "a.mp4", "a.pdf"])
def test_a_photo_of_a_strangers_name_is_read(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(made.jpeg(made.picture()))
    assert read_photo(tmp_path / name).size_wh == (48, 32)
