"""Small things that a person would stumble over."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Desk

pytestmark = pytest.mark.browser


def f_number(desk: Desk) -> float:
    return float(desk.edit()["lens"]["f_number"])


def test_the_wheel_turns_the_dial_only_when_it_has_the_focus(desk: Desk) -> None:
    dial = desk.page.locator(".dial")
    dial.hover()
    before = f_number(desk)
    desk.page.mouse.wheel(0, 100)
    assert f_number(desk) == before
    dial.focus()
    dial.hover()  # the panel has scrolled
    desk.page.mouse.wheel(0, 100)
    desk.until(f"studio.current.edit.lens.f_number !== {before}")


def test_a_swipe_over_the_instruments_scrolls_the_panel(phone: Desk) -> None:
    for name in (".histogram", ".dial"):
        action = phone.js(f"getComputedStyle(document.querySelector('{name}')).touchAction")
        assert action == "pan-y"


def test_the_first_screen_of_a_phone_has_aperture_reset_and_help(phone: Desk) -> None:
    for selector in (".dial", "#reset", "#help", "#undo", "#export"):
        box = phone.page.locator(selector).bounding_box()
        assert box is not None, selector
        assert box["y"] + box["height"] <= 780
        assert box["x"] + box["width"] <= 390


def test_what_is_in_focus_stays_marked_and_is_named(desk: Desk) -> None:
    def marks() -> list[bool]:
        return [desk.page.locator(f"#{name}").is_visible() for name in ("reticle", "frame")]

    assert marks() == [False, False]  # the subject, wherever it is
    assert (
        desk.page.locator(".group.focus .note").text_content() == "On the subject that was found."
    )
    desk.click_photo(0.3, 0.6)
    assert marks() == [True, False]
    assert desk.js("document.getElementById('reticle').style.left").startswith("30")
    desk.js(
        "studio.edit(edit => ({...edit,"
        " focus: {...edit.focus, mode: 'rectangle', at: [0.1, 0.2, 0.4, 0.6]}}))"
    )
    assert marks() == [False, True]
    assert "frame" in (desk.page.locator(".group.focus .note").text_content() or "")
    desk.page.keyboard.press("Control+z")
    assert marks() == [True, False]


def test_zoom_and_place_are_kept_between_photos(empty_desk: Desk, tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    paths = [tmp_path / f"{name}.png" for name in "ab"]
    for path in paths:
        cv2.imwrite(str(path), rng.integers(0, 255, (1000, 1500, 3), np.uint8))
    desk = empty_desk
    desk.page.set_input_files("#files", paths)
    desk.until("studio.photos.length === 2 && studio.photos.every(photo => photo.ready)")
    desk.js("studio.viewport.zoomBy(3, {x: 100, y: 120})")
    placed = desk.js("({...studio.viewport.placement.offset, s: studio.viewport.placement.scale})")
    desk.js("studio.album.choose(studio.photos[1])")
    desk.settle()
    now = desk.js("({...studio.viewport.placement.offset, s: studio.viewport.placement.scale})")
    assert now == pytest.approx(placed, abs=0.5)


def test_a_dropped_folder_is_opened_with_what_it_holds(
    empty_desk: Desk, planes_photo: Path
) -> None:
    desk = empty_desk
    data = list(planes_photo.read_bytes())
    desk.js(
        "(async () => {"
        f" const bytes = new Uint8Array({json.dumps(data)});"
        " const file = (name) => ({ name, isFile: true,"
        "   file: (take) => take(new File([bytes], name)) });"
        " const folder = (name, inside) => ({ name, isFile: false, createReader: () => {"
        "   const left = [...inside];"
        "   return { readEntries: (take) => take(left.splice(0, 2)) }; } });"
        " const tree = folder('shoot', [file('10.jpg'), file('2.jpg'), file('.DS_Store'),"
        "   folder('more', [file('3.jpg'), file('notes.txt')])]);"
        " const event = new Event('drop', { cancelable: true });"
        " event.dataTransfer = { types: ['Files'], files: [],"
        "   items: [{ webkitGetAsEntry: () => tree }] };"
        " dispatchEvent(event); return true; })()"
    )
    desk.until("studio.photos.length === 3")
    assert desk.js("studio.photos.map(photo => photo.name)") == ["2.jpg", "10.jpg", "3.jpg"]


def test_a_saved_edit_that_is_dropped_is_applied(desk: Desk, tmp_path: Path) -> None:
    look = tmp_path / "look.json"
    look.write_text(json.dumps({"defocus_edit": 1, "lens": {"f_number": 1.2, "blades": 7}}))
    desk.page.set_input_files("#files", look)
    desk.until("studio.current.edit.lens.blades === 7")
    assert f_number(desk) == 1.2
    desk.page.keyboard.press("Control+z")
    assert desk.edit()["lens"]["blades"] == 0
    look.write_text('{"defocus_edit": 1, "lens": {"f_number": "wide"}}')
    desk.page.set_input_files("#files", look)
    assert "look.json" in (desk.page.locator(".toast.error").text_content() or "")


def test_depth_is_embedded_only_where_the_file_can_hold_it(desk: Desk) -> None:
    desk.page.keyboard.press("Control+e")
    # The second switch of the dialog is the one of depth.
    inert = "document.querySelectorAll('#export-dialog .check')[1].inert"
    assert desk.js(inert) is False  # as the photo: a JPEG
    desk.page.select_option("#export-dialog select", "png")
    assert desk.js(inert) is True
    desk.page.select_option("#export-dialog select", "jpeg")
    assert desk.js(inert) is False


def test_with_forced_colours_one_sees_what_is_chosen_and_where_sliders_stand(desk: Desk) -> None:
    def outlined(selector: str) -> bool:
        style = "getComputedStyle(document.querySelector(selector)).outlineStyle"
        return bool(desk.js(f"(selector => {style})({selector!r})") != "none")

    def painted(selector: str) -> bool:
        """Whether the page's own colours are kept there."""
        style = "getComputedStyle(document.querySelector(selector)).forcedColorAdjust"
        return bool(desk.js(f"(selector => {style})({selector!r})") == "none")

    chosen = (
        ".group.focus [aria-checked=true]",
        "#strip [aria-current=true]",
        ".shape[aria-pressed=true]",
    )
    assert [outlined(selector) for selector in chosen] == [False] * 3
    desk.page.emulate_media(forced_colors="active")
    try:
        assert [outlined(selector) for selector in chosen] == [True] * 3
        assert not outlined(".group.focus [aria-checked=false]")
        assert all(
            painted(f".panel {one}") for one in ("input[type=range]", ".check input", ".dial")
        )
    finally:
        desk.page.emulate_media(forced_colors="none")


def test_on_a_phone_the_strip_and_its_plus_are_one_row(phone: Desk) -> None:
    thumb = phone.page.locator("#strip .thumb").first.bounding_box()
    assert thumb is not None
    phone.js(
        "[1, 2, 3, 4, 5, 6, 7].forEach(() => document.querySelector('#strip').append("
        "document.querySelector('#strip li').cloneNode(true)))"
    )
    many = phone.page.locator("#add").bounding_box()
    phone.js("[...document.querySelectorAll('#strip li')].slice(1).forEach(one => one.remove())")
    assert many is not None
    assert abs(many["y"] - thumb["y"]) < 20
    assert many["x"] + many["width"] <= 390
