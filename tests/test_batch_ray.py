"""The Ray engine gives the same files. Skipped where Ray is not installed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import batch_fakes
import pytest

from defocus.batch import Options, run_batch
from defocus.batch.journal import JOURNAL
from defocus.batch.ray_engine import start_here
from defocus.edit import Edit
from defocus.errors import DefocusError, MissingExtraError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from defocus.batch.work import Work

# Ray's own: it leaves pipes and sockets to the garbage collector.
pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning", "default:::ray")


@pytest.fixture(scope="module")
def cluster() -> Iterator[None]:
    ray = pytest.importorskip("ray", reason="the extra 'ray' is not installed")
    support = str(Path(__file__).parent / "support")
    start_here(
        ray,
        num_cpus=2,
        include_dashboard=False,
        log_to_driver=False,
        runtime_env={"env_vars": {"PYTHONPATH": support}},
    )
    yield
    ray.shutdown()


def run(photos: Path | str, out: Path | str, edit: Edit, work: Work, engine: str) -> dict[str, str]:
    options = Options(workers=2, engine=engine)  # type: ignore[arg-type]
    summary = run_batch(photos, out, edit, options, work=work)
    return {entry.source: entry.error or entry.status for entry in summary.entries}


@pytest.mark.usefixtures("cluster")
@pytest.mark.parametrize("url", ["", "local://"])
def test_ray_and_the_local_engine_agree(tmp_path: Path, url: str) -> None:
    photos = tmp_path / "in" / "x"
    photos.mkdir(parents=True)
    texts = {"a.jpg": "a", "b.jpg": "bad", "c.jpg": "crash", "d.jpg": "d", "e.jpg": "bug"}
    for name, text in texts.items():
        (photos / name).write_text(text)
    local = run(tmp_path / "in", tmp_path / "local", Edit(), batch_fakes.shout, "local")
    source, target = f"{url}{tmp_path}/in", f"{url}{tmp_path}/ray"
    assert run(source, target, Edit(), batch_fakes.shout, "ray") == local
    assert local["x/a.jpg"] == local["x/d.jpg"] == "done"
    assert "died, twice" in local["x/c.jpg"]
    assert contents(tmp_path / "ray") == contents(tmp_path / "local")
    again = run(source, target, Edit(), batch_fakes.shout, "ray")
    assert again["x/a.jpg"] == "skipped"


@pytest.mark.usefixtures("cluster")
def test_the_same_edit_gives_the_same_portrait(tmp_path: Path, example: Path) -> None:
    from PIL import Image

    from defocus.batch.work import portrait

    (tmp_path / "in").mkdir()
    with Image.open(example) as image:
        image.convert("RGB").resize((200, 200)).save(tmp_path / "in" / "a.jpg")
    edit = Edit(quality="fast")
    for engine in ("local", "ray"):
        statuses = run(tmp_path / "in", tmp_path / engine, edit, portrait, engine)
        assert statuses == {"a.jpg": "done"}
    assert contents(tmp_path / "ray") == contents(tmp_path / "local")


@pytest.mark.usefixtures("cluster")
@pytest.mark.parametrize(("memory", "limit"), [(None, 512), (600, 512), (5000, 512)])
def test_an_actor_is_held_to_its_memory(tmp_path: Path, memory: int | None, limit: int) -> None:
    (tmp_path / "in").mkdir()
    for name, mib in (("a.jpg", 30), ("b.jpg", 3000), ("c.jpg", 60)):
        (tmp_path / "in" / name).write_text(str(mib))
    options = Options(workers=2, engine="ray", memory=memory and memory << 20)
    summary = run_batch(tmp_path / "in", tmp_path / "out", Edit(), options, work=batch_fakes.grow)
    said = {entry.source: entry.error for entry in summary.entries}
    assert said["a.jpg"] is said["c.jpg"] is None
    assert "not enough memory" in (said["b.jpg"] or "")
    limits = {int((tmp_path / "out" / name).read_text()) >> 20 for name in ("a.jpg", "c.jpg")}
    assert limits == {limit}


@pytest.mark.parametrize("engine", ["local", "ray"])
def test_too_little_memory_for_any_worker_is_refused(tmp_path: Path, engine: str) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.jpg").write_text("1")
    options = Options(engine=engine, memory=100 << 20)  # type: ignore[arg-type]
    with pytest.raises(DefocusError, match="less than one worker needs"):
        run_batch(tmp_path / "in", tmp_path / "out", Edit(), options, work=batch_fakes.grow)


def test_without_ray_the_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "ray", None)
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.jpg").write_text("a")
    with pytest.raises(MissingExtraError, match="needs the extra 'ray'"):
        run(tmp_path / "in", tmp_path / "out", Edit(), batch_fakes.shout, "ray")


class _LateRay:
    """Ray as it is on a busy machine: late, for the first so many starts."""

    def __init__(self, late: int, kind: type[Exception] = Exception) -> None:
        self.late = late
        self.kind = kind
        self.running = False

    def is_initialized(self) -> bool:
        return self.running

    def init(self, **_options: object) -> None:
        assert not self.running
        self.running = True
        if self.late > 0:
            self.late -= 1
            raise self.kind("The current node timed out during startup.")

    def shutdown(self) -> None:
        self.running = False


@pytest.mark.parametrize("late", [1, 2])
def test_ray_that_starts_late_is_started_again(late: int) -> None:
    ray = _LateRay(late)
    start_here(ray)
    assert ray.running


@pytest.mark.parametrize("kind", [Exception, RuntimeError, OSError])
@pytest.mark.parametrize("stubborn", [False, True])
def test_what_a_failed_start_has_begun_is_ended(kind: type[Exception], stubborn: bool) -> None:
    running = set()

    class Node:
        def __init__(self) -> None:
            running.update(("gcs", "raylet"))
            raise kind("The current node timed out during startup.")

        def kill_all_processes(self, *, check_alive: bool, allow_graceful: bool) -> None:
            assert (check_alive, allow_graceful) == (False, True)
            running.clear()
            if stubborn:
                raise ProcessLookupError("gone already")

    class Ray(_LateRay):
        def init(self, **_options: object) -> None:
            assert not running
            Node()

    with pytest.raises(kind, match="timed out"):
        start_here(Ray(0))
    assert not running


def test_any_other_trouble_of_ray_is_not_tried_again() -> None:
    ray = _LateRay(1, RuntimeError)
    with pytest.raises(RuntimeError):
        start_here(ray)


def test_ray_that_is_always_late_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("ray", reason="the extra 'ray' is not installed")
    import ray

    late = _LateRay(9)
    for name in ("init", "is_initialized", "shutdown"):
        monkeypatch.setattr(ray, name, getattr(late, name))
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.jpg").write_text("a")
    with pytest.raises(DefocusError, match=r"Ray cannot be used: .*timed out.*--engine local"):
        run(tmp_path / "in", tmp_path / "out", Edit(), batch_fakes.shout, "ray")


@pytest.mark.parametrize("address", ["127.0.0.1:1", "ray://127.0.0.1:1"])
def test_a_cluster_that_does_not_answer_is_named(tmp_path: Path, address: str) -> None:
    pytest.importorskip("ray", reason="the extra 'ray' is not installed")
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.jpg").write_text("a")
    options = Options(engine="ray", address=address)
    with pytest.raises(DefocusError, match="cannot be reached"):
        run_batch(tmp_path / "in", tmp_path / "out", Edit(), options, work=batch_fakes.shout)


def contents(folder: Path) -> dict[str, bytes]:
    files = (p for p in folder.rglob("*") if p.is_file() and p.name != JOURNAL)
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}
