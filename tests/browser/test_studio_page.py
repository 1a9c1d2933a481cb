"""The studio's page in a real browser: what a person does, and what the pixels say."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
import pytest
from similarity import similarity

from defocus import Photo, read_photo, write_photo
from defocus.disparity import Disparity
from defocus.edit import Edit, Focus, Output, Stroke
from defocus.focus import FocalPlane, find_focus
from defocus.layers import scene_gain_px
from defocus.optics import Lens
from defocus.strokes import apply_strokes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from conftest import Desk
    from numpy.typing import NDArray

    from defocus.scene import Scene
    from defocus.studio.server import Studio

pytestmark = pytest.mark.browser

NEAR, MIDDLE, FAR = slice(20, 90), slice(125, 195), slice(235, 305)


def detail(pixels: np.ndarray, columns: slice) -> float:
    """How much fine texture a part of ``planes_photo`` shows."""
    wide = cv2.resize(pixels, (320, 240), interpolation=cv2.INTER_AREA)
    part = wide[40:200, columns].mean(axis=2)
    return float(np.abs(cv2.Laplacian(part, cv2.CV_64F)).mean())


def details(desk: Desk) -> tuple[float, float, float]:
    desk.settle()
    pixels = desk.pixels()
    return detail(pixels, NEAR), detail(pixels, MIDDLE), detail(pixels, FAR)


def beside_its_heartbeat(url: str) -> list[str]:
    """A page says every minute that it is alive, whatever goes on."""
    return [] if url.endswith("/api/alive") else [url]


def test_a_click_moves_the_sharp_region_without_asking_the_server(desk: Desk) -> None:
    desk.js("studio.edit(edit => ({...edit, lens: {...edit.lens, f_number: 0.95}}))")
    desk.settle()
    desk.save()
    asked: list[str] = []
    desk.page.on("request", lambda request: asked.extend(beside_its_heartbeat(request.url)))

    desk.click_photo(0.15, 0.5)
    assert desk.edit()["focus"]["mode"] == "point"
    assert asked == []
    near, middle, far = details(desk)
    assert near > 2 * middle > 2 * far

    desk.click_photo(0.85, 0.5)
    near, middle, far = details(desk)
    assert far > 2 * middle > 2 * near


def test_focus_follows_a_drag_without_asking_the_server(desk: Desk) -> None:
    desk.settle()
    desk.save()
    asked: list[str] = []
    mouse = desk.page.mouse
    mouse.move(*desk.at(0.15, 0.5))
    desk.page.on("request", lambda request: asked.extend(beside_its_heartbeat(request.url)))
    mouse.down()
    planes = []
    for x in (0.15, 0.5, 0.85):
        mouse.move(*desk.at(x, 0.5), steps=3)
        planes.append(desk.js("studio.current.plane().disparity"))
        desk.let_timers_run()  # long enough to look as if the focus had come to rest
    moving = list(asked)
    mouse.up()
    assert planes == sorted(planes, reverse=True)
    assert planes[0] - planes[2] > 0.8
    assert moving == []
    # A whole drag is one step of the history.
    desk.page.keyboard.press("Control+z")
    assert desk.edit()["focus"]["mode"] == "auto"


def test_an_edit_is_saved_once_the_drag_ends(desk: Desk) -> None:
    mouse = desk.page.mouse
    mouse.move(*desk.at(0.15, 0.5))
    mouse.down()
    mouse.move(*desk.at(0.85, 0.5), steps=3)
    desk.let_timers_run()
    with desk.page.expect_request(lambda request: request.method == "PUT") as waiting:
        mouse.up()
    assert json.loads(waiting.value.post_data or "{}")["focus"] == desk.edit()["focus"]


# The same picture without the shortcuts for blocks that are wholly sharp or wholly blurred.
WITHOUT_SHORTCUTS = """() => {
    const { base } = studio.preview;
    const { blocks } = base.source.front.depth;
    const everything = new Float32Array([0, 0, blocks.across, blocks.down]);
    const nothing = new Float32Array(0);
    blocks.sort = () => ({
        still: nothing, behind: nothing, both: everything,
        kept: nothing, gone: nothing, meeting: everything,
    });
    base.render(base.params);
    delete blocks.sort;
}"""


@pytest.mark.parametrize("at", [(0.15, 0.5), (0.5, 0.5), (0.85, 0.5)])
def test_what_blocks_leave_out_would_not_be_seen(desk: Desk, at: tuple[float, float]) -> None:
    # A portrait's blur: with what the distance leaves of it here, all would be nearly sharp.
    lens = "{...edit.lens, f_number: 2.8}"
    desk.js(f"studio.edit(edit => ({{...edit, by_distance: false, lens: {lens}}}))")
    desk.click_photo(*at)
    desk.settle()
    kinds = desk.js(
        "Object.fromEntries(Object.entries(studio.preview.base.passes.runs)"
        ".map(([kind, runs]) => [kind, runs.count]))"
    )
    assert kinds["kept"] > 0
    assert kinds["gone"] > 0
    # At the photo's size, however slow the machine is at the moment.
    desk.js("studio.preview.base.level = 3")
    desk.js("studio.preview.base.render(studio.preview.base.params)")
    quick = desk.pixels()
    desk.js("studio.preview.base.level = 3")
    desk.js(WITHOUT_SHORTCUTS)
    assert np.abs(desk.pixels() - quick).max() <= 2


def test_a_glint_on_a_sharp_rim_does_not_glow(empty_desk: Desk, tmp_path: Path) -> None:
    pixels = np.full((240, 320, 3), 60, np.uint8)
    pixels[:, 156:160] = 255  # through it goes the step of depth
    disparity = np.zeros((240, 320), np.float32)
    disparity[:, :158] = 1
    mixed = cv2.GaussianBlur(disparity, (0, 0), 2)  # as a small map gives it
    embed = Output(embed_disparity=True, quality=95)
    path = tmp_path / "glint.jpg"
    write_photo(Photo(pixels), path, output=embed, disparity=Disparity(mixed))
    desk = empty_desk
    desk.page.set_input_files("#files", path)
    desk.settle()
    desk.js(
        "studio.edit(edit => ({...edit, matte: false,"
        " focus: {mode: 'disparity', at: [1], range: 0.1},"
        " lens: {...edit.lens, f_number: 1.4, highlights: 1}}))"
    )
    desk.settle()
    beside = desk.pixels()[60:180, 164:170].mean()
    assert beside < 100


def test_warming_up_draws_blocks_of_every_kind(desk: Desk) -> None:
    kinds = desk.js(
        "import('/lens/renderer.js').then(({ LensRenderer }) => {"
        " const renderer = new LensRenderer(document.createElement('canvas'));"
        " renderer.warmUp(studio.schema.edit.lens);"
        " const { runs } = renderer.passes;"
        " renderer.dispose();"
        " return Object.entries(runs).map(([kind, { count }]) => [kind, count]); })"
    )
    assert {kind for kind, count in kinds if count > 0} == {
        "still", "behind", "both", "kept", "gone", "meeting",
    }  # fmt: skip


def test_a_photo_is_shown_before_its_depth_is_known(
    new_desk: Callable[..., Desk], tmp_path: Path
) -> None:
    cv2.imwrite(str(tmp_path / "large.png"), np.full((1500, 2000, 3), 200, np.uint8))
    desk = new_desk()
    desk.js(
        "window.seen = []; for (const name of ['showOriginal', 'render']) {"
        " const { base } = studio.preview; const plain = base[name].bind(base);"
        " base[name] = (params) => { plain(params); seen.push([name, studio.current.depths]); } }"
        " undefined"
    )
    desk.page.set_input_files("#files", tmp_path / "large.png")
    desk.settle()
    seen = desk.js("seen")
    assert seen[0] == ["showOriginal", 0]
    assert seen[1][0] == "render"
    assert desk.js("studio.current.depths") == 2  # refined at preview size, then at full size


def test_a_frame_is_drawn_and_focused_on_what_it_holds(desk: Desk) -> None:
    desk.js("studio.edit(edit => ({...edit, lens: {...edit.lens, f_number: 0.95}}))")
    mouse, keyboard = desk.page.mouse, desk.page.keyboard
    keyboard.down("Shift")
    mouse.move(*desk.at(0.75, 0.2))
    mouse.down()
    mouse.move(*desk.at(0.95, 0.7), steps=4)
    mouse.up()
    keyboard.up("Shift")
    focus = desk.edit()["focus"]
    assert focus["mode"] == "rectangle"
    assert focus["at"] == pytest.approx([0.75, 0.2, 0.95, 0.7], abs=0.01)
    near, middle, far = details(desk)
    assert far > 2 * middle > 2 * near
    keyboard.press("Control+z")
    assert desk.edit()["focus"]["mode"] == "auto"
    # By keys: around the point.
    desk.click_photo(0.15, 0.5)
    keyboard.press("Shift+Enter")
    assert desk.edit()["focus"]["at"] == pytest.approx([0.07, 0.42, 0.23, 0.58], abs=0.01)
    near, middle, far = details(desk)
    assert near > 2 * middle > 2 * far


def test_a_wider_aperture_blurs_the_background_more(desk: Desk) -> None:
    desk.click_photo(0.15, 0.5)
    desk.js("studio.edit(edit => ({...edit, lens: {...edit.lens, f_number: 16}}))")
    _, _, narrow = details(desk)
    desk.page.locator(".dial").scroll_into_view_if_needed()
    dial = desk.page.locator(".dial").bounding_box()
    assert dial is not None
    middle = dial["x"] + dial["width"] / 2, dial["y"] + dial["height"] / 2
    for _ in range(3):  # the scale is wider than its window
        desk.page.mouse.move(*middle)
        desk.page.mouse.down()
        desk.page.mouse.move(middle[0] + 180, middle[1], steps=6)
        desk.page.mouse.up()
    assert desk.edit()["lens"]["f_number"] < 2
    near, _, wide = details(desk)
    assert wide < 0.5 * narrow
    assert near > 4 * wide


def test_compare_shows_the_original_and_split_half_of_it(desk: Desk, planes_photo: Path) -> None:
    original = read_photo(planes_photo).pixels.astype(np.float64)
    desk.js("studio.edit(edit => ({...edit, lens: {...edit.lens, f_number: 0.95}}))")
    desk.click_photo(0.85, 0.5)
    blurred, _, _ = details(desk)
    desk.page.locator("#viewport").focus()
    desk.page.keyboard.down("\\")
    desk.settle()
    shown = cv2.resize(desk.pixels(), (320, 240), interpolation=cv2.INTER_AREA)
    assert np.abs(shown - original)[:, NEAR].mean() < 6
    desk.page.keyboard.up("\\")
    desk.page.keyboard.press("s")
    sharp, _, _ = details(desk)  # the left half is the original now
    assert sharp > 3 * blurred
    desk.page.locator("#splitter").focus()
    for _ in range(10):
        desk.page.keyboard.press("Shift+ArrowLeft")
    near, _, _ = details(desk)
    assert near == pytest.approx(blurred, rel=0.2)


def test_undo_redo_and_reset(desk: Desk) -> None:
    desk.click_photo(0.15, 0.5)
    desk.js("studio.edit(edit => ({...edit, foreground: 0.5}))")
    changed = desk.edit()
    desk.page.click("#undo")
    assert desk.edit()["foreground"] == 1
    assert desk.edit()["focus"]["mode"] == "point"
    desk.page.click("#redo")
    assert desk.edit() == changed
    desk.page.click("#reset")
    assert Edit.from_json(json.dumps(desk.edit())) == Edit()
    desk.page.keyboard.press("Control+z")
    assert desk.edit() == changed


def test_the_brush_corrects_the_depth_and_can_be_undone(desk: Desk) -> None:
    lens = "{...edit.lens, f_number: 0.95}"  # and a portrait's blur, whatever the distance
    desk.js(f"studio.edit(edit => ({{...edit, by_distance: false, lens: {lens}}}))")
    desk.click_photo(0.15, 0.5)
    _, _, before = details(desk)
    desk.page.keyboard.press("b")
    desk.js("studio.panel.resizeBrush(10)")
    mouse = desk.page.mouse
    mouse.move(*desk.at(0.85, 0.1))
    mouse.down()
    mouse.move(*desk.at(0.85, 0.9), steps=8)
    mouse.up()
    assert len(desk.edit()["strokes"]) == 1
    _, _, painted = details(desk)
    assert painted > 3 * before
    desk.page.keyboard.press("Control+z")
    assert desk.edit()["strokes"] == []
    _, _, undone = details(desk)
    assert undone == pytest.approx(before, rel=0.1)


def weight_of(scene: Scene) -> NDArray[np.float32] | None:
    return None if scene.subject is None else scene.subject.weight


@pytest.mark.parametrize("at", [(0.1, 0.5), (0.5, 0.2), (0.9, 0.9), (0.332, 0.5)])
def test_the_page_focuses_as_the_library_does(
    desk: Desk, studio: Studio, at: tuple[float, float]
) -> None:
    scene = scene_of(desk, studio)
    desk.click_photo(*at)
    focus = Focus("point", tuple(desk.edit()["focus"]["at"]))
    expected = find_focus(scene.disparity.values, focus, weight_of(scene))
    agrees(desk, expected)
    edit = Edit(focus=focus, lens=Lens(f_number=2.8), amount=1.5)
    lens = "lens: {...edit.lens, f_number: 2.8}, amount: 1.5"
    desk.js(f"studio.edit(edit => ({{...edit, {lens}}}))")
    gain = desk.js("studio.current.gain(studio.current.plane())")
    assert gain == pytest.approx(scene_gain_px(scene, edit, expected))


@pytest.mark.parametrize("at", [(0.05, 0.1, 0.3, 0.9), (0.2, 0.2, 0.6, 0.4), (0.0, 0.0, 1.0, 1.0)])
def test_the_page_focuses_on_a_frame_as_the_library_does(
    desk: Desk, studio: Studio, at: tuple[float, float, float, float]
) -> None:
    scene = scene_of(desk, studio)
    focus = f"{{...edit.focus, mode: 'rectangle', at: {list(at)}}}"
    desk.js(f"studio.edit(edit => ({{...edit, focus: {focus}}}))")
    agrees(desk, find_focus(scene.disparity.values, Focus("rectangle", at), weight_of(scene)))


def agrees(desk: Desk, expected: FocalPlane) -> None:
    plane = desk.js("studio.current.plane()")
    assert plane["disparity"] == pytest.approx(expected.disparity, abs=1e-3)
    assert plane["range"] == pytest.approx(expected.range, abs=0.01)
    assert plane["holdsSubject"] == expected.holds_subject


@pytest.mark.parametrize("edges", [False, True])
def test_the_page_paints_as_the_library_does(desk: Desk, studio: Studio, edges: bool) -> None:
    scene = scene_of(desk, studio)
    points = ((0.2, 0.3), (0.6, 0.5), (0.7, 0.9))
    stroke = Stroke(points, 0.08, 0.25, hardness=0.3, edges=edges)
    desk.js(f"studio.edit(edit => ({{...edit, strokes: [{json.dumps(asdict(stroke))}]}}))")
    painted = np.array(desk.js("[...studio.current.map.values]")).reshape(240, 320)
    expected = apply_strokes(scene.disparity.values, [stroke], scene.photo)
    if edges:  # the texture stops it here and there
        everywhere = apply_strokes(scene.disparity.values, [stroke])
        assert np.abs(everywhere - expected).mean() > 0.01
    # OpenCV draws the path on whole pixels; the page compares colours of a JPEG of the photo, which
    # decides at single pixels of so wild a texture.
    assert np.abs(painted - expected).max() < (0.3 if edges else 0.05)
    assert np.abs(painted - expected).mean() < (0.004 if edges else 0.002)
    assert np.abs(expected - scene.disparity.values).max() > 0.5


def scene_of(desk: Desk, studio: Studio) -> Scene:
    """What the server knows of the photo on the page."""
    return studio.workspace.photo(desk.js("studio.current.id")).scene()


def test_depth_overlay_shows_near_and_far_in_other_colours(desk: Desk) -> None:
    desk.page.keyboard.press("d")
    desk.settle()
    pixels = cv2.resize(desk.pixels(), (320, 240), interpolation=cv2.INTER_AREA)
    near, far = (pixels[:, part].mean(axis=(0, 1)) for part in (NEAR, FAR))
    assert near[0] - near[2] > far[0] - far[2] + 40  # near is redder
    desk.page.keyboard.press("p")
    assert desk.page.get_attribute("#peaking", "aria-pressed") == "true"
    assert desk.page.get_attribute("#depth", "aria-pressed") == "false"


def test_preview_export_and_command_line_agree(
    empty_desk: Desk, sample_photo: Path, tmp_path: Path
) -> None:
    desk = empty_desk
    desk.open(1, "portrait.png")
    desk.js(
        "studio.edit(edit => ({...edit, lens: {...edit.lens, f_number: 1.4, blades: 6},"
        " matte: false}))"
    )
    desk.settle()
    preview = desk.pixels()

    desk.page.keyboard.press("Control+e")
    desk.page.click("text=The same edit as a command")
    desk.page.wait_for_selector(".code:not(:empty)")
    command = desk.page.locator(".code").text_content()
    assert command is not None
    assert command.startswith("defocus blur portrait.png")
    desk.page.click("text=Save beside the original")
    desk.page.click("#export-dialog .primary")
    toast = desk.page.locator(".toast", has_text="Saved").text_content()
    assert toast is not None
    saved = sample_photo.with_name("portrait-defocus.png")
    assert str(saved) in toast

    words = command.split()[1:]
    words[words.index("portrait.png")] = str(sample_photo)
    target = tmp_path / "by-command.png"
    subprocess.run(
        [sys.executable, "-c", "from defocus.cli import main; main()", *words, "-o", str(target)],
        check=True,
        timeout=120,
    )
    exported = read_photo(saved).pixels
    np.testing.assert_array_equal(exported, read_photo(target).pixels)

    size = (256, 256)
    small = cv2.resize(exported.astype(np.float64), size, interpolation=cv2.INTER_AREA)
    assert similarity(cv2.resize(preview, size, interpolation=cv2.INTER_AREA), small) >= 0.95


@pytest.fixture
def held(empty_desk: Desk, copies: Callable[..., list[Path]]) -> Iterator[tuple[Desk, list[Any]]]:
    """Two photos, and the questions for commands, each of which waits until it is let go."""
    empty_desk.add(*copies("first.jpg", "second.jpg"))
    empty_desk.js("studio.album.choose(studio.photos[0])")
    empty_desk.settle()
    waiting: list[Any] = []
    empty_desk.page.route("**/commands", lambda route: waiting.append(route))
    empty_desk.js("studio.openExport(), undefined")
    empty_desk.page.click("text=The same edit as a command")
    yield empty_desk, waiting
    empty_desk.page.unroute_all(behavior="ignoreErrors")


def shown_command(desk: Desk) -> str:
    return desk.page.locator(".as-command .code").text_content() or ""


def wait_for_question(desk: Desk, waiting: list[Any], before: int = 0) -> None:
    def is_asked() -> bool:
        desk.page.wait_for_timeout(20)  # while Playwright waits, it hands over what is asked
        return len(waiting) > before

    desk.wait(is_asked, "a question for commands")


def ask_for_second(desk: Desk, waiting: list[Any]) -> None:
    """Export the other photo; its question comes last."""
    before = len(waiting)
    desk.js("document.getElementById('export-dialog').close()")
    desk.js("studio.album.choose(studio.photos[1])")
    desk.settle()
    desk.js("studio.openExport(), undefined")
    wait_for_question(desk, waiting, before)


def answer(desk: Desk, waiting: list[Any], *which: int) -> None:
    for index in which:
        waiting[index].continue_()
    desk.let_timers_run()


def test_the_command_of_one_photo_is_never_shown_for_another(held: tuple[Desk, list[Any]]) -> None:
    desk, waiting = held
    wait_for_question(desk, waiting)
    answer(desk, waiting, *range(len(waiting)))
    desk.wait(lambda: "first.jpg" in shown_command(desk), "the first command")
    ask_for_second(desk, waiting)
    assert shown_command(desk) == ""
    desk.page.click("text=Copy as command")  # there is none yet
    desk.page.click("text=Python")
    assert shown_command(desk) == ""
    answer(desk, waiting, -1)
    desk.wait(lambda: "second.jpg" in shown_command(desk), "the second command")


def test_an_answer_that_comes_late_is_not_shown(held: tuple[Desk, list[Any]]) -> None:
    desk, waiting = held
    wait_for_question(desk, waiting)
    first = len(waiting)
    ask_for_second(desk, waiting)
    answer(desk, waiting, *range(first, len(waiting)))
    desk.wait(lambda: "second.jpg" in shown_command(desk), "the second command")
    answer(desk, waiting, *range(first))
    assert "second.jpg" in shown_command(desk)


def test_an_export_is_downloaded(desk: Desk, tmp_path: Path) -> None:
    desk.click_photo(0.85, 0.5)
    desk.page.keyboard.press("Control+e")
    desk.page.click("text=Download")
    desk.page.select_option("#export-dialog select", "png")
    with desk.page.expect_download() as waiting:
        desk.page.click("#export-dialog .primary")
    assert waiting.value.suggested_filename == "planes-defocus.png"
    target = tmp_path / "download.png"
    waiting.value.save_as(target)
    assert read_photo(target).size_wh == (320, 240)


def test_a_bad_upload_is_explained_and_the_rest_goes_on(desk: Desk, tmp_path: Path) -> None:
    bad = tmp_path / "holiday.jpg"
    bad.write_bytes(b"this is no photo at all")
    desk.page.set_input_files("#files", bad)
    desk.page.wait_for_selector("#failure:visible")
    reason = desk.page.locator("#failure-text").text_content()
    assert reason is not None
    assert re.search(r"not a photo", reason)
    desk.page.click("#remove")
    desk.click_photo(0.15, 0.5)
    near, _, far = details(desk)
    assert near > far


def test_a_photo_opened_beside_another_comes_up_and_does_not_stay_busy(desk: Desk) -> None:
    desk.js("studio.openOffered(1).then(() => true)")
    desk.until("document.getElementById('busy').hidden && studio.current.ready")
    assert desk.js("studio.current.name") == "portrait.png"
    desk.js("studio.album.close(studio.current)")
    assert desk.js("studio.current.name") == "planes.jpg"


def test_everything_works_from_the_keyboard(desk: Desk) -> None:
    page = desk.page
    page.locator("#viewport").focus()
    before = desk.js("studio.current.plane().disparity")
    for _ in range(7):
        page.keyboard.press("Shift+ArrowRight")
    assert desk.edit()["focus"]["at"] == pytest.approx([0.85, 0.5])
    assert desk.js("studio.current.plane().disparity") < before
    page.keyboard.press("[")
    assert desk.edit()["lens"]["f_number"] == 1.8
    page.keyboard.press("b")
    page.keyboard.press("Enter")
    assert len(desk.edit()["strokes"]) == 1
    page.keyboard.press("b")
    page.keyboard.press("?")
    assert page.locator("#help-dialog").is_visible()
    page.keyboard.press("Escape")

    # Tab reaches every control of the panel, and each has a name.
    names = desk.js(
        "[...document.querySelectorAll('button, input, select, [tabindex=\"0\"]')]"
        ".filter(e => e.offsetParent !== null && !e.closest('dialog'))"
        ".map(e => (e.getAttribute('aria-label') ?? e.labels?.[0]?.textContent"
        " ?? e.textContent).trim())"
    )
    assert len(names) > 30
    assert all(names)
    page.locator("#undo").focus()
    seen = set()
    for _ in range(60):
        page.keyboard.press("Tab")
        seen.add(desk.js("document.activeElement.getAttribute('aria-label') ?? ''"))
    assert {"Aperture, f-number", "Focus distance", "Highlights, value"} <= seen


def test_a_model_is_offered_with_its_size_and_licence(desk: Desk) -> None:
    desk.page.click("summary:has-text('Depth and rendering')")
    desk.page.get_by_label("Depth model").select_option("midas-small")
    offer = desk.page.locator(".offer").text_content()
    assert offer is not None
    assert "67 MB" in offer
    assert "MIT" in offer
    assert desk.edit()["model"] == "auto"  # nothing is chosen, nothing is fetched


def test_a_depth_that_cannot_be_had_is_taken_back(empty_desk: Desk) -> None:
    desk = empty_desk
    desk.open(1, "portrait.png")
    desk.js("studio.edit(edit => ({...edit, model: 'embedded'}))")
    toast = desk.page.locator(".toast.error").text_content()
    assert toast is not None
    assert "no depth of its own" in toast
    desk.until("studio.current.edit.model === 'auto' && studio.current.state === 'ready'")
    assert desk.page.get_by_label("Depth model").input_value() == "auto"


def test_a_phone_can_be_used_by_touch(new_desk: Callable[..., Desk]) -> None:
    desk = new_desk(viewport={"width": 390, "height": 780}, has_touch=True, is_mobile=True)
    desk.open(0, "planes.jpg")
    desk.page.touchscreen.tap(*desk.at(0.85, 0.5))
    assert desk.edit()["focus"]["mode"] == "point"
    desk.settle()
    assert desk.js("document.documentElement.scrollWidth") <= 390
    for selector in ("#preview", "#export", "#panel", "#strip"):
        box = desk.page.locator(selector).bounding_box()
        assert box is not None
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= 390.5
        assert box["height"] > 20


def test_an_edit_is_there_again_after_a_reload(desk: Desk) -> None:
    desk.click_photo(0.85, 0.5)
    edit = desk.edit()
    desk.page.reload()  # sooner than the edit would have been kept
    desk.until("!!window.studio")
    desk.settle()
    assert desk.edit() == edit
    desk.page.keyboard.press("Control+z")  # and so is what was before it
    assert desk.edit()["focus"]["mode"] == "auto"


def test_magnified_it_is_sharp_to_the_pixel(empty_desk: Desk, tmp_path: Path) -> None:
    rng = np.random.default_rng(2)
    cv2.imwrite(str(tmp_path / "large.png"), rng.integers(0, 255, (400, 2000, 3), np.uint8))
    desk = empty_desk
    desk.page.set_input_files("#files", tmp_path / "large.png")
    desk.settle()
    assert desk.js("document.getElementById('preview').width") <= 1600
    desk.page.keyboard.press("z")
    desk.until("studio.preview.detail !== null && !studio.preview.detailCanvas.hidden")
    assert desk.page.locator("#zoom").text_content() == "100 %"
    part = desk.js("studio.preview.detail.part")
    width = desk.js("studio.preview.detail.renderer.size.width")
    assert width == pytest.approx(part["width"] * 2000)
    desk.page.keyboard.press("z")
    desk.until("studio.preview.detail === null")


def test_on_a_large_screen_all_that_is_in_sight_is_sharp(
    new_desk: Callable[..., Desk], tmp_path: Path
) -> None:
    rng = np.random.default_rng(2)
    pixels = rng.integers(0, 255, (300, 6400, 3), np.uint8)
    cv2.imwrite(str(tmp_path / "wide.png"), pixels)
    desk = new_desk(viewport={"width": 3840, "height": 500})
    desk.page.set_input_files("#files", tmp_path / "wide.png")
    desk.settle()
    # It is larger than its preview already when all of it is in sight, before its depth is known.
    desk.until("studio.preview.detail?.scale >= 0.5")
    # More pixels of the photo are in sight than one picture may have, fewer of the screen.
    desk.js("studio.viewport.zoomBy(0.65 / studio.viewport.placement.scale)")
    desk.until("studio.preview.detail?.scale >= 0.65")
    seen, part = desk.js("[studio.viewport.placement.visible, studio.preview.detail.visible]")
    assert seen["width"] > 5000
    assert part["x"] <= seen["x"]
    assert part["x"] + part["width"] >= seen["x"] + seen["width"]
    width = desk.js("studio.preview.detail.renderer.size.width")
    assert 0.65 * part["width"] <= width <= 4400
    # Larger, and the part has more pixels again.
    desk.js("studio.viewport.zoomBy(1 / studio.viewport.placement.scale)")
    desk.until("studio.preview.detail.scale === 1")
