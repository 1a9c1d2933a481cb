"""A shoot: one photo's look on others, and all of them exported."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from conftest import Desk

    from defocus.studio.server import Studio

pytestmark = pytest.mark.browser

LOOK = {"f_number": 1.2, "blades": 7}


@pytest.fixture
def shoot(empty_desk: Desk, copies: Callable[..., list[Path]]) -> Desk:
    """Four photos; the first has a look and a focus of its own."""
    desk = empty_desk
    desk.add(*copies("0.jpg", "1.jpg", "2.jpg", "3.jpg"))
    assert looks(desk) == [False] * 4
    desk.js("studio.edit(edit => ({...edit, lens: {...edit.lens, f_number: 1.2, blades: 7}}))")
    desk.click_photo(0.85, 0.5)
    return desk


def looks(desk: Desk) -> list[bool]:
    edits: list[dict[str, Any]] = desk.js("studio.photos.map(photo => photo.edit)")
    return [LOOK.items() <= edit["lens"].items() for edit in edits]


def modes(desk: Desk) -> list[str]:
    return list(desk.js("studio.photos.map(photo => photo.edit.focus.mode)"))


def thumb(desk: Desk, number: int) -> Any:
    return desk.page.locator("#strip .thumb").nth(number)


def test_a_look_is_applied_to_all_and_each_keeps_its_own_focus(shoot: Desk) -> None:
    assert looks(shoot) == [True, False, False, False]
    shoot.page.click("text=Apply to all")
    assert looks(shoot) == [True] * 4
    assert modes(shoot) == ["point", "auto", "auto", "auto"]
    shoot.page.click(".toast >> text=Undo")
    assert looks(shoot) == [True, False, False, False]


def test_a_look_is_applied_to_the_selected_photos(shoot: Desk) -> None:
    thumb(shoot, 1).click(modifiers=["Control"])
    thumb(shoot, 3).click(modifiers=["Shift"])
    assert thumb(shoot, 2).get_attribute("aria-pressed") == "true"
    thumb(shoot, 2).click(modifiers=["Control"])
    shoot.page.click("text=Apply to 2 selected")
    assert looks(shoot) == [True, True, False, True]
    assert shoot.js("studio.current.name") == "0.jpg"
    thumb(shoot, 2).click()  # a plain click selects nothing, and shows
    assert shoot.js("studio.album.selected.length") == 0
    assert shoot.js("studio.current.name") == "2.jpg"


def test_a_look_is_copied_and_pasted_with_keys(shoot: Desk) -> None:
    shoot.page.locator("#viewport").focus()
    shoot.page.keyboard.press("Control+c")
    thumb(shoot, 2).click()
    shoot.page.keyboard.press("Control+v")
    shoot.until("studio.photos[2].edit.lens.blades === 7")
    assert looks(shoot) == [True, False, True, False]
    assert modes(shoot)[2] == "auto"


def test_an_applied_look_is_kept_on_the_server(shoot: Desk) -> None:
    shoot.page.click("text=Apply to all")
    shoot.save()
    shoot.page.reload()
    shoot.until("!!window.studio && studio.photos.length === 4")
    assert looks(shoot) == [True] * 4
    assert shoot.js("studio.photos.map(photo => photo.name)") == [f"{n}.jpg" for n in range(4)]


@pytest.mark.parametrize("broken", [("a.jpg",), ("a.jpg", "b.jpg"), ("b.jpg",)])
def test_what_is_no_photo_keeps_none_of_those_opened_with_it_from_the_screen(
    empty_desk: Desk, copies: Callable[..., list[Path]], broken: tuple[str, ...]
) -> None:
    desk = empty_desk
    paths = copies("a.jpg", "b.jpg", "c.jpg")
    for path in paths:
        if path.name in broken:
            path.write_bytes(b"no photo at all")
    desk.page.set_input_files("#files", paths)
    first = next(path.name for path in paths if path.name not in broken)
    desk.until(f"studio.current?.name === '{first}' && studio.current.ready")
    desk.until(f"studio.photos.filter(({{state}}) => state === 'failed').length === {len(broken)}")
    assert desk.page.locator("#failure").is_hidden()
    assert desk.page.locator("#viewport").is_visible()
    told = " ".join(desk.page.locator(".toast.error").all_text_contents())
    assert all(name in told for name in broken)
    # A look for all is none for those.
    desk.js("studio.edit(edit => ({...edit, foreground: 0.5}))")
    desk.page.click("text=Apply to all")
    others = "1 photo" if len(broken) == 1 else "0 photos"
    desk.page.wait_for_selector(f".toast:has-text('Applied to {others}.')")
    edited = desk.page.locator("#strip .badge:visible")
    assert edited.count() == 3 - len(broken)
    # Who looks at it is told what is wrong.
    desk.page.click(f"#strip .thumb[aria-label='{broken[-1]}, cannot be opened']")
    assert broken[-1] in (desk.page.locator("#failure-name").text_content() or "")


def test_all_photos_are_exported_in_one_go(shoot: Desk) -> None:
    saved: list[str] = []

    def all_came(download: Any) -> bool:
        saved.append(download.suggested_filename)
        return len(saved) == 4

    shoot.page.click("text=Export all")
    assert shoot.page.locator("#export-title").text_content() == "Export 4 photos"
    shoot.page.select_option("#export-dialog select", "png")
    with shoot.page.expect_event("download", all_came):
        shoot.page.click("#export-dialog .primary")
    shoot.page.wait_for_selector(".toast:has-text('Exported 4 photos.')")
    assert shoot.page.locator("#export-dialog").is_hidden()
    assert sorted(saved) == [f"{number}-defocus.png" for number in range(4)]


def test_a_shoot_is_exported_by_a_preset_with_names_of_its_own_and_again_as_last_time(
    shoot: Desk,
) -> None:
    page = shoot.page
    page.click("text=Export all")
    assert page.get_by_role("radio", name="As last time").is_hidden()
    page.get_by_role("radio", name="Web").click()
    page.get_by_label("File name").fill("{number} {name} f{f}")
    downloads: list[str] = []

    def all_came(download: Any) -> bool:
        downloads.append(download.suggested_filename)
        return len(downloads) == 4

    with page.expect_event("download", all_came):
        page.click("#export-dialog .primary")
    page.wait_for_selector(".toast:has-text('Exported 4 photos.')")
    expected = ["001 0 f1.2.jpg", "002 1 f2.jpg", "003 2 f2.jpg", "004 3 f2.jpg"]
    assert sorted(downloads) == expected
    # The next time the studio is opened.
    shoot.save()
    page.reload()
    shoot.until("!!window.studio && studio.photos.length === 4")
    shoot.settle()
    shoot.js("studio.edit(edit => ({...edit, output: {...edit.output, format: 'png'}}))")
    page.keyboard.press("Control+e")
    page.get_by_role("radio", name="As last time").click()
    assert shoot.edit()["output"] == {"format": "jpeg", "quality": 85, "embed_disparity": False}
    assert page.get_by_label("Longer side").input_value() == "2048"
    assert page.get_by_label("File name").input_value() == "{number} {name} f{f}"
    page.get_by_label("File name").fill("a/b")
    page.click("#export-dialog .primary")
    assert "a/b" in (page.locator(".toast.error").text_content() or "")
    page.wait_for_selector("#export-dialog .primary:enabled")
    page.get_by_label("File name").fill("{name} again")
    page.click("#export-dialog .primary")
    page.wait_for_selector(".toast:has-text('Exported 0 again.jpg.')")
    assert page.locator("#export-dialog").is_hidden()


def test_what_was_opened_during_an_export_stays_when_that_ends(shoot: Desk) -> None:
    page = shoot.page
    page.click("text=Export all")
    page.click("#export-dialog .primary")
    page.keyboard.press("Escape")
    page.keyboard.press("Control+e")
    page.wait_for_selector(".toast:has-text('Exported 4 photos.')")
    assert page.locator("#export-title").text_content() == "Export"
    assert page.locator("#export-dialog .primary").is_enabled()


def test_one_that_cannot_be_exported_stops_no_other(shoot: Desk, studio: Studio) -> None:
    studio.workspace.photo(shoot.js("studio.photos[1].id")).path.write_bytes(b"no photo any more")
    shoot.page.click("text=Export all")
    shoot.page.click("#export-dialog .primary")
    shoot.page.wait_for_selector(".toast:has-text('Exported 3 photos.')")
    assert "1.jpg" in (shoot.page.locator(".toast.error").text_content() or "")


def test_a_shoot_that_is_cancelled_brings_no_more_and_another_can_be_begun(shoot: Desk) -> None:
    page = shoot.page
    page.click("text=Export all")
    page.click("#export-dialog .primary")
    with page.expect_request(lambda request: request.method == "DELETE"):
        page.click("text=Cancel export")
    page.wait_for_selector(".toast:has-text('Export cancelled.')")
    assert page.locator("#export-dialog .primary").is_enabled()
    assert page.locator("#export-dialog .meter").is_hidden()
    assert page.locator(".toast.error").count() == 0


def test_a_look_of_the_shelf_is_put_on_and_the_next_replaces_it(desk: Desk) -> None:
    desk.click_photo(0.85, 0.5)
    focus = desk.edit()["focus"]
    desk.js("document.querySelector('.group.looks').open = true")
    desk.page.click(".look:has-text('Soap bubble')")
    assert desk.edit()["lens"]["ring"] == 0.9
    pressed = desk.page.locator(".look[aria-pressed=true]")
    assert pressed.all_text_contents() == ["Soap bubble"]
    desk.page.click(".look:has-text('Six blades')")
    lens = desk.edit()["lens"]
    assert (lens["blades"], lens["ring"]) == (6, 0)
    assert pressed.all_text_contents() == ["Six blades"]
    assert desk.edit()["focus"] == focus
    desk.page.keyboard.press("Control+z")
    assert desk.edit()["lens"]["ring"] == 0.9


@pytest.mark.parametrize("mode", ["Face", "Eyes", "All faces"])
def test_faces_can_be_asked_for(desk: Desk, mode: str) -> None:
    desk.page.click(f".group.focus button[role=radio] >> text='{mode}'")
    assert (
        desk.edit()["focus"]["mode"] == {"Face": "face", "Eyes": "eyes", "All faces": "all"}[mode]
    )
    assert desk.page.locator(".group.focus [aria-checked=true]").all_text_contents() == [mode]
    desk.settle()


@pytest.mark.parametrize("width", [390, 1440])
@pytest.mark.parametrize("name", ["a.jpg", "a photo of a long summer on the island.jpg"])
def test_a_thumbnail_of_what_is_no_photo_says_so_in_its_own_room(
    empty_desk: Desk, tmp_path: Path, width: int, name: str
) -> None:
    desk = empty_desk
    broken = tmp_path / name
    broken.write_bytes(b"no photo at all")
    desk.page.set_viewport_size({"width": width, "height": 844})
    desk.page.set_input_files("#files", broken)
    desk.until("studio.current?.state === 'failed'")
    inside = "e => e.scrollWidth <= e.clientWidth && e.scrollHeight <= e.clientHeight"
    assert thumb(desk, 0).evaluate(inside)
    assert thumb(desk, 0).text_content() == "Cannot open"
    assert thumb(desk, 0).get_attribute("aria-label") == f"{name}, cannot be opened"


@pytest.fixture
def large(tmp_path: Path) -> list[Path]:
    """Five photos that are larger than the preview by far."""
    rng = np.random.default_rng(8)
    paths = [tmp_path / f"large-{number}.png" for number in range(5)]
    coarse = rng.integers(0, 255, (15, 20, 3)).astype(np.uint8)
    for path in paths:
        coarse[0, 0] = rng.integers(0, 255, 3)
        cv2.imwrite(str(path), cv2.resize(coarse, (2000, 1500)))
    return paths


def best(desk: Desk) -> list[bool]:
    return list(desk.js("studio.photos.map(photo => photo.best)"))


def test_of_a_shoot_only_what_is_looked_at_and_its_neighbours_are_refined_at_full_size(
    empty_desk: Desk, large: list[Path]
) -> None:
    desk = empty_desk
    desk.add(*large)
    desk.until("studio.photos[1].complete")
    assert best(desk) == [True, True, False, False, False]
    assert desk.js("studio.photos.every(photo => photo.ready)")
    # Who looks at another has its draft at once, and at rest what it would have been before.
    thumb(desk, 4).click()
    assert desk.js("studio.current.ready")
    desk.settle()
    assert desk.js("studio.current.complete && studio.current.things !== null")
    desk.until("studio.photos[3].complete")
    assert best(desk) == [True, True, False, True, True]


def test_a_photo_that_another_is_compared_with_is_refined_at_full_size_too(
    empty_desk: Desk, large: list[Path]
) -> None:
    desk = empty_desk
    desk.add(*large)
    desk.js("studio.album.want(studio.photos[3])")
    desk.until("studio.photos[3].complete")


def test_a_photo_that_is_made_ready_for_a_look_is_not_shown_as_one_to_wait_for(
    empty_desk: Desk, large: list[Path]
) -> None:
    desk = empty_desk
    desk.add(*large)
    desk.js(
        "(() => { const photo = studio.photos[3]; photo.unload(); window.seen = [];"
        " const thumb = document.querySelectorAll('#strip .thumb')[3];"
        " setInterval(() => { if (photo.state !== 'working') return;"
        " photo.dispatchEvent(new CustomEvent('progress'));"
        " seen.push(thumb.classList.contains('working')); }, 5); })()"
    )
    thumb(desk, 4).click()
    desk.until("studio.photos[3].best && studio.photos[3].state === 'ready'")
    assert set(desk.js("seen")) == {False}
    assert desk.js("studio.photos[3].unloaded")


@pytest.mark.parametrize("undone", [False, True])
def test_without_a_photo_there_is_nothing_to_undo(shoot: Desk, undone: bool) -> None:
    if undone:
        shoot.page.keyboard.press("Control+z")
    shoot.js("studio.album.close(...studio.photos)")
    assert shoot.page.locator("#undo").is_disabled()
    assert shoot.page.locator("#redo").is_disabled()
