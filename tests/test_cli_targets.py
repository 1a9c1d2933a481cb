"""No command destroys a photo, whatever the user types."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from cli_words import halves, noise, run

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def depth(tmp_path: Path) -> Path:
    return halves(tmp_path / "depth.npy")


@pytest.mark.parametrize("way", ["same", "link", "hard link", "up and down", "link to the folder"])
@pytest.mark.parametrize("command", ["blur", "depth"])
def test_a_photo_is_never_its_own_target(
    tmp_path: Path, depth: Path, way: str, command: str
) -> None:
    photo = noise(tmp_path / "in" / "photo.png")
    before = photo.read_bytes()
    target = {
        "same": photo,
        "link": tmp_path / "link.png",
        "hard link": tmp_path / "hard.png",
        "up and down": tmp_path / "in" / ".." / "in" / "photo.png",
        "link to the folder": tmp_path / "alias" / "photo.png",
    }[way]
    (tmp_path / "link.png").symlink_to(photo)
    (tmp_path / "hard.png").hardlink_to(photo)
    (tmp_path / "alias").symlink_to(tmp_path / "in")
    result = run(command, photo, "-o", target, "--overwrite", "--model", depth)
    assert result.exit_code == 2
    assert "the photo" in result.stderr
    assert photo.read_bytes() == before
    assert (tmp_path / "hard.png").read_bytes() == before


def test_a_photo_is_no_target_for_another(tmp_path: Path, depth: Path) -> None:
    first, second = noise(tmp_path / "a.png"), noise(tmp_path / "a-defocus.png", seed=2)
    before = second.read_bytes()
    result = run("blur", first, second, "--overwrite", "--model", depth)
    assert result.exit_code == 2
    assert second.read_bytes() == before
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "a-defocus.png", "a.png", "depth.npy",
    ]  # fmt: skip


@pytest.mark.parametrize("names", [("A/I.png", "B/I.png"), ("A/I.png", "A/../A/I.png")])
@pytest.mark.parametrize("more", [["--overwrite"], []])
def test_two_photos_of_one_name_never_share_a_result(
    tmp_path: Path, depth: Path, names: tuple[str, str], more: list[str]
) -> None:
    photos = [noise(tmp_path / name, seed=at) for at, name in enumerate(names)]
    (tmp_path / "out").mkdir()
    result = run("blur", *photos, "-o", tmp_path / "out", "--model", depth, *more)
    assert result.exit_code == 2
    assert "would both become" in result.stderr
    assert list((tmp_path / "out").iterdir()) == []


@pytest.mark.parametrize(("mode", "old"), [(0o600, None), (0o644, 0o600), (0o600, 0o644)])
def test_what_is_private_stays_private(
    tmp_path: Path, depth: Path, mode: int, old: int | None
) -> None:
    photo, target = noise(tmp_path / "a.png"), tmp_path / "b.png"
    photo.chmod(mode)
    if old is not None:
        target.write_bytes(b"old")
        target.chmod(old)
    assert run("blur", photo, "-o", target, "--overwrite", "--model", depth).exit_code == 0
    assert target.stat().st_mode & 0o777 == 0o600


def test_a_link_as_target_is_followed_and_said(tmp_path: Path, depth: Path) -> None:
    photo, real = noise(tmp_path / "a.png"), tmp_path / "real.png"
    real.write_bytes(b"old")
    (tmp_path / "link.png").symlink_to(real)
    words = ["blur", photo, "-o", tmp_path / "link.png", "--model", depth]
    assert run(*words).exit_code == 2
    result = run(*words, "--overwrite")
    assert result.exit_code == 0
    assert "is a link" in result.stderr
    assert result.stdout.strip() == str(real)
    assert (tmp_path / "link.png").is_symlink()
    assert real.read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("name", "result"),
    [("photo", "photo-defocus.png"), ("a.bak", "a-defocus.png"), (".png", ".png-defocus.png")],
)
def test_a_photo_with_no_suffix_of_one_gets_that_of_its_format(
    tmp_path: Path, depth: Path, name: str, result: str
) -> None:
    noise(tmp_path / "a.png").rename(tmp_path / name)
    done = run("blur", tmp_path / name, "--model", depth)
    assert done.exit_code == 0, done.stderr
    assert (tmp_path / result).read_bytes().startswith(b"\x89PNG")
    (tmp_path / "notes").write_text("words")
    assert "not a photo" in run("blur", tmp_path / "notes", "--model", depth).stderr


def test_a_pipe_is_no_target(tmp_path: Path, depth: Path) -> None:
    photo = noise(tmp_path / "a.png")
    os.mkfifo(tmp_path / "pipe.png")
    words = ["-o", tmp_path / "pipe.png", "--overwrite", "--model", depth]
    result = run("blur", photo, *words)
    assert result.exit_code == 2
    assert "no ordinary file" in result.stderr
    assert (tmp_path / "pipe.png").is_fifo()


@pytest.mark.parametrize("name", ["photo.png", "photo.tif", "notes.txt", "data.json", "list.csv"])
def test_an_edit_replaces_only_an_edit(tmp_path: Path, depth: Path, name: str) -> None:
    photo, other = noise(tmp_path / "a.png"), tmp_path / name
    if other.suffix in (".png", ".tif"):
        noise(other)
    else:
        other.write_text('{"mine": [1, 2]}')
    before = other.read_bytes()
    result = run("blur", photo, "--model", depth, "--save-edit", other)
    assert result.exit_code == 2
    assert "is no edit" in result.stderr
    assert other.read_bytes() == before
    assert not (tmp_path / "a-defocus.png").exists()


@pytest.mark.parametrize("name", ["result.png", "new.JPG", "raw.dng"])
def test_an_edit_does_not_take_the_name_of_a_photo(tmp_path: Path, depth: Path, name: str) -> None:
    """The result would replace it, or find its name taken."""
    photo, target = noise(tmp_path / "a.png"), tmp_path / "result.png"
    words = ["--model", depth, "--overwrite", "-o", target, "--save-edit", tmp_path / name]
    result = run("blur", photo, *words)
    assert result.exit_code == 2
    assert "is no edit by its suffix" in result.stderr
    assert not target.exists()
    assert not (tmp_path / name).exists()


def test_an_edit_replaces_an_edit(tmp_path: Path, depth: Path) -> None:
    photo, look = noise(tmp_path / "a.png"), tmp_path / "look.json"
    look.touch()
    for f_number in ("1.4", "4"):
        words = ["--model", depth, "--overwrite", "--f", f_number, "--save-edit", look]
        assert run("blur", photo, *words).exit_code == 0
    assert '"f_number": 4' in look.read_text()


@pytest.mark.parametrize("more", [["--dry-run"], []])
@pytest.mark.parametrize("name", ["in/a.png", "in/other.jpg", "notes.txt", "data.json"])
def test_a_report_replaces_only_a_report(
    tmp_path: Path, depth: Path, more: list[str], name: str
) -> None:
    noise(tmp_path / "in" / "a.png")
    other = tmp_path / name
    if other.suffix in (".png", ".jpg"):
        noise(other)
    else:
        other.write_text('{"mine": [1, 2]}')
    before = other.read_bytes()
    words = ["batch", tmp_path / "in", tmp_path / "out", "--model", depth, "--report", other]
    result = run(*words, *more)
    assert result.exit_code == 2
    assert "is no report" in result.stderr
    assert other.read_bytes() == before
    assert not (tmp_path / "out").exists()


def test_a_report_replaces_a_report(tmp_path: Path, depth: Path) -> None:
    noise(tmp_path / "in" / "a.png")
    report = tmp_path / "report.jsonl"
    report.touch()
    words = ["batch", tmp_path / "in", tmp_path / "out", "--model", depth, "--report", report]
    for status in ("planned", "planned"):
        assert run(*words, "--dry-run").exit_code == 0
        assert f'"status": "{status}"' in report.read_text()


def test_a_report_that_cannot_be_written_is_told_before_the_work(
    tmp_path: Path, depth: Path
) -> None:
    noise(tmp_path / "in" / "a.png")
    words = ["batch", tmp_path / "in", tmp_path / "out", "--model", depth]
    result = run(*words, "--report", tmp_path / "none" / "report.jsonl")
    assert result.exit_code == 2
    assert "cannot be written" in result.stderr
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("command", ["blur", "depth"])
@pytest.mark.parametrize("link", ["none", "symbolic", "hard"])
def test_the_map_of_a_call_is_not_its_target(tmp_path: Path, command: str, link: str) -> None:
    photo = noise(tmp_path / "a.png")
    own = noise(tmp_path / "map.png", seed=2)
    target = tmp_path / "to.png"
    if link == "symbolic":
        target.symlink_to(own)
    elif link == "hard":
        os.link(own, target)
    else:
        target = own
    before = own.read_bytes()
    result = run(command, photo, "--model", own, "-o", target, "--overwrite")
    assert result.exit_code == 2
    assert "which this call reads" in result.stderr
    assert own.read_bytes() == before


def test_the_edit_of_a_call_is_not_its_target(tmp_path: Path, depth: Path) -> None:
    photo = noise(tmp_path / "a.png")
    own = tmp_path / "look.json"
    own.write_text('{"method": "lens"}')
    words = ["blur", photo, "--model", depth, "--edit", own, "--format", "jpeg"]
    result = run(*words, "-o", own, "--overwrite")
    assert result.exit_code == 2
    assert "which this call reads" in result.stderr
    assert own.read_text() == '{"method": "lens"}'
