"""The widget's Python side, and how photos and maps show themselves in a notebook."""

from __future__ import annotations

import io
import json
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from defocus import Disparity, Edit, Focus, Lens, Photo, read_photo, render_scene
from defocus.formats.coded_colour import from_h273
from defocus.photo import Metadata

ROOT = Path(__file__).parents[1]


def shown(thing: Photo | Disparity) -> Image.Image:
    return Image.open(io.BytesIO(thing._repr_png_()))


def test_a_photo_shows_itself_small_with_its_colours() -> None:
    icc = from_h273(12, 13).icc
    pixels = np.full((100, 3000, 3), 65535 // 5, np.uint16)
    image = shown(Photo(pixels, np.full((100, 3000), 65535, np.uint16), Metadata("tiff", icc=icc)))
    assert image.size == (1024, 34)
    assert image.mode == "RGBA"
    assert image.info["icc_profile"] == icc
    assert image.getpixel((500, 10)) == (51, 51, 51, 255)


def test_an_hdr_photo_shows_white_paper_white() -> None:
    from defocus.transfer import HDR

    white = round(float(HDR[16].encode(np.float32(HDR[16].white))) * 65535)
    image = shown(Photo(np.full((4, 4, 3), white, np.uint16), meta=Metadata("png", cicp=(9, 16))))
    assert image.getpixel((1, 1)) == (255, 255, 255)


def test_a_map_shows_near_bright_and_far_dark() -> None:
    values = np.tile(np.linspace(7, 3, 64, dtype=np.float32), (8, 1))
    image = shown(Disparity(values))
    assert image.getpixel((0, 4)) == (255, 255, 255)
    assert image.getpixel((63, 4)) == (0, 0, 0)


@pytest.mark.parametrize("kind", ["file", "photo", "scene"])
def test_a_widget_renders_what_its_edit_says_from_the_scene_that_it_has(
    kind: str, photo_file: Path
) -> None:
    pytest.importorskip("anywidget", reason="pip install 'defocus[notebook]'")
    from defocus import prepare
    from defocus.notebook import Refocus

    photo = read_photo(photo_file)
    scene = prepare(photo, Edit())
    widget = Refocus({"file": str(photo_file), "photo": photo, "scene": scene}[kind])
    if kind == "scene":
        assert widget.scene is scene
    edit = Edit(focus=Focus("point", (0.9, 0.5)), lens=Lens(1.4))
    widget.edit = edit
    assert (widget.result().pixels == render_scene(scene, edit).pixels).all()
    assert (widget.result().pixels != render_scene(scene, Edit()).pixels).any()


def test_an_edit_goes_to_the_page_and_back_and_the_photo_goes_once(photo_file: Path) -> None:
    pytest.importorskip("anywidget", reason="pip install 'defocus[notebook]'")
    from defocus.notebook import Refocus

    widget = Refocus(photo_file)
    assert len(widget.get_state()["_picture"]) > 160 * 120 * 2
    sent: list[dict[str, object]] = []
    widget.send_state = lambda key=None: sent.append(widget.get_state(key))  # type: ignore[method-assign]
    widget.edit = replace(widget.edit, amount=2.5)
    assert [set(state) for state in sent] == [{"edit"}]
    choices = json.loads(json.dumps(widget.get_state("edit")["edit"]))
    choices["lens"]["f_number"] = 5.6
    widget.set_state({"edit": choices})
    assert widget.edit == replace(
        widget.edit, amount=2.5, lens=replace(widget.edit.lens, f_number=5.6)
    )


def test_the_bundle_is_made_from_what_is_here(tmp_path: Path) -> None:
    esbuild = ROOT / "node_modules" / ".bin" / "esbuild"
    if shutil.which("node") is None or not esbuild.exists():
        pytest.skip("no esbuild here: npm ci")
    command = json.loads((ROOT / "package.json").read_text())["scripts"]["bundle"].split()
    bundle = command[-1].removeprefix("--outfile=")
    fresh = tmp_path / "refocus.js"
    command = [str(esbuild), *command[1:-1], f"--outfile={fresh}", "--log-level=error"]
    subprocess.run(command, cwd=ROOT, check=True)
    assert fresh.read_text() == (ROOT / bundle).read_text(), "run: npm run bundle"


def test_the_example_notebook_runs() -> None:
    for module in ("anywidget", "nbclient", "ipykernel"):
        pytest.importorskip(module, reason="pip install anywidget nbclient ipykernel")
    import nbclient
    import nbformat

    notebook = nbformat.read(ROOT / "examples" / "refocus.ipynb", as_version=4)
    place = {"metadata": {"path": str(ROOT / "examples")}}
    nbclient.NotebookClient(notebook, timeout=250, resources=place).execute()
    kinds = [
        {kind for output in cell.outputs for kind in output.get("data", {})}
        for cell in notebook.cells
        if cell.cell_type == "code"
    ]
    assert "application/vnd.jupyter.widget-view+json" in kinds[1]
    assert all("image/png" in kinds[which] for which in (0, 2, 3))
