"""The history as a list, versions with a name, virtual copies."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from conftest import Desk

pytestmark = pytest.mark.browser


@pytest.fixture
def own(empty_desk: Desk, copies: Callable[..., list[Path]]) -> Desk:
    """A page with a photo that no other test has, its history unfolded."""
    desk = empty_desk
    desk.add(*copies("own.jpg"))
    desk.page.click("summary:has-text('History')")
    return desk


def steps(desk: Desk) -> list[str]:
    """The latest first."""
    return desk.page.locator(".steps button").all_text_contents()


def test_any_step_of_the_history_can_be_gone_back_to_and_on_again(own: Desk) -> None:
    own.click_photo(0.85, 0.5)
    own.js("studio.edit(edit => ({...edit, lens: {...edit.lens, f_number: 1.4}}))")
    own.js("studio.edit(edit => ({...edit, foreground: 0.5}))")
    assert steps(own) == ["Foreground blur", "f/1.4", "Focus on a point", "Opened"]
    own.page.click(".steps >> text=Focus on a point")
    assert own.edit()["lens"]["f_number"] == 2
    assert own.edit()["focus"]["mode"] == "point"
    here = own.page.locator(".steps [aria-current=step]")
    assert here.all_text_contents() == ["Focus on a point"]
    own.page.click(".steps >> text=Foreground blur")
    assert (own.edit()["lens"]["f_number"], own.edit()["foreground"]) == (1.4, 0.5)
    own.page.keyboard.press("Control+z")
    assert here.all_text_contents() == ["f/1.4"]


def test_a_version_with_a_name_outlives_what_comes_after(own: Desk) -> None:
    own.js("studio.edit(edit => ({...edit, foreground: 0.25}))")
    name = own.page.get_by_label("Name of this version")
    name.fill("soft front")
    name.press("Enter")
    versions = own.page.locator(".versions button:not(.icon)")
    versions.first.wait_for()
    assert versions.all_text_contents() == ["soft front"]
    own.js("studio.reset()")
    own.save()
    own.page.reload()
    own.until("!!window.studio")
    own.settle()
    own.page.click("summary:has-text('History')")
    own.page.click(".versions >> text=soft front")
    assert own.edit()["foreground"] == 0.25
    own.page.keyboard.press("Control+z")  # it is a step as any other
    assert own.edit()["foreground"] == 1
    own.page.get_by_label("Remove version soft front").click()
    versions.first.wait_for(state="detached")


def test_a_virtual_copy_stands_beside_its_photo_and_has_its_own_edit(
    own: Desk, copies: Callable[..., list[Path]]
) -> None:
    own.page.set_input_files("#files", copies("other.jpg"))
    own.until("studio.photos.length === 2 && studio.photos.every(photo => photo.ready)")
    own.js("studio.album.choose(studio.photos[0])")
    own.js("studio.edit(edit => ({...edit, foreground: 0.25}))")
    own.page.click("text=Virtual copy")
    own.until("studio.photos.length === 3 && studio.photos.every(photo => photo.ready)")
    names = own.page.locator("#strip .name").all_text_contents()
    assert names == ["own.jpg", "own (2).jpg", "other.jpg"]
    assert own.js("studio.current.name") == "own (2).jpg"
    assert own.edit()["foreground"] == 0.25
    own.js("studio.edit(edit => ({...edit, foreground: 0.75}))")
    assert own.js("studio.photos.map(photo => photo.edit.foreground)") == [0.25, 0.75, 1]
    own.save()
    own.page.reload()
    own.until("!!window.studio && studio.photos.length === 3")
    assert own.js(
        "Object.fromEntries(studio.photos.map(photo => [photo.name, photo.edit.foreground]))"
    ) == {"own.jpg": 0.25, "own (2).jpg": 0.75, "other.jpg": 1}
