"""Which files of a folder are photos, and what their results are called."""

from __future__ import annotations

from collections import Counter
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from defocus.formats import FORMATS, suffix_for

if TYPE_CHECKING:
    from collections.abc import Iterable

_SUFFIXES = {suffix for known in FORMATS for suffix in known.all_suffixes}


def is_photo(name: str) -> bool:
    """Whether the suffix is that of a format that defocus reads; its case does not matter."""
    return PurePosixPath(name).suffix.lower() in _SUFFIXES


def result_names(photos: Iterable[str], output_format: str | None = None) -> dict[str, str]:
    """Photo → result: the same place in the tree, and the same name unless the format changes.

    Photos that would share a result keep their own suffix before the new one: ``a.jpg`` and
    ``a.png`` become ``a.jpg.webp`` and ``a.png.webp``.

    Args:
        photos: relative names, unique.
        output_format: ``Output.format`` of the edit.
    """
    plain = {photo: _result_name(photo, output_format) for photo in photos}
    claims = Counter(plain.values())
    return {
        photo: result
        if claims[result] == 1 or result == photo
        else photo + PurePosixPath(result).suffix
        for photo, result in plain.items()
    }


def _result_name(photo: str, output_format: str | None) -> str:
    path = PurePosixPath(photo)
    return str(path.with_suffix(suffix_for(path.suffix, output_format)))
