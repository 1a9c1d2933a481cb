from __future__ import annotations

import errno
import pickle
from pathlib import Path
from typing import TYPE_CHECKING

import fsspec
import pytest

from defocus.batch.address import place_of
from defocus.batch.places import PARTS, LocalFolder, Place
from defocus.batch.remote import RemoteFolder
from defocus.errors import DefocusError

if TYPE_CHECKING:
    from collections.abc import Iterator


def names(place: Place, beside: Place) -> list[str]:
    return [name for name, _ in place.files(beside=beside)]


@pytest.fixture
def memory() -> Iterator[fsspec.AbstractFileSystem]:
    system = fsspec.filesystem("memory")
    system.store.clear()
    yield system
    system.store.clear()


@pytest.fixture(params=["local", "memory"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    """A place with a.jpg, x/b.jpg and hidden files."""
    files = {"a.jpg": b"A", "x/b.jpg": b"BB", ".h.jpg": b"H", ".hid/c.jpg": b"C"}
    if request.param == "memory":
        system = request.getfixturevalue("memory")
        for name, content in files.items():
            system.pipe_file(f"/bucket/in/{name}", content)
        return place_of("memory://bucket/in")
    for name, content in files.items():
        (tmp_path / "in" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "in" / name).write_bytes(content)
    return place_of(tmp_path / "in")


def test_visible_files_are_found_with_their_stamps(place: Place, tmp_path: Path) -> None:
    found = dict(place.files(beside=LocalFolder(tmp_path / "out")))
    assert {name: stamp.size for name, stamp in found.items() if stamp} == {
        "a.jpg": 1,
        "x/b.jpg": 2,
    }
    assert place.stamps(["x/b.jpg", "no.jpg"]) == {"x/b.jpg": found["x/b.jpg"]}


def test_a_result_is_in_place_only_when_it_is_kept(place: Place) -> None:
    with place.new_file("y/z/new.jpg") as part:
        part.write_bytes(b"new")
        assert part.suffix == ".jpg"
        assert place.stamps(["y/z/new.jpg"]) == {}
        stamp = place.keep(part, "y/z/new.jpg", "0", replaces=False)
    assert stamp.size == 3
    assert place.stamps(["y/z/new.jpg"]) == {"y/z/new.jpg": stamp}
    with place.local("y/z/new.jpg") as path:
        assert path.read_bytes() == b"new"


def test_keeping_replaces_and_changes_the_stamp(place: Place) -> None:
    before = place.stamps(["a.jpg"])["a.jpg"]
    with place.new_file("a.jpg") as part:
        part.write_bytes(b"B")
        assert place.keep(part, "a.jpg", "0", replaces=True) != before
    with place.local("a.jpg") as path:
        assert path.read_bytes() == b"B"


def test_a_place_travels_to_workers(place: Place) -> None:
    assert pickle.loads(pickle.dumps(place)) == place


def test_the_results_of_a_folder_inside_are_left_out(place: Place) -> None:
    assert names(place, beside=place_of(f"{place}/x")) == ["a.jpg"]


def test_what_a_killed_run_left_is_swept(tmp_path: Path, memory: fsspec.AbstractFileSystem) -> None:
    local = place_of(tmp_path)
    (tmp_path / PARTS).mkdir()
    (tmp_path / PARTS / "0123.jpg").write_bytes(b"half")
    local.sweep()
    assert list(tmp_path.iterdir()) == []
    memory.pipe_file(f"/bucket/{PARTS}/0123", b"half")
    place_of("memory://bucket").sweep()
    assert memory.find("/bucket") == []


def test_links_are_followed_but_not_in_circles(tmp_path: Path) -> None:
    (tmp_path / "in" / "real").mkdir(parents=True)
    (tmp_path / "in" / "real" / "a.jpg").write_bytes(b"A")
    (tmp_path / "in" / "real" / "up").symlink_to(tmp_path / "in")
    (tmp_path / "in" / "self").symlink_to(tmp_path / "in" / "self")
    (tmp_path / "in" / "link").symlink_to(tmp_path / "in" / "real")
    (tmp_path / "in" / "b.jpg").symlink_to(tmp_path / "in" / "real" / "a.jpg")
    found = dict(LocalFolder(tmp_path / "in").files(beside=LocalFolder(tmp_path / "out")))
    assert sorted(found) == ["b.jpg", "link/a.jpg", "real/a.jpg", "self"]
    assert found["self"] is None


def test_a_result_for_another_disk_is_copied_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rename = Path.replace

    def refuse_between_disks(self: Path, target: Path) -> Path:
        if self.parent.name == PARTS and target.parent.name != PARTS:
            raise OSError(errno.EXDEV, "Invalid cross-device link")
        return rename(self, target)

    monkeypatch.setattr(Path, "replace", refuse_between_disks)
    place = LocalFolder(tmp_path)
    with place.new_file("a.jpg") as part:
        part.write_bytes(b"A")
        place.keep(part, "a.jpg", "0", replaces=True)
    assert (tmp_path / "a.jpg").read_bytes() == b"A"
    assert sorted(path.name for path in tmp_path.iterdir()) == [PARTS, "a.jpg"]


def test_a_missing_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DefocusError, match="no folder"):
        names(LocalFolder(tmp_path / "no"), beside=LocalFolder(tmp_path))


@pytest.mark.parametrize("url", ["nonsense://a/b", "s3://bucket/x"])
def test_a_file_system_that_cannot_be_opened_is_refused(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "s3fs", None)
    with pytest.raises(DefocusError, match="cannot be opened"):
        place_of(url)


def test_file_urls_are_local_folders(tmp_path: Path) -> None:
    assert place_of(f"file://{tmp_path}") == LocalFolder(tmp_path)


def test_an_object_store_gets_no_second_copy(memory: fsspec.AbstractFileSystem) -> None:
    class Store(type(memory)):  # type: ignore[misc]
        protocol = ("s3", "s3a")

        def mv(self, *args: object, **kwargs: object) -> None:
            raise AssertionError("a move in an object store copies")

    fsspec.register_implementation("fakestore", Store, clobber=True)
    store = RemoteFolder("fakestore://bucket")
    with store.new_file("a.jpg") as part:
        part.write_bytes(b"A")
        assert store.keep(part, "a.jpg", "0", replaces=False).size == 1
