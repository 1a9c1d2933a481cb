"""Many photos, many tabs, a server that goes and comes: nothing is lost, nothing jumps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
import pytest

from defocus.studio import workspace as workspace_module

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from conftest import Desk

    from defocus.studio.server import Studio

pytestmark = pytest.mark.browser


def names(desk: Desk) -> list[str]:
    return list(desk.js("studio.photos.map(photo => photo.name)"))


def test_many_photos_come_in_their_order_and_the_first_stays_on_the_screen(
    new_desk: Callable[..., Desk], copies: Callable[..., list[Path]]
) -> None:
    paths = copies(*(f"{number}-photo.jpg" for number in range(9)))
    desk = new_desk()
    desk.js(
        "window.shown = new Set(); const show = studio.preview.show.bind(studio.preview);"
        "studio.preview.show = (photo) => { shown.add(photo.name); show(photo); }; undefined"
    )
    asked: list[str] = []
    desk.page.on("request", lambda request: asked.append(request.url))
    desk.add(*paths)
    assert names(desk) == [path.name for path in paths]
    assert desk.js("studio.current.name") == "0-photo.jpg"
    # Pixels come of those that there is room for, and of one or two that are ready at one time.
    assert 5 <= sum(url.endswith("/layers/photo") for url in asked) <= 7
    assert desk.js("[...shown]") == ["0-photo.jpg"]
    assert desk.js("studio.current.ready")
    assert desk.js("studio.photos.filter(photo => photo.ready).length") == 5
    desk.js("studio.album.choose(studio.photos[1])")  # one whose pixels may have gone
    desk.settle()
    desk.click_photo(0.15, 0.5)
    assert desk.edit()["focus"]["mode"] == "point"
    # One more comes up, since it was asked for; those already here stay.
    desk.page.set_input_files("#files", copies("new.jpg"))
    desk.until("studio.photos.length === 10 && studio.current === studio.photos[9]")


def test_a_duplicated_tab_neither_takes_nor_closes_the_photos_of_the_other(
    new_desk: Callable[..., Desk], studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = new_desk()
    desk.open(0, "planes.jpg")
    desk.click_photo(0.85, 0.5)
    edit = desk.edit()
    memory = desk.js("({...sessionStorage})")
    desk.save()
    copy = desk.page.context.new_page()
    entries = "".join(f"sessionStorage.setItem({k!r}, {v!r});" for k, v in memory.items())
    copy.add_init_script(f"if (!sessionStorage.length) {{ {entries} }}")
    copy.goto(desk.page.url)
    other = type(desk)(copy)
    other.until("!!window.studio")
    other.settle()
    assert names(other) == ["planes.jpg"]
    assert other.edit() == edit
    page_of_copy = other.js("sessionStorage.getItem('defocus-page')")
    assert len(studio.workspace.photos(page_of_copy)) == 1
    monkeypatch.setattr(workspace_module, "PAGE_LEFT_S", 0.0)
    copy.close(run_before_unload=True)

    def swept() -> bool:
        studio.workspace.sweep()
        return studio.workspace.photos(page_of_copy) == []

    desk.wait(swept, "the photos of the copy to go")
    desk.js("studio.edit(edit => ({...edit, foreground: 0.4}))")
    desk.save()
    assert desk.js("studio.current.state") == "ready"
    assert desk.page.locator(".toast.error").count() == 0


@pytest.fixture
def forgotten(empty_desk: Desk, studio: Studio, copies: Callable[..., list[Path]]) -> Desk:
    """A page whose photo the server has closed, as after a long sleep."""
    desk = empty_desk
    desk.add(*copies("slept.jpg"))
    desk.save()
    studio.workspace.close_photo(desk.js("studio.current.id"))
    return desk


def test_a_page_that_slept_goes_on_where_it_was(forgotten: Desk) -> None:
    before = forgotten.js("studio.current.id")
    forgotten.click_photo(0.2, 0.3)
    edit = forgotten.edit()
    forgotten.save()
    assert forgotten.js("studio.current.id") != before
    assert forgotten.edit() == edit
    assert forgotten.js("studio.current.history.canUndo")
    with forgotten.page.expect_download():
        forgotten.js("studio.openExport()")
        forgotten.page.click("#export-dialog .primary")
    assert forgotten.page.locator(".toast.error").count() == 0


def test_an_export_after_a_sleep_has_the_edit_of_the_page(forgotten: Desk) -> None:
    forgotten.js("studio.openExport()")
    forgotten.page.click("text=The same edit as a command")
    forgotten.page.wait_for_selector(".code:not(:empty)")
    assert forgotten.page.locator(".toast.error").count() == 0


def test_without_a_server_the_page_says_so_and_keeps_the_edits(desk: Desk) -> None:
    page = desk.page
    page.context.set_offline(True)
    try:
        desk.click_photo(0.85, 0.5)
        desk.js("studio.current.save(), undefined")
        page.wait_for_selector("#banner:visible")
        desk.js("studio.edit(edit => ({...edit, foreground: 0.3}))")
        assert page.locator(".toast.error").count() == 0
        with page.expect_request(lambda request: request.method == "PUT") as waiting:
            page.context.set_offline(False)
            desk.js("document.querySelector('#retry').click()")  # it may have tried by itself
    finally:
        page.context.set_offline(False)
    page.wait_for_selector("#banner", state="hidden")
    sent: dict[str, Any] = waiting.value.post_data_json
    assert sent["foreground"] == 0.3
    assert sent["focus"]["mode"] == "point"


def test_another_studio_at_the_same_place_is_told_by_a_banner(desk: Desk) -> None:
    def strange(route: Any) -> None:
        route.fulfill(status=403, body="Open the link that 'defocus studio' printed.")

    desk.page.route("**/edit", strange)
    desk.js("studio.edit(edit => ({...edit, foreground: 0.3}))")
    desk.js("studio.current.save(), undefined")
    desk.page.wait_for_selector("#banner:visible")
    assert "printed" in (desk.page.locator("#banner-text").text_content() or "")
    desk.page.unroute("**/edit")
    desk.js("document.querySelector('#retry').click()")  # it may have tried by itself
    desk.page.wait_for_selector("#banner", state="hidden")


def test_a_failed_photo_shows_its_name_and_reason_and_can_be_removed(
    empty_desk: Desk, tmp_path: Path, copies: Callable[..., list[Path]]
) -> None:
    bad = tmp_path / "holiday.jpg"
    bad.write_bytes(b"this is no photo at all")
    desk = empty_desk
    desk.page.set_input_files("#files", [bad, *copies("0-photo.jpg")])
    desk.until("studio.photos[0]?.state === 'failed'")
    desk.page.click("#strip .thumb[aria-label='holiday.jpg, cannot be opened']")
    desk.page.wait_for_selector("#failure:visible")
    assert "holiday.jpg" in (desk.page.locator("#failure-name").text_content() or "")
    assert "not a photo" in (desk.page.locator("#failure-text").text_content() or "")
    desk.page.click("#remove")
    desk.settle()
    assert names(desk) == ["0-photo.jpg"]


def test_a_photo_that_still_loads_closes_without_a_word(empty_desk: Desk, tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "large.png"), np.full((1500, 2000, 3), 200, np.uint8))
    desk = empty_desk
    desk.page.set_input_files("#files", tmp_path / "large.png")
    desk.until("studio.current?.size !== null")
    closing = desk.js("studio.current.id")
    with desk.page.expect_response(lambda response: response.request.method == "DELETE"):
        desk.js("studio.album.close(studio.current)")
    desk.until("!document.getElementById('welcome').hidden")
    # What was asked about it before is answered by now: that it is gone.
    desk.js(f"fetch('/api/photos/{closing}').then(() => true)")
    assert desk.page.locator(".toast").count() == 0
    assert desk.page.locator("#busy").is_hidden()


def test_a_closed_photo_can_be_had_back(
    empty_desk: Desk, copies: Callable[..., list[Path]]
) -> None:
    desk = empty_desk
    desk.add(*copies(*(f"{number}-photo.jpg" for number in range(3))))
    desk.js("studio.album.choose(studio.photos[1])")
    desk.click_photo(0.15, 0.5)
    edit = desk.edit()
    desk.page.locator("#strip .thumb").nth(1).focus()
    desk.page.keyboard.press("Delete")
    assert names(desk) == ["0-photo.jpg", "2-photo.jpg"]
    desk.page.click(".toast >> text=Undo")
    assert names(desk) == ["0-photo.jpg", "1-photo.jpg", "2-photo.jpg"]
    assert desk.js("studio.current.name") == "1-photo.jpg"
    assert desk.edit() == edit
