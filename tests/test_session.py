"""A session: one photo being edited, by a plain script as by any host."""

from __future__ import annotations

import math
import os
import threading
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from waiting import PATIENCE_S, wait_until

from defocus import depth
from defocus.depth.builtin import Builtin
from defocus.edit import Edit, Focus, Stroke
from defocus.errors import PhotoError
from defocus.formats.reading import read_photo
from defocus.optics import Lens
from defocus.pipeline import apply, prepare, render_scene
from defocus.session import Event, Session, payloads
from defocus.session import results as results_module
from defocus.session import session as session_module
from defocus.session.history import STEPS, History
from defocus.session.jobs import Workers
from defocus.session.payloads import Region, picture_of
from defocus.session.recipe import Recipe
from defocus.session.scenes import Scenes

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from defocus.disparity import Estimate
    from defocus.photo import Photo
    from defocus.quality import Quality
    from defocus.scene import Scene


pytestmark = pytest.mark.usefixtures("quick_network")

BLURRED = Edit(focus=Focus("near"), lens=Lens(f_number=1.2))


@pytest.mark.parametrize("waiting", [1, 2])
@pytest.mark.parametrize("quality", ["default", "fast"])
def test_urgent_work_that_needs_a_scene_does_not_wait_for_who_rests_for_it(
    photo_file: Path, monkeypatch: pytest.MonkeyPatch, waiting: int, quality: Quality
) -> None:
    began, go = threading.Event(), threading.Event()

    def read(path: Path, name: str) -> object:
        began.set()
        assert go.wait(PATIENCE_S)
        return read_named(path, name)

    read_named = session_module.read_named
    monkeypatch.setattr(session_module, "read_named", read)
    workers = Workers(1 + waiting)
    session = Session(photo_file, workers=workers)
    session.edit = Edit(quality=quality)
    session.prepare()
    assert began.wait(PATIENCE_S)
    exports = [
        workers.start(lambda progress: needs(session.scene(progress))) for _ in range(waiting)
    ]
    for export in exports:
        export.hurry(math.inf)
    wait_until(lambda: all(each.stage == "starting" for each in exports), "the exports")
    go.set()
    jobs = (*exports, session.job)  # the maker hands its scene over before it has ended itself
    assert all(each.wait(PATIENCE_S) for each in jobs)
    assert {each.state for each in jobs} == {"ready"}


def needs(scene: Scene) -> None:
    assert scene.disparity.values.size


def test_a_plain_script_edits_a_photo_from_its_file_to_its_export(
    photo_file: Path, tmp_path: Path
) -> None:
    session = Session(photo_file)
    happened: list[Event] = []
    stop = session.listen(happened.append)
    assert session.prepare().wait(60)
    assert session.job.state == "ready"
    assert happened == ["size", "picture"]
    assert session.size == {"width": 160, "height": 120}

    session.change(BLURRED)
    session.change(replace(BLURRED, foreground=0.5))
    assert session.undo()
    assert session.edit == BLURRED
    assert session.redo()
    assert session.edit.foreground == 0.5
    assert session.undo()
    assert happened[2:] == ["edit"] * 5
    stop()
    session.change(BLURRED, kind="again")
    assert len(happened) == 7

    facts = session.facts
    assert facts["planes"]["near"]["disparity"] > facts["planes"]["far"]["disparity"]
    assert len(session.layers.get("disparity") or b"") == 2 * 160 * 120
    assert session.region(Region(10, 20, 40, 30)).size_wh == (40, 30)
    fewer = session.region(Region(10, 20, 80, 60, across=40))
    assert fewer.size_wh == (40, 30)
    assert len(fewer.disparity) == 2 * 40 * 30

    written = session.export(tmp_path / "result.png")
    expected = apply(read_photo(photo_file), BLURRED).photo.pixels
    np.testing.assert_array_equal(read_photo(written).pixels, expected)
    session.close()
    assert session.closed


def test_an_edit_is_there_again_in_the_next_session(photo_file: Path) -> None:
    first = Session(photo_file)
    first.change(BLURRED)
    first.close()
    again = Session(photo_file)
    assert again.edit == BLURRED
    assert not again.undo()  # what was before belongs to the first
    again.close()


def test_strokes_move_the_focal_planes(photo_file: Path) -> None:
    session = Session(photo_file)
    session.prepare().wait(60)
    before = session.facts["planes"]["far"]["disparity"]
    all_over = Stroke(((0.0, 0.5), (1.0, 0.5)), 1.0, 0.75, hardness=1.0)
    session.change(Edit(strokes=(all_over,)))
    assert session.facts["planes"]["far"]["disparity"] == pytest.approx(0.75, abs=0.01)
    session.undo()
    assert session.facts["planes"]["far"]["disparity"] == pytest.approx(before)
    session.close()


def test_another_depth_is_prepared_anew(photo_file: Path) -> None:
    session = Session(photo_file)
    session.prepare().wait(60)
    assert session.facts["source"].startswith("embedded")
    session.change(Edit(model="builtin"))
    assert session.job.wait(60)
    assert session.facts["source"] == "builtin"
    assert session.depths == 2
    session.close()


def test_a_file_that_is_not_there_is_no_session(tmp_path: Path) -> None:
    with pytest.raises(PhotoError, match=r"nowhere\.jpg cannot be read"):
        Session(tmp_path / "nowhere.jpg")


def test_a_private_path_is_in_no_message(tmp_path: Path) -> None:
    broken = tmp_path / "0f3a.jpg"
    broken.write_bytes(b"this is no photo at all")
    session = Session(broken, name="holiday.jpg")
    session.prepare().wait(60)
    assert session.job.state == "failed"
    assert "holiday.jpg" in (session.job.error or "")
    assert "0f3a" not in (session.job.error or "")
    session.close()


def test_a_large_photo_has_a_draft_and_then_the_real_depth(
    monkeypatch: pytest.MonkeyPatch, photo_file: Path
) -> None:
    monkeypatch.setattr(payloads, "PREVIEW_PX", 80)
    photo = Session(photo_file)
    seen = []

    def progress(stage: str, fraction: float) -> None:
        seen.append((photo.size, photo.depths, photo.layers.get("disparity")))

    scene = photo.scene(progress)
    assert scene.disparity.size_wh == (160, 120)
    drafts = [disparity for _, depths, disparity in seen if depths == 1]
    assert len(drafts[0] or b"") == 2 * 80 * 60
    assert any(size == {"width": 160, "height": 120} and not depths for size, depths, _ in seen)
    assert photo.depths == 2
    assert photo.layers.get("disparity") == picture_of(scene).disparity
    assert photo.facts["width"] == 160
    photo.close()


def test_a_draft_does_not_wait_for_the_second_look_of_the_network(
    monkeypatch: pytest.MonkeyPatch, photo_file: Path
) -> None:
    monkeypatch.setattr(payloads, "PREVIEW_PX", 80)
    asked: list[tuple[str, int]] = []
    estimate = Builtin.estimate

    def noted(self: Builtin, pixels: np.ndarray, quality: Quality = "default") -> Estimate:
        asked.append((quality, photo.depths))
        return estimate(self, pixels, quality)

    monkeypatch.setattr(Builtin, "estimate", noted)
    photo = Session(photo_file)
    photo.edit = Edit(model="builtin")
    photo.scene()
    assert asked == [("fast", 0), ("default", 1)]
    assert photo.depths == 2
    photo.close()


def test_depth_that_is_made_again_for_want_of_room_is_no_news(photo_file: Path) -> None:
    scenes = Scenes()
    photo = Session(photo_file, scenes=scenes)
    photo.scene()
    layer, happened = photo.layers.get("disparity"), []
    photo.listen(happened.append)
    scenes.clear()
    assert photo.region(Region(0, 0, 8, 8)).size_wh == (8, 8)
    assert photo.portrait(BLURRED) is not None
    assert (photo.depths, happened) == (1, [])
    assert photo.layers.get("disparity") == layer
    photo.put(Edit(model="builtin"))
    assert photo.job.wait(PATIENCE_S)
    assert photo.depths == 2
    photo.close()


def test_a_photo_that_nobody_looks_at_has_no_draft(
    monkeypatch: pytest.MonkeyPatch, photo_file: Path
) -> None:
    monkeypatch.setattr(payloads, "PREVIEW_PX", 80)
    monkeypatch.setattr(Session, "awaited", False)
    photo = Session(photo_file)
    photo.scene()
    assert photo.depths == 1
    photo.close()


@pytest.fixture
def unseen(monkeypatch: pytest.MonkeyPatch, photo_file: Path) -> Iterator[Session]:
    """A large photo whose depth is known, and that nobody has looked at."""
    monkeypatch.setattr(payloads, "PREVIEW_PX", 80)
    monkeypatch.setattr(Session, "awaited", False)
    photo = Session(photo_file)
    photo.prepare().wait(PATIENCE_S)
    yield photo
    photo.close()


def test_a_large_photo_that_nobody_looks_at_stays_with_a_draft(unseen: Session) -> None:
    assert (unseen.job.state, unseen.depths, unseen.best) == ("ready", 1, False)
    assert len(unseen.layers.get("disparity") or b"") == 2 * 80 * 60
    assert unseen.layers.get("things") is None
    assert len(unseen._scenes) == 0


def test_who_looks_then_gets_what_it_would_have_been_from_the_start(
    unseen: Session, monkeypatch: pytest.MonkeyPatch, photo_file: Path
) -> None:
    monkeypatch.setattr(Session, "awaited", True)
    assert unseen.prepare().wait(PATIENCE_S)
    assert (unseen.depths, unseen.best) == (2, True)
    at_once = Session(photo_file)
    assert at_once.prepare().wait(PATIENCE_S)
    assert unseen.facts == at_once.facts
    for name in ("disparity", "subject", "lamps", "things"):
        assert unseen.layers.get(name) == at_once.layers.get(name)
    at_once.close()


@pytest.mark.parametrize("long_side_px", [None, 100])
def test_an_export_of_a_photo_that_nobody_looked_at_is_made_at_full_size(
    unseen: Session, photo_file: Path, tmp_path: Path, long_side_px: int | None
) -> None:
    written = unseen.export(tmp_path / "out.png", BLURRED, recipe=Recipe(long_side_px))
    scene = prepare(read_photo(photo_file), BLURRED)
    truth = Recipe(long_side_px).sized(render_scene(scene, BLURRED))
    assert np.array_equal(read_photo(written).pixels, truth.pixels)


@pytest.mark.parametrize("model", ["auto", "builtin"])
def test_a_scene_that_is_made_again_asks_the_source_no_second_time(
    monkeypatch: pytest.MonkeyPatch, photo_file: Path, model: str
) -> None:
    asked: list[str] = []
    estimate = depth.estimate

    def noted(photo: Photo, name: str, **options: Any) -> Estimate:
        asked.append(name)
        return estimate(photo, name, **options)

    monkeypatch.setattr(depth, "estimate", noted)
    scenes = Scenes()
    photo = Session(photo_file, scenes=scenes)
    photo.edit = Edit(model=model)
    first = photo.scene()
    scenes.clear()
    again = photo.scene()
    assert again is not first
    assert np.array_equal(again.disparity.values, first.disparity.values)
    assert asked == [model]
    photo.put(Edit(model=model, invert=True))  # of that it has said nothing yet
    assert photo.job.wait(PATIENCE_S)
    assert asked == [model, model]
    photo.close()


def test_another_depth_for_a_photo_that_nobody_looks_at_is_a_draft_again(
    unseen: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    unseen.put(Edit(model="builtin"))
    assert unseen.job.wait(PATIENCE_S)
    assert (unseen.facts["source"], unseen.best, unseen.depths) == ("builtin", False, 2)
    # A best one that gave way to a draft is none for the choices that it was made for.
    monkeypatch.setattr(Session, "awaited", True)
    assert unseen.prepare().wait(PATIENCE_S)
    monkeypatch.setattr(Session, "awaited", False)
    unseen.put(Edit())
    assert unseen.job.wait(PATIENCE_S)
    unseen.put(Edit(model="builtin"))
    assert unseen.job.wait(PATIENCE_S)
    assert not unseen.best


def test_strokes_on_a_photo_that_nobody_looks_at_cost_no_scene(unseen: Session) -> None:
    unseen.put(Edit(strokes=(Stroke(((0.0, 0.5), (1.0, 0.5)), 1.0, 0.75, hardness=1.0),)))
    assert len(unseen._scenes) == 0
    unseen.scene()
    assert unseen.facts["planes"]["far"]["disparity"] == pytest.approx(0.75, abs=0.01)


def test_what_may_be_looked_at_next_never_takes_the_room_of_what_is_looked_at(
    monkeypatch: pytest.MonkeyPatch, photo_file: Path
) -> None:
    scene = prepare(read_photo(photo_file), Edit())
    for room, kept in ((2, "shown next"), (1, "shown"), (3, "before shown next")):
        monkeypatch.setattr("defocus.session.scenes.SCENE_PIXELS", room * 160 * 120)
        scenes = Scenes()
        scenes.keep("before", scene)
        scenes.keep("shown", scene)
        scenes.keep("next", scene, ahead=True)
        assert {name for name in ("before", "shown", "next") if scenes.find(name)} == set(
            kept.split()
        )


def test_a_small_photo_needs_no_draft(photo_file: Path) -> None:
    photo = Session(photo_file)
    photo.scene()
    assert photo.depths == 1
    photo.close()


def test_a_photo_larger_than_allowed_is_refused(
    monkeypatch: pytest.MonkeyPatch, photo_file: Path
) -> None:
    monkeypatch.setattr(results_module, "MAX_PIXELS", 1000)
    photo = Session(photo_file)
    with pytest.raises(PhotoError, match=r"near-left\.jpg"):
        photo.scene()
    photo.close()


def test_a_scene_that_is_being_made_is_waited_for(photo_file: Path) -> None:
    photo = Session(photo_file)
    found: list[Scene] = []
    threads = [threading.Thread(target=lambda: found.append(photo.scene())) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE_S)
    assert len(found) == 3
    assert found[0] is found[1] is found[2]
    assert photo.depths == 1
    photo.close()


def test_sessions_share_the_room_for_scenes(
    monkeypatch: pytest.MonkeyPatch, photo_file: Path
) -> None:
    monkeypatch.setattr("defocus.session.scenes.SCENE_PIXELS", 2 * 160 * 120)
    scenes = Scenes()
    sessions = [Session(photo_file, scenes=scenes) for _ in range(3)]
    first, *_ = [session.scene() for session in sessions]
    assert len(scenes) == 2
    assert sessions[0].scene() is not first  # it had to go, and is made again
    assert sessions[0].depths == 1
    for session in sessions:
        session.close()
    assert len(scenes) == 0


# -- the history -----------------------------------------------------------------------------------


def edits(count: int) -> list[Edit]:
    return [Edit(foreground=number / count) for number in range(count)]


def test_changes_of_one_kind_in_a_row_are_one_step() -> None:
    history = History()
    first, second, third, fourth = edits(4)
    history.record(first, "drag")
    history.record(second, "drag")
    history.settle()
    history.record(third, "drag")
    assert history.undo(fourth) == third
    assert history.undo(third) == first
    assert history.undo(first) is None
    assert history.redo(first) == third
    assert history.redo(third) == fourth
    assert not history.can_redo


def test_a_change_after_undo_forgets_what_was_undone() -> None:
    history = History()
    first, second, third = edits(3)
    history.record(first)
    assert history.undo(second) == first
    history.record(first)
    assert history.redo(third) is None
    assert history.can_undo


def test_a_history_has_an_end() -> None:
    history = History()
    many = edits(STEPS + 10)
    for edit in many:
        history.record(edit)
    undone = many[-1]
    count = 0
    while (earlier := history.undo(undone)) is not None:
        undone, count = earlier, count + 1
    assert count == STEPS
    assert undone == many[10]


@pytest.mark.parametrize("kind", ["pipe", "device"])
def test_what_is_no_file_is_refused_at_once(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "a.jpg"
    if kind == "pipe":
        os.mkfifo(path)
    else:
        path.symlink_to("/dev/zero")
    with pytest.raises(PhotoError, match="no ordinary file"):
        Session(path)
