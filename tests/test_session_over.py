"""Saving a portrait over its photo: what is refused before any work, and the way back."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from click.testing import CliRunner

from defocus.cli import main
from defocus.edit import Edit
from defocus.errors import PhotoError
from defocus.formats.reading import read_photo
from defocus.session import Session
from defocus.session.over import check_over, save_over

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def session(
    photo_file: Path, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Session]:
    monkeypatch.setenv("DEFOCUS_STATE", str(tmp_path_factory.mktemp("state")))
    opened = Session(photo_file)
    yield opened
    opened.close()


def say(*words: object) -> tuple[int, str]:
    result = CliRunner().invoke(main, ["edit", "--no-browser", *map(str, words)])
    return result.exit_code, result.output


@pytest.mark.parametrize(
    ("name", "head", "title"),
    [
        ("a.nef", b"II*\0", "camera raw"),
        ("a.gif", b"GIF89a", "GIF"),
        ("a.psd", b"8BPS\0\1", "Photoshop"),
        ("b.jpg", b"8BPS\0\1", "Photoshop"),  # whatever its name says
    ],
)
def test_a_format_that_is_only_read_is_refused_with_a_way_out(
    name: str, head: bytes, title: str, tmp_path: Path
) -> None:
    path = tmp_path / name
    path.write_bytes(head + bytes(64))
    code, said = say(path)
    assert code == 2
    assert f"{name} is {title}, which defocus does not write" in said
    assert "have your editor send TIFF" in said


def test_a_protected_file_is_refused_though_its_folder_is_not(photo_file: Path) -> None:
    photo_file.chmod(0o444)
    assert say(photo_file) == (
        2,
        f"defocus: {photo_file} is write-protected: allow writing, or use 'defocus blur'\n",
    )


@pytest.mark.parametrize("content", [b"", b"no photo at all"])
def test_what_is_no_photo_is_refused(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "x.jpg"
    path.write_bytes(content)
    code, said = say(path)
    assert (code, "x.jpg" in said) == (2, True)
    assert "none.jpg cannot be read" in say(tmp_path / "none.jpg")[1]


def test_only_a_jpeg_embeds_its_original(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(64))
    with pytest.raises(PhotoError, match="only a JPEG"):
        check_over(path, "embed")
    assert check_over(path, "beside").name == "png"


def test_no_original_that_is_kept_replaces_another(session: Session, photo_file: Path) -> None:
    earlier = photo_file.with_name("near-left-original.jpg")
    earlier.write_bytes(b"of last week")
    before = photo_file.read_bytes()
    kept = save_over(session)
    assert earlier.read_bytes() == b"of last week"
    assert kept == photo_file.with_name("near-left-original-2.jpg")
    assert kept.read_bytes() == before
    assert photo_file.read_bytes() != before


def test_an_embedded_original_is_what_the_next_edit_begins_with(
    session: Session, photo_file: Path
) -> None:
    before = read_photo(photo_file).pixels.astype(int)
    session.change(Edit(amount=4, by_distance=False))
    assert save_over(session, "embed") is None
    again = Session(photo_file)
    start = again.scene().photo.pixels.astype(int)
    again.close()
    blurred = read_photo(photo_file).pixels.astype(int)
    assert again.edit.amount == 4
    # The original as a JPEG once more, in codes of 255; what a blur does to noise.
    assert np.abs(start - before).mean() < 6
    assert np.abs(blurred - before).mean() > 20


def test_what_another_has_changed_is_not_replaced(session: Session, photo_file: Path) -> None:
    session.scene()
    photo_file.write_bytes(photo_file.read_bytes() + b"mine")
    changed = photo_file.read_bytes()
    with pytest.raises(PhotoError, match="another program"):
        save_over(session)
    assert photo_file.read_bytes() == changed
    assert [path.name for path in photo_file.parent.iterdir()] == ["near-left.jpg"]
