"""Whoever types what the command line does not know is told what to type."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from cli_words import halves, noise, run

from defocus.installation import shell_line

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    return noise(tmp_path / "photo.png")


def refused(*words: object) -> str:
    result = run(*words)
    assert result.exit_code == 2, result.output
    return " ".join(result.stderr.split())


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("0.7 0.4", "0.7,0.4"),
        ("0,7", "0.7"),
        ("0,7,0,4", "0.7,0.4"),
        ("0,25,0,3,0,75,1,0", "0.25,0.3,0.75,1.0"),
        ("0.7;0.4", "0.7,0.4"),
        ("(0.7, 0.4)", "0.7,0.4"),
        ("0.1 0.2 0.8 0.9", "0.1,0.2,0.8,0.9"),
        ("70,40", "0.7,0.4"),
        ("10,20,80,90", "0.1,0.2,0.8,0.9"),
        ("eye", "eyes"),
        ("Faces", "face"),
        ("nearest", "near"),
    ],
)
def test_a_focus_that_is_nearly_one(typed: str, meant: str, photo: Path) -> None:
    assert meant in refused("blur", photo, "--focus", typed)


@pytest.mark.parametrize("typed", ["3000 2000", "banana", "1920x1080"])
def test_nothing_is_made_up_for_a_focus_that_is_none(typed: str, photo: Path) -> None:
    said = refused("blur", photo, "--focus", typed)
    assert "did you mean" not in said
    assert "such as 0.7,0.4" in said


@pytest.mark.parametrize("flag", ["--f", "--amount", "--cat-eye", "--focus-range"])
def test_a_decimal_comma_is_told(flag: str, photo: Path) -> None:
    assert "Write 1.4." in refused("blur", photo, flag, "1,4")
    assert "Write" not in refused("blur", photo, flag, "wide")


@pytest.mark.parametrize(
    ("option", "meant"),
    [("--aperture", "--f"), ("--bokeh", "--highlights"), ("--blade", "--blades")],
)
def test_a_word_of_the_field_leads_to_its_flag(option: str, meant: str, photo: Path) -> None:
    said = refused("blur", photo, option, "2")
    assert f"No such option '{option}'" in said
    assert meant in said


@pytest.mark.parametrize(
    ("option", "meant"),
    [
        ("--methd", "Did you mean --method?"),
        ("--ovewrite", "Did you mean --overwrite?"),
        ("--keepboth", "Did you mean --keep-both?"),
        ("--no-by-distanc", "Did you mean --no-by-distance?"),
        ("--aperature", "See --f"),
        ("--backgroud", "See --"),
    ],
)
def test_a_slip_of_the_hand_leads_to_the_flag(option: str, meant: str, photo: Path) -> None:
    said = refused("blur", photo, option, "2")
    assert f"No such option '{option}'" in said
    assert meant in said
    assert "--edit" not in said


def test_nothing_is_made_up_for_an_option_that_is_none(photo: Path) -> None:
    assert refused("blur", photo, "--zzyzx").endswith("No such option '--zzyzx'.")


def test_a_folder_leads_to_the_batch(photo: Path, tmp_path: Path) -> None:
    folder = tmp_path / "my holiday"
    folder.mkdir()
    wanted = shell_line("defocus", "batch", str(folder), "my holiday-portraits")
    assert wanted in refused("blur", folder)
    assert wanted in refused("blur", photo, folder, "-o", tmp_path)
    assert "give the photos in it" in refused("studio", folder, "--no-browser")


def test_a_command_that_is_none(photo: Path) -> None:
    assert "Did you mean 'blur'?" in refused("blurr", photo)
    assert "blur, batch, depth" in refused("frobnicate")
    assert f"no command but a file: defocus blur {photo}" in refused(photo)


def test_a_folder_that_is_not_there_is_to_be_made(photo: Path, tmp_path: Path) -> None:
    missing = tmp_path / "missing"
    for target in (missing / "a.png", f"{missing}/"):
        said = refused("blur", photo, "-o", target)
        assert f"there is no folder {missing}" in said
        assert "make it first" in said
    assert "no folder, or one that is locked" in refused("blur", photo, "-o", photo / "a.png")


def test_what_cannot_be_read_says_where_to_look(photo: Path, tmp_path: Path) -> None:
    nowhere = tmp_path / "nope" / "README"
    assert "check the path" in refused("blur", photo, "--edit", nowhere)
    assert "check the path" in refused("blur", photo, "--save-edit", nowhere)
    assert "check the path" in refused("blur", photo, "--model", nowhere.with_suffix(".png"))
    assert "a folder that is there" in refused("blur", photo, "-o", tmp_path / "portrait")


def test_both_results_can_be_kept(photo: Path, tmp_path: Path) -> None:
    words = ["blur", photo, "--model", halves(tmp_path / "depth.npy")]
    assert run(*words).exit_code == 0
    assert "--keep-both" in refused(*words)
    first = tmp_path / "photo-defocus.png"
    before = first.read_bytes()
    for number in (2, 3):
        result = run(*words, "--keep-both", "--f", "8")
        assert result.stdout.strip() == str(tmp_path / f"photo-defocus-{number}.png")
    assert first.read_bytes() == before
    assert "say one of them" in refused(*words, "--keep-both", "--overwrite")
