"""The strip of open photos, and the shelves of looks and of bokeh."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from conftest import Desk

pytestmark = pytest.mark.browser


def names(desk: Desk) -> list[str]:
    """As they stand on the screen."""
    return desk.page.locator("#strip .name").all_text_contents()


@pytest.fixture
def three(empty_desk: Desk, copies: Callable[..., list[Path]]) -> Desk:
    desk = empty_desk
    desk.add(*copies("10.jpg", "2.jpg", "b.jpg"))
    return desk


def test_photos_have_names_and_a_badge_once_they_are_edited(three: Desk) -> None:
    assert names(three) == ["10.jpg", "2.jpg", "b.jpg"]
    badges = three.page.locator("#strip .badge:visible")
    assert badges.count() == 0
    three.js("studio.edit(edit => ({...edit, output: {...edit.output, format: 'png'}}))")
    assert badges.count() == 0  # how it is exported is no edit of the photo
    three.js("studio.edit(edit => ({...edit, foreground: 0.5}))")
    assert badges.count() == 1
    assert three.page.get_by_label("10.jpg, edited", exact=True).is_visible()
    three.page.keyboard.press("Control+z")
    assert badges.count() == 0


def test_the_strip_can_be_sorted_and_new_photos_take_their_place(
    three: Desk, copies: Callable[..., list[Path]]
) -> None:
    order = three.page.get_by_label("Order of the photos")
    order.select_option("name")
    assert names(three) == ["2.jpg", "10.jpg", "b.jpg"]
    three.page.set_input_files("#files", copies("5.jpg"))
    three.until("studio.photos.length === 4")
    assert names(three) == ["2.jpg", "5.jpg", "10.jpg", "b.jpg"]
    assert three.js("studio.current.name") == "5.jpg"
    three.until("studio.current.ready")
    three.js("studio.edit(edit => ({...edit, foreground: 0.5}))")
    order.select_option("edited")
    assert names(three) == ["5.jpg", "10.jpg", "2.jpg", "b.jpg"]
    order.select_option("opened")
    assert names(three) == ["10.jpg", "2.jpg", "b.jpg", "5.jpg"]


def test_all_or_selected_photos_are_closed_at_once_and_can_be_had_back(three: Desk) -> None:
    thumbs = three.page.locator("#strip .thumb")
    thumbs.nth(0).click(modifiers=["Control"])
    thumbs.nth(2).click(modifiers=["Control"])
    three.page.click("text=Close 2 selected")
    assert names(three) == ["2.jpg"]
    assert three.js("studio.current.name") == "2.jpg"
    three.page.click(".toast >> text=Undo")
    assert names(three) == ["10.jpg", "2.jpg", "b.jpg"]
    assert three.js("studio.current.name") == "10.jpg"
    three.page.click("text=Close all")
    assert three.page.locator("#welcome").is_visible()
    three.page.click(".toast:has-text('3 photos') >> text=Undo")
    assert names(three) == ["10.jpg", "2.jpg", "b.jpg"]
    three.settle()


def test_who_closes_photos_by_key_goes_on_to_the_next(three: Desk) -> None:
    three.page.locator("#strip .thumb").nth(0).focus()
    three.page.keyboard.press("Delete")
    shown = "[studio.current?.name ?? null, document.activeElement.getAttribute('aria-label')]"
    assert three.js(shown) == ["2.jpg", "2.jpg"]
    three.page.keyboard.press("ArrowRight")
    assert three.js(shown) == ["b.jpg", "b.jpg"]
    three.page.keyboard.press("Delete")
    assert three.js(shown) == ["2.jpg", "2.jpg"]
    three.page.keyboard.press("Delete")
    assert three.js(shown) == [None, "Open more photos"]


def test_tab_passes_the_strip_in_two_steps(three: Desk) -> None:
    three.page.locator("#strip .thumb").nth(1).click()
    three.page.keyboard.press("Tab")
    name = "document.activeElement.getAttribute('aria-label')"
    assert three.js(name) == "Close 2.jpg"
    three.page.keyboard.press("Tab")
    assert three.js(name) == "Open more photos"
    three.page.keyboard.press("Shift+Tab")
    three.page.keyboard.press("Shift+Tab")
    assert three.js(name) == "2.jpg"


def test_photos_are_marked_by_key_as_by_mouse(three: Desk) -> None:
    marked = "studio.album.selected.map(photo => photo.name)"
    three.page.locator("#strip .thumb").nth(0).focus()
    three.page.keyboard.press("Control+Enter")
    assert three.js(marked) == ["10.jpg"]
    three.page.keyboard.press("Control+Enter")
    assert three.js(marked) == []
    three.page.keyboard.press("ArrowRight")
    three.page.keyboard.press("Shift+ArrowRight")
    assert three.js(marked) == ["2.jpg", "b.jpg"]
    assert three.js("studio.current.name") == "b.jpg"
    three.page.keyboard.press("Escape")
    assert three.js(marked) == []


def test_a_finger_marks_photos_by_a_long_touch(
    phone: Desk, copies: Callable[..., list[Path]]
) -> None:
    phone.add(*copies("1.jpg", "2.jpg"))
    fingers = phone.page.context.new_cdp_session(phone.page)

    def touch(name: str, until: str | None = None) -> None:
        thumb = phone.page.get_by_label(name, exact=True)
        thumb.scroll_into_view_if_needed()
        box = thumb.bounding_box()
        assert box is not None
        point = {"x": box["x"] + box["width"] / 2, "y": box["y"] + box["height"] / 2, "id": 0}
        send = "Input.dispatchTouchEvent"
        fingers.send(send, {"type": "touchStart", "touchPoints": [point]})
        if until is not None:
            phone.until(until)
        fingers.send(send, {"type": "touchEnd", "touchPoints": []})

    marked = "studio.album.selected.map(photo => photo.name)"
    shown = phone.js("studio.current.name")
    touch("2.jpg", f"({marked}).length === 1")
    assert phone.js(marked) == ["2.jpg"]
    assert phone.js("studio.current.name") == shown
    touch("planes.jpg")
    phone.until(f"({marked}).length === 2")
    assert phone.js(marked) == ["planes.jpg", "2.jpg"]
    for name in ("planes.jpg", "2.jpg"):
        touch(name)
    phone.until(f"({marked}).length === 0")
    touch("2.jpg")  # none is marked: it is chosen
    phone.until("studio.current.name === '2.jpg'")


def test_on_a_phone_the_cross_covers_no_picture(phone: Desk) -> None:
    thumb = phone.page.locator("#strip .thumb[aria-current=true]").bounding_box()
    cross = phone.page.locator("#strip .close").bounding_box()
    assert thumb is not None
    assert cross is not None
    assert cross["x"] >= thumb["x"] + thumb["width"]
    assert min(cross["width"], cross["height"]) >= 30


def pictures(desk: Desk) -> np.ndarray:
    """The looks' pictures: count×bytes."""
    data: Any = desk.js(
        "[...document.querySelectorAll('.look canvas')].map(canvas =>"
        " [...canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data])"
    )
    return np.array(data, np.float64)


def test_each_look_is_shown_on_the_photo_itself(desk: Desk) -> None:
    # A better depth that comes later is drawn again, and rightly so.
    desk.until("studio.current.state === 'ready'")
    desk.js(
        "window.puts = 0; const { drawImage } = CanvasRenderingContext2D.prototype;"
        "CanvasRenderingContext2D.prototype.drawImage = function (...all) {"
        " puts += this.canvas.closest('.look') !== null; return drawImage.apply(this, all); };"
        " undefined"
    )
    looks = desk.js("studio.schema.looks.map(look => look.name)")
    desk.click_photo(0.9, 0.3)  # where no other test did: pictures that are there stay
    desk.page.click("summary:has-text('Looks')")
    desk.until(f"puts === {len(looks)}")
    far = pictures(desk)
    fast, phone = far[looks.index("portrait-85")], far[looks.index("phone")]
    assert np.abs(fast - phone).mean() > 2
    # They follow the focus, and nothing else of this photo.
    desk.js("studio.edit(edit => ({...edit, lens: {...edit.lens, f_number: 8}}))")
    desk.let_timers_run()
    assert desk.js("puts") == len(looks)
    desk.click_photo(0.15, 0.5)
    desk.until(f"puts === {2 * len(looks)}")
    assert np.abs(pictures(desk) - far).mean() > 2
    desk.page.click("summary:has-text('Looks')")


def test_the_shape_of_bokeh_is_chosen_by_picture_and_tuned_behind_a_fold(desk: Desk) -> None:
    desk.js("studio.edit(edit => ({...edit, lens: {...edit.lens, highlights: 0.7}}))")
    desk.page.get_by_role("button", name="Six blades", exact=True).and_(
        desk.page.locator(".shape")
    ).click()
    lens = desk.edit()["lens"]
    assert (lens["blades"], lens["highlights"]) == (6, 0.7)
    pressed = desk.page.locator(".shape[aria-pressed=true]")
    assert pressed.evaluate_all("all => all.map(one => one.title)") == ["Six blades"]
    blades = desk.page.get_by_label("Blades, value")
    assert blades.is_hidden()
    desk.page.click("summary:has-text('Fine-tune')")
    assert blades.input_value() == "6"
    blades.fill("7")
    blades.press("Enter")
    assert desk.edit()["lens"]["blades"] == 7
    assert pressed.count() == 0
    desk.page.click("summary:has-text('Fine-tune')")


@pytest.mark.parametrize(("number", "width"), [(11, 768), (11, 390), (6, 390)])
def test_the_photo_in_sight_stays_in_the_strip_when_the_window_becomes_narrow(
    empty_desk: Desk, copies: Callable[..., list[Path]], number: int, width: int
) -> None:
    desk = empty_desk
    desk.add(*copies(*(f"{each:02d}.jpg" for each in range(12))))
    desk.page.locator("#strip .thumb").nth(number).click()
    desk.page.set_viewport_size({"width": width, "height": 1024})
    desk.until(
        "(() => { const thumb = document.querySelector('#strip .thumb[aria-current]');"
        " const [a, b] = [thumb, document.getElementById('strip')].map("
        "e => e.getBoundingClientRect());"
        " return a.left >= b.left && a.right <= b.right; })()"
    )
