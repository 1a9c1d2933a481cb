"""Our readers against another program's, and what is known of where they differ."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from compare_folder import main
from known_differences import KINDS, File, explained
from photo_samples import SAMPLES, sample
from second_reader import Difference, compared, is_here

from defocus import read_photo
from defocus.formats.pixels import to_8_bit

if TYPE_CHECKING:
    from pathlib import Path

needs_other = pytest.mark.skipif(not is_here(), reason="needs ImageMagick")


@pytest.mark.parametrize("name", KINDS)
def test_where_two_readers_differ_ours_is_right(tmp_path: Path, name: str) -> None:
    kind = KINDS[name]
    path = tmp_path / f"a{kind.suffix}"
    path.write_bytes(kind.sample())
    photo = read_photo(path)
    assert photo.pixels.shape == kind.right.shape
    assert np.abs(to_8_bit(photo.pixels).astype(float) - kind.right).max() <= kind.within
    data = path.read_bytes()
    assert any(
        kind.applies(File(data, photo, Difference(what, 20, 1.0, "corrupt")))
        for what in ("pixels", "size", "unread", "alpha")
    )


@needs_other
@pytest.mark.parametrize("name", KINDS)
def test_the_samples_differ_as_is_said_or_no_longer(tmp_path: Path, name: str) -> None:
    path = tmp_path / f"a{KINDS[name].suffix}"
    path.write_bytes(KINDS[name].sample())
    photo = read_photo(path)
    difference = compared(path, photo)
    assert difference.what == "same" or explained(File(path.read_bytes(), photo, difference))


@needs_other
@pytest.mark.parametrize("name", SAMPLES)
def test_another_program_sees_the_same_picture(tmp_path: Path, name: str) -> None:
    path = tmp_path / f"a.{name.split('-')[0]}"
    path.write_bytes(sample(name))
    photo = read_photo(path)
    difference = compared(path, photo)
    kind = explained(File(path.read_bytes(), photo, difference))
    assert difference.what == "same" or kind, difference


@needs_other
@pytest.mark.parametrize("suffix", ["avif", "heic"])
def test_only_the_colours_of_a_picture_may_be_decoded_otherwise(
    tmp_path: Path, suffix: str
) -> None:
    path = tmp_path / f"a.{suffix}"
    name = {"avif": "the colours of AVIF", "heic": "coarse colour of HEIC"}[suffix]
    path.write_bytes(KINDS[name].sample())
    photo = read_photo(path)
    shuffled = np.random.default_rng(1).permutation(photo.pixels.reshape(-1, 3))
    other = replace(photo, pixels=shuffled.reshape(photo.pixels.shape))
    difference = compared(path, other)
    assert difference.what == "pixels"
    assert explained(File(path.read_bytes(), other, difference)) is None


@needs_other
def test_a_folder_is_compared_file_by_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "b").mkdir()
    for name, data in (
        ("a.jpg", sample("jpg-grey")),
        ("b/again.jpg", sample("jpg-grey")),
        ("b/float.tif", KINDS["floating-point light"].sample()),
        ("cut.png", sample("png-rgb")[:60]),
        ("words.jpg", b"no picture"),
    ):
        (tmp_path / name).write_bytes(data)
    assert main(tmp_path, 12_000_000) == 0
    said = dict(line.strip().split(" ", 1)[::-1] for line in capsys.readouterr().out.splitlines())
    assert said == {
        "same": "1", "known: floating-point light": "1", "refused": "1", "no picture": "1",
    }  # fmt: skip
