"""Dockerfile, cluster file and locks: what can be said of them without Docker."""

from __future__ import annotations

import fnmatch
import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).parent.parent
DOCKERFILE = re.sub(r"\\\n\s*", "", (ROOT / "Dockerfile").read_text())
CLUSTER = ROOT / "integrations" / "ray" / "cluster.yaml"
LOCKS = {path.name: path.read_text() for path in (ROOT / "requirements").glob("*.lock")}


def instructions(name: str) -> list[str]:
    return re.findall(rf"^{name} (.+)$", DOCKERFILE, re.MULTILINE)


def stages() -> list[str]:
    return [words.split(" AS ")[1] for words in instructions("FROM")]


def sources() -> list[str]:
    """Everything that is copied out of the tree."""
    return [
        source
        for words in instructions("COPY")
        if not words.startswith("--from")
        for source in words.split()[:-1]
    ]


def let_through(source: str) -> bool:
    """Whether .dockerignore, which shuts out all at first, opens a path or its folder."""
    lines = (ROOT / ".dockerignore").read_text().splitlines()
    opened = [line[1:] for line in lines if line.startswith("!")]
    return any(fnmatch.fnmatch(source, pattern) for pattern in opened)


def versions(lock: str) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for name, version in re.findall(r"^([\w.-]+)(?:\[[^]]*\])?==([^\s;\\]+)", lock, re.MULTILINE):
        found.setdefault(name, set()).add(version)
    return found


def test_what_is_copied_exists_and_reaches_the_build() -> None:
    assert len(sources()) > 5
    for source in sources():
        assert (ROOT / source).exists(), source
        assert let_through(source), f"{source} is shut out by .dockerignore"


def test_every_stage_that_is_named_is_there() -> None:
    named = [words.split("=")[1].split()[0] for words in instructions("COPY") if "--from" in words]
    known = stages()
    assert len(named) > 2
    assert set(named) <= set(known)
    assert known[-1] == "defocus"  # what `docker build` makes without a target
    for page in (ROOT / "docs" / "containers.md", CLUSTER):
        assert set(re.findall(r"--target (\w+)", page.read_text())) <= set(known)


def test_nothing_is_installed_without_hashes() -> None:
    installs = [words for words in instructions("RUN") if "pip install" in words]
    assert len(installs) == 4
    assert all("--require-hashes" in words or "--no-deps /wheels/" in words for words in installs)


@pytest.mark.parametrize("stage", ["cluster", "defocus"])
def test_the_images_run_as_a_user_without_rights(stage: str) -> None:
    last = DOCKERFILE.split(f" AS {stage}\n")[1].split("\nFROM ")[0]
    assert "USER 1000" in last


@pytest.mark.parametrize("name", sorted(LOCKS))
def test_locks_have_hashes_and_the_versions_of_the_others(name: str) -> None:
    for block in re.split(r"^(?=\S)", LOCKS[name], flags=re.MULTILINE):
        if "==" in block and not block.startswith("#"):
            assert "--hash=sha256:" in block, block[:60]
    common = versions(LOCKS["ci.lock"])
    for package, found in versions(LOCKS[name]).items():
        assert found <= common.get(package, found), package


@pytest.mark.parametrize(
    ("name", "extras"),
    [("image.lock", ("studio", "heif", "raw", "avif")),
     ("cluster.lock", ("studio", "heif", "raw", "avif", "ray"))],
)  # fmt: skip
def test_the_images_locks_hold_what_they_say(name: str, extras: tuple[str, ...]) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    optional = project["optional-dependencies"]
    locked = versions(LOCKS[name])
    for text in (*project["dependencies"], *(text for extra in extras for text in optional[extra])):
        needed = Requirement(text)
        assert locked[needed.name], needed
        assert all(needed.specifier.contains(version) for version in locked[needed.name])


def test_the_build_lock_holds_what_builds() -> None:
    requires = tomllib.loads((ROOT / "pyproject.toml").read_text())["build-system"]["requires"]
    asked = (ROOT / "requirements" / "build.in").read_text().splitlines()
    assert set(requires) <= set(asked)
    assert {Requirement(text).name for text in requires} <= set(versions(LOCKS["build.lock"]))


def test_the_cluster_file_is_one_that_ray_takes() -> None:
    yaml = pytest.importorskip("yaml")
    util = pytest.importorskip("ray.autoscaler._private.util")
    config = yaml.safe_load(CLUSTER.read_text())
    util.validate_config(util.prepare_config(config))
    assert config["docker"]["image"].partition(":")[0] in (ROOT / "Dockerfile").read_text()
    assert config["max_workers"] == len(config["provider"]["worker_ips"])
