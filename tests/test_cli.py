from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import click
import numpy as np
import pytest
from click.testing import CliRunner, Result
from PIL import Image

import defocus
from defocus import prepare, read_photo
from defocus.cli import COMMANDS, main
from defocus.edit import Edit, Focus
from defocus.edit.words import FLAGS
from defocus.pipeline import focal_plane

ROOT = Path(__file__).parent.parent


def run(*words: object) -> Result:
    return CliRunner().invoke(main, [str(word) for word in words])


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    noise = np.random.default_rng(1).integers(0, 256, (60, 80, 3), np.uint8)
    path = tmp_path / "photo.png"
    Image.fromarray(noise).save(path)
    return path


@pytest.fixture
def depth(tmp_path: Path) -> Path:
    values = np.zeros((60, 80), np.float32)
    values[:, 40:] = 1
    path = tmp_path / "depth.npy"
    np.save(path, values)
    return path


def command(name: str) -> click.Command:
    found = main.get_command(click.Context(main), name)
    assert found is not None
    return found


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_loads_and_explains_itself(name: str) -> None:
    result = run(name, "--help")
    assert result.exit_code == 0, result.output
    assert command(name).help


def test_every_flag_of_the_readme_exists() -> None:
    known = {"--help", "--version"}
    for name in COMMANDS:
        found = command(name)
        commands = list(found.commands.values()) if isinstance(found, click.Group) else [found]
        for each in commands:
            known |= {opt for p in each.params for opt in (*p.opts, *p.secondary_opts)}
    used = set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", (ROOT / "README.md").read_text()))
    assert used <= known | {"--colour"}
    assert used - known == set(), used - known


def test_every_choice_of_an_edit_has_a_flag() -> None:
    fields = {flag.field for flag in FLAGS}
    for group, values in json.loads(Edit().to_json()).items():
        if isinstance(values, dict):
            missing = {f"{group}.{name}" for name in values} - fields
            assert missing <= {"focus.mode", "focus.at"}
        elif group not in ("defocus_edit", "strokes"):
            assert group in fields


def test_blur_writes_beside_the_photo(photo: Path, depth: Path) -> None:
    result = run("blur", photo, "--model", depth)
    assert result.exit_code == 0, result.output
    written = photo.with_name("photo-defocus.png")
    assert result.stdout.strip() == str(written)
    before, after = (np.asarray(Image.open(path)) for path in (photo, written))
    assert (after[:, 60:] == before[:, 60:]).all()
    assert after[:, :20].std() < before[:, :20].std()


def test_blur_does_not_replace_unasked(photo: Path, depth: Path) -> None:
    target = photo.with_name("photo-defocus.png")
    target.write_text("mine")
    result = run("blur", photo, "--model", depth)
    assert result.exit_code == 2
    assert result.stderr.count("\n") == 1
    assert "--overwrite" in result.stderr
    assert target.read_text() == "mine"
    assert run("blur", photo, "--model", depth, "--overwrite").exit_code == 0
    assert target.read_bytes().startswith(b"\x89PNG")


def test_one_bad_file_does_not_stop_the_others(photo: Path, depth: Path, tmp_path: Path) -> None:
    bad = tmp_path / "bad.jpg"
    bad.write_text("no photo at all")
    out = tmp_path / "out"
    out.mkdir()
    result = run("blur", bad, photo, tmp_path / "missing.png", "--model", depth, "-o", out)
    assert result.exit_code == 2
    assert [p.name for p in out.iterdir()] == ["photo-defocus.png"]
    assert "1 of 3 photos done" in result.stderr
    assert "bad.jpg" in result.stderr
    assert "missing.png" in result.stderr


def test_several_photos_need_a_folder(photo: Path, tmp_path: Path) -> None:
    result = run("blur", photo, photo, "-o", tmp_path / "nowhere")
    assert result.exit_code == 2
    assert "not a folder" in result.stderr


def test_format_by_flag_and_by_suffix(photo: Path, depth: Path) -> None:
    assert run("blur", photo, "--model", depth, "--format", "jpeg").exit_code == 0
    with Image.open(photo.with_name("photo-defocus.jpg")) as image:
        assert image.format == "JPEG"
    other = photo.with_name("other.webp")
    assert run("blur", photo, "--model", depth, "-o", other).exit_code == 0
    with Image.open(other) as image:
        assert image.format == "WEBP"


def test_an_edit_saved_is_an_edit_applied(photo: Path, depth: Path, tmp_path: Path) -> None:
    look = tmp_path / "look.json"
    words = ["--model", depth, "--focus", "0.2,0.5", "--f", "1.2", "--blades", "6", "--no-matte"]
    assert run("blur", photo, *words, "--save-edit", look).exit_code == 0
    edit = Edit.from_json(look.read_text())
    assert edit.focus == Focus("point", (0.2, 0.5))
    assert (edit.lens.f_number, edit.lens.blades, edit.matte) == (1.2, 6, False)
    first = photo.with_name("photo-defocus.png").read_bytes()
    assert run("blur", photo, "--edit", look, "--overwrite").exit_code == 0
    assert photo.with_name("photo-defocus.png").read_bytes() == first


def test_a_flag_overrides_the_edit_file(photo: Path, depth: Path, tmp_path: Path) -> None:
    look, changed = tmp_path / "look.json", tmp_path / "changed.json"
    look.write_text(Edit(model=str(depth), foreground=0.5).to_json())
    words = ["--edit", look, "--f", "8", "--save-edit", changed]
    assert run("blur", photo, *words).exit_code == 0
    edit = Edit.from_json(changed.read_text())
    assert (edit.foreground, edit.lens.f_number, edit.model) == (0.5, 8, str(depth))


@pytest.mark.parametrize(
    "words",
    [
        ["--focus", "somewhere"],
        ["--blades", "2"],
        ["--edit", "missing.json"],
        ["--model", "no-such-model"],
    ],
)
def test_senseless_choices_are_one_clear_line(photo: Path, words: list[str]) -> None:
    result = run("blur", photo, *words)
    assert result.exit_code == 2
    assert result.stderr.startswith("defocus: ")
    assert result.stderr.count("\n") == 1
    assert not photo.with_name("photo-defocus.png").exists()


@pytest.mark.parametrize(
    "name", [b"caf\xe9.png", b"[red]x[bold].png", b"a\nb.png", b"\x1b[31mx.png"]
)
def test_inspect_shows_any_name_as_plain_text(tmp_path: Path, name: bytes) -> None:
    photo = tmp_path / os.fsdecode(name)
    Image.new("RGB", (8, 6)).save(photo)
    result = run("inspect", photo, "--no-depth")
    assert result.exit_code == 0, result.stderr
    title = result.stdout.splitlines()[0].strip()
    assert title == "".join(c if c.isprintable() else "\ufffd" for c in photo.name)


def test_inspect_tells_what_a_photo_holds(photo: Path) -> None:
    result = run("inspect", photo, "--json")
    assert result.exit_code == 0, result.output
    facts = json.loads(result.stdout)
    assert facts["size_wh"] == [80, 60]
    assert facts["bits"] == 8
    scene = prepare(read_photo(photo), Edit(focus=Focus("near")))
    near = run("inspect", photo, "--json", "--focus", "near")
    plane = focal_plane(scene, Edit(focus=Focus("near")))  # where blur puts it
    assert json.loads(near.stdout)["focus"]["disparity"] == round(plane.disparity, 4)
    assert facts["focus"]["model"] == "builtin"
    assert run("inspect", photo, "--no-depth").exit_code == 0


def test_real_portrait_with_the_builtin_network(example: Path, tmp_path: Path) -> None:
    target = tmp_path / "portrait.png"
    result = run("blur", example, "-o", target, "--f", "1.4")
    assert result.exit_code == 0, result.output
    before, after = (np.asarray(Image.open(path), np.int16) for path in (example, target))
    face, flag = np.s_[60:150, 190:250], np.s_[150:250, 5:60]
    assert np.abs(after[face] - before[face]).mean() < 0.5
    assert after[flag].std() < 0.9 * before[flag].std()


def test_the_module_runs_as_the_command_does() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "defocus", "--version"], capture_output=True, text=True, check=True
    )
    assert defocus.__version__ in done.stdout
