"""What messages say to type works for the installation that says it."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import json
import shlex
import sys
from typing import TYPE_CHECKING

import pytest

from defocus import installation
from defocus.errors import MissingExtraError
from defocus.installation import packages_of, to_install, to_install_extra

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

REQUIRES = [
    "numpy<3,>=1.26",
    'starlette<2,>=0.45; extra == "studio"',
    "uvicorn <1,>=0.34 ; extra == 'studio'",
    'imagecodecs<2027; extra == "avif"',
    'defocus[avif]; extra == "jxl"',
    'pillow-jxl-plugin<2; extra == "jxl"',
]


class Installed:
    """A distribution that says where it came from."""

    requires = REQUIRES

    def __init__(self, origin: dict[str, object] | None) -> None:
        self._origin = origin

    def read_text(self, name: str) -> str | None:
        assert name == "direct_url.json"
        return None if self._origin is None else json.dumps(self._origin)


@pytest.fixture(autouse=True)
def forgotten() -> Iterator[None]:
    to_install_extra.cache_clear()
    yield
    to_install_extra.cache_clear()


def said(
    monkeypatch: pytest.MonkeyPatch, origin: dict[str, object] | None, extra: str
) -> list[str]:
    monkeypatch.setattr(importlib.metadata, "distribution", lambda name: Installed(origin))
    return shlex.split(to_install_extra(extra))


PIP = [sys.executable, "-m", "pip", "install"]


def test_a_clone_is_installed_again_with_the_extra(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clone = tmp_path / "my clone"
    clone.mkdir()
    (clone / "pyproject.toml").touch()
    origin = {"url": clone.as_uri(), "dir_info": {"editable": True}}
    assert said(monkeypatch, origin, "studio") == [*PIP, "-e", f"{clone}[studio]"]
    to_install_extra.cache_clear()
    origin = {"url": clone.as_uri(), "dir_info": {}}
    assert said(monkeypatch, origin, "studio") == [*PIP, f"{clone}[studio]"]


@pytest.mark.parametrize(
    "origin",
    [
        {"url": "file:///gone/defocus.whl", "archive_info": {}},
        {"url": "file:///gone/clone", "dir_info": {"editable": True}},
        {"url": "https://example.org/defocus.git", "vcs_info": {"vcs": "git"}},
    ],
    ids=["a wheel", "a clone that is gone", "a repository"],
)
def test_without_sources_the_extras_packages_are_named(
    origin: dict[str, object], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert said(monkeypatch, origin, "studio") == [*PIP, "starlette<2,>=0.45", "uvicorn<1,>=0.34"]
    assert packages_of("jxl") == ["imagecodecs<2027", "pillow-jxl-plugin<2"]


def test_from_an_index_the_extra_has_its_usual_name(monkeypatch: pytest.MonkeyPatch) -> None:
    assert said(monkeypatch, None, "heif") == [*PIP, "defocus[heif]"]


def test_where_there_is_no_pip_uv_installs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(installation.importlib.util, "find_spec", lambda name: None)
    assert to_install("tqdm") == f"uv pip install -p {sys.executable} tqdm"


def test_every_extra_of_this_very_installation_can_be_named() -> None:
    extras = importlib.metadata.metadata("defocus").get_all("Provides-Extra")
    assert extras
    for extra in extras:
        assert packages_of(extra), extra
        assert f"needs the extra '{extra}': {sys.executable}" in str(MissingExtraError("x", extra))
