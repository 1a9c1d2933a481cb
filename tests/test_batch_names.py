from __future__ import annotations

import pytest

from defocus.batch.names import is_photo, result_names


@pytest.mark.parametrize("name", ["a.jpg", "A.JPG", "x/y.tiff", "b.HEIC", "c.dng"])
def test_photos_are_told_by_their_suffix(name: str) -> None:
    assert is_photo(name)


@pytest.mark.parametrize("name", ["a.txt", "jpg", "a.jpg.txt", "x.jpg/readme"])
def test_other_files_are_no_photos(name: str) -> None:
    assert not is_photo(name)


def test_a_result_keeps_its_name_and_place() -> None:
    assert result_names(["x/a.JPG", "a.png"]) == {"x/a.JPG": "x/a.JPG", "a.png": "a.png"}


def test_the_asked_format_changes_the_suffix() -> None:
    assert result_names(["x/a.b.jpg", "c.webp"], "webp") == {
        "x/a.b.jpg": "x/a.b.webp",
        "c.webp": "c.webp",
    }


def test_photos_that_would_share_a_result_keep_both_suffixes() -> None:
    assert result_names(["a.jpg", "a.png", "b.png", "x/a.png"], "webp") == {
        "a.jpg": "a.jpg.webp",
        "a.png": "a.png.webp",
        "b.png": "b.webp",
        "x/a.png": "x/a.webp",
    }


def test_a_photo_that_has_the_format_already_keeps_its_name_in_a_collision() -> None:
    assert result_names(["a.jpg", "a.png"], "png") == {"a.jpg": "a.jpg.png", "a.png": "a.png"}


def test_a_raw_photo_becomes_a_tiff() -> None:
    assert result_names(["a.dng", "b.nef", "b.tif"]) == {
        "a.dng": "a.tif",
        "b.nef": "b.nef.tif",
        "b.tif": "b.tif",
    }
