"""Our own folders, for every kind of user; private ones go with their process."""

from __future__ import annotations

import os
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from cli_words import halves, noise, run

from defocus import folders
from defocus.folders import PrivateFolder, cache_dir, expanded, runtime_dir, state_dir


@pytest.fixture(autouse=True)
def no_choice(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("DEFOCUS_STATE", "DEFOCUS_CACHE", "DEFOCUS_RUNTIME", "XDG_STATE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setenv("HOME", "/home/someone")


@pytest.fixture
def homeless(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither HOME nor an entry in the system's list of users."""
    import pwd

    def unknown(*_: object) -> None:
        raise KeyError("no such user")

    monkeypatch.delenv("HOME")
    monkeypatch.setattr(pwd, "getpwuid", unknown)


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have other places")
def test_state_and_cache_are_where_the_system_has_them(monkeypatch: pytest.MonkeyPatch) -> None:
    assert state_dir() == Path("/home/someone/.local/state/defocus")
    assert cache_dir() == Path("/home/someone/.cache/defocus")
    monkeypatch.setenv("XDG_STATE_HOME", "/xdg/state")
    monkeypatch.setenv("XDG_CACHE_HOME", "/xdg/cache")
    assert (state_dir(), cache_dir()) == (Path("/xdg/state/defocus"), Path("/xdg/cache/defocus"))


@pytest.mark.parametrize("name", ["STATE", "CACHE", "RUNTIME"])
def test_each_can_be_chosen(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str) -> None:
    folder = {"STATE": state_dir, "CACHE": cache_dir, "RUNTIME": runtime_dir}[name]
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    for chosen, found in [("~/x", "x"), ("y", "y"), (f"{tmp_path}/z/~", "z/~")]:
        monkeypatch.setenv(f"DEFOCUS_{name}", chosen)
        assert folder() == tmp_path / found


def test_without_a_home_all_is_in_the_temporary_folder(homeless: None, tmp_path: Path) -> None:
    for folder in (state_dir(), cache_dir()):
        assert folder.is_absolute()
        assert folder.is_relative_to(tmp_path)
        assert "~" not in str(folder)
    assert expanded("~/photo.jpg") == Path("~/photo.jpg")


def test_to_ask_where_a_folder_is_makes_none(homeless: None, tmp_path: Path) -> None:
    state_dir()
    cache_dir()
    assert list(tmp_path.iterdir()) == []


def test_nowhere_to_write_is_no_error_for_who_only_reads(
    homeless: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def none() -> str:
        raise FileNotFoundError("No usable temporary directory found")

    monkeypatch.setattr(tempfile, "gettempdir", none)
    assert cache_dir().is_absolute()


def test_the_runtime_folder_is_closed_to_others(tmp_path: Path) -> None:
    folder = runtime_dir()
    assert folder.parent == tmp_path
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    folder.chmod(0o755)
    assert stat.S_IMODE(runtime_dir().stat().st_mode) == 0o700


def test_a_link_in_its_place_is_not_followed(tmp_path: Path) -> None:
    name = runtime_dir()
    name.rmdir()
    (tmp_path / "victim").mkdir(mode=0o755)
    name.symlink_to(tmp_path / "victim")
    assert runtime_dir() not in (name, tmp_path / "victim")
    with PrivateFolder("studio") as private:
        assert not private.resolve().is_relative_to(tmp_path / "victim")
    assert list((tmp_path / "victim").iterdir()) == []
    assert stat.S_IMODE((tmp_path / "victim").stat().st_mode) == 0o755


def test_a_private_folder_goes_with_its_owner() -> None:
    folder = PrivateFolder("studio")
    (folder.path / "copy.jpg").write_bytes(b"private")
    assert stat.S_IMODE(folder.path.stat().st_mode) == 0o700
    folder.close()
    folder.close()
    assert list(runtime_dir().iterdir()) == []


def test_the_folders_of_the_living_stay() -> None:
    with PrivateFolder("studio") as first, PrivateFolder("studio") as second:
        assert first != second
        assert first.is_dir()
        assert second.is_dir()


_KILLED = """
import os, signal, sys
from defocus.folders import PrivateFolder
folder = PrivateFolder(sys.argv[1])
(folder.path / "copy.jpg").write_bytes(b"private")
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_what_a_killed_process_left_goes_with_the_next_of_its_kind(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("DEFOCUS_RUNTIME", str(tmp_path / "run"))
    for kind in ("studio", "batch", "studio"):
        killed = subprocess.run([sys.executable, "-c", _KILLED, kind], check=False)
        assert killed.returncode == -signal.SIGKILL
    left = sorted(path.name for path in runtime_dir().iterdir())
    assert len(left) == 4  # two of each kind, the first studio is gone: folder and lock
    with PrivateFolder("studio"):
        names = [path.name for path in runtime_dir().iterdir() if path.name.startswith("studio")]
        assert len(names) == 2
    assert {path.name.partition("-")[0] for path in runtime_dir().iterdir()} == {"batch"}


def test_a_tilde_is_the_home_also_where_no_shell_said_so(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    noise(tmp_path / "a.png")
    halves(tmp_path / "depth.npy")
    words = ["--model", "~/depth.npy", "--save-edit", "~/look.json"]
    result = run("blur", "~/a.png", "-o", "~/b.png", *words)
    assert result.exit_code == 0, result.output
    assert {"b.png", "look.json"} <= {path.name for path in tmp_path.iterdir()}
    assert run("blur", "~/a.png", "-o", "~/c.png", "--edit", "~/look.json").exit_code == 0
    import defocus

    photo = defocus.read_photo("~/a.png")
    assert defocus.write_photo(photo, "~/d.png") == tmp_path / "d.png"


def _as_nobody(folder: Path, *words: object) -> subprocess.CompletedProcess[str]:
    """defocus as a user whom the system does not know, without HOME."""
    code = "from defocus.cli import main; main()"
    return subprocess.run(
        ["unshare", "--user", "--map-user=12345", "--map-group=12345", "env", "-i",
         f"PATH={os.environ['PATH']}", sys.executable, "-c", code, *map(str, words)],
        cwd=folder, capture_output=True, text=True, check=False,
    )  # fmt: skip


@pytest.mark.skipif(
    not shutil.which("unshare") or os.geteuid() != 0, reason="needs user namespaces"
)
@pytest.mark.parametrize("words", [["blur", "a.png"], ["depth", "a.png"], ["models", "list"]])
def test_a_user_whom_the_system_does_not_know_can_work(tmp_path: Path, words: list[str]) -> None:
    noise(tmp_path / "a.png")
    done = _as_nobody(tmp_path, *words)
    assert done.returncode == 0, done.stderr
    assert not (tmp_path / "~").exists()


def test_every_room_asks_here(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from defocus.depth import store
    from defocus.session import kept

    monkeypatch.setenv("DEFOCUS_STATE", str(tmp_path / "s"))
    monkeypatch.setenv("DEFOCUS_CACHE", str(tmp_path / "c"))
    assert store.path_of(store.MODELS["midas-small"]).parent == folders.cache_dir()
    assert kept._path("0" * 64).is_relative_to(folders.state_dir())
