"""``defocus doctor`` sees what is wrong, and says nothing of the user that is not needed."""

from __future__ import annotations

import importlib.metadata
import json
import re
from pathlib import Path

import pytest
from cli_words import run, start

from defocus import doctor
from defocus.blame import LIBRARIES

ROOT = Path(__file__).parent.parent
LICENCES = (ROOT / "docs" / "licences.md").read_text()


@pytest.fixture(scope="module")
def facts() -> dict[str, object]:
    return doctor.examine()


def test_an_installation_that_works_has_no_problems(facts: dict[str, object]) -> None:
    assert [text for text in facts["problems"] if "MiB" not in text] == []  # type: ignore[attr-defined]
    assert facts["self_test"]["seconds"] > 0  # type: ignore[index]
    assert "CPUExecutionProvider" in facts["providers"]  # type: ignore[operator]
    assert facts["formats"]["jpeg"] == "read and written"  # type: ignore[index]
    for module in doctor.CORE:
        assert facts["libraries"][module]["version"]  # type: ignore[index]


def test_every_core_dependency_is_looked_at() -> None:
    text = (ROOT / "pyproject.toml").read_text()
    wanted = set(
        re.findall(
            r'^    "([\w-]+)[><=!]',
            text.partition("dependencies = [")[2].partition("\n]")[0],
            re.MULTILINE,
        )
    )
    assert {LIBRARIES[module][1] for module in doctor.CORE} == wanted


def test_it_is_text_for_people_and_json_for_programs(monkeypatch: pytest.MonkeyPatch) -> None:
    text = run("doctor", "--no-self-test")
    data = run("doctor", "--no-self-test", "--json")
    found = json.loads(data.stdout)
    assert found["defocus"] in text.stdout
    assert found["libraries"]["numpy"]["version"] in text.stdout
    assert "self_test" not in found


def test_a_broken_library_is_a_problem(tmp_path: Path) -> None:
    for library in ("cv2", "rawpy"):
        (tmp_path / library).mkdir()
        (tmp_path / library / "__init__.py").write_text("raise ImportError('libGL.so.1: gone')")
    done = start("doctor", cwd=tmp_path, env={"PYTHONPATH": str(tmp_path)})
    assert done.returncode == 2
    for title in (b"OpenCV", b"rawpy"):
        assert b"the library " + title + b" cannot be used (libGL.so.1: gone)" in done.stderr
    assert b"Traceback" not in done.stderr


def test_two_of_opencv_are_a_problem(monkeypatch: pytest.MonkeyPatch) -> None:
    both = {"cv2": ["opencv-python", "opencv-python-headless"]}
    monkeypatch.setattr(importlib.metadata, "packages_distributions", lambda: both)
    problems = doctor.examine(self_test=False)["problems"]
    assert any("installed over each other" in text for text in problems)


@pytest.mark.parametrize("variable", ["DEFOCUS_STATE", "DEFOCUS_CACHE"])
def test_a_folder_that_cannot_be_written_is_a_problem(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv(variable, str(tmp_path / "file" / "below"))
    problems = doctor.examine(self_test=False)["problems"]
    assert any("cannot be written" in text for text in problems)


def test_a_self_test_that_fails_is_a_problem(monkeypatch: pytest.MonkeyPatch) -> None:
    from defocus import pipeline

    def nothing(photo: object, edit: object) -> object:
        raise RuntimeError("std::bad_alloc")

    monkeypatch.setattr(pipeline, "apply", nothing)
    found = doctor.examine()
    assert found["self_test"] is None
    assert any("not enough memory" in text for text in found["problems"])


def test_the_home_folder_is_not_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("DEFOCUS_STATE")
    monkeypatch.delenv("XDG_STATE_HOME", raising=False)
    found = doctor.examine(self_test=False)
    assert found["folders"]["state"]["path"].startswith("~/")


@pytest.mark.parametrize("module", sorted(LIBRARIES))
def test_what_the_wheels_bring_along_is_in_the_licences(module: str) -> None:
    package = LIBRARIES[module][1].partition("[")[0]
    assert f"`{package}`" in LICENCES
    try:
        distribution = importlib.metadata.distribution(package)
    except importlib.metadata.PackageNotFoundError:
        pytest.skip("not installed here")
    for library in doctor.bundled_libraries(distribution):
        assert library in LICENCES, f"{package} brings {library}"
