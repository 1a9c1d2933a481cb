"""The table of CONTRIBUTING.md is true: what it names is all that a newcomer has to touch.

Each test takes a copy of the package, adds one thing by writing the files that the table names and
no others, and uses it from the command line.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

import defocus
import defocus._maps_core
import defocus.render._core

ROOT = Path(__file__).parents[1]
_RUN = """
import sys
sys.meta_path[:] = [f for f in sys.meta_path if "Redirecting" not in type(f).__name__]
sys.path.insert(0, sys.argv.pop(1))
from defocus.cli import main
main()
"""


class Copy:
    """A copy of the package that a newcomer works on."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.touched: set[str] = set()
        source = ROOT / "src" / "defocus"
        shutil.copytree(source, folder / "defocus", ignore=shutil.ignore_patterns("__pycache__"))
        for native, place in ((defocus._maps_core, ""), (defocus.render._core, "render")):
            shutil.copy(Path(str(native.__file__)), folder / "defocus" / place)

    def add(self, name: str, text: str) -> None:
        (self.folder / "defocus" / name).write_text(text, "utf-8")
        self.touched.add(name)

    def insert(self, name: str, before: str, text: str) -> None:
        path = self.folder / "defocus" / name
        old = path.read_text("utf-8")
        assert old.count(before) == 1, f"{name} has changed: {before!r}"
        path.write_text(old.replace(before, text + before), "utf-8")
        self.touched.add(name)

    def run(self, *words: object) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-c", _RUN, str(self.folder), *map(str, words)]
        return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.fixture
def copy(tmp_path: Path) -> Copy:
    return Copy(tmp_path / "copy")


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    path = tmp_path / "photo.png"
    pixels = np.random.default_rng(1).integers(0, 256, (48, 64, 3), np.uint8)
    cv2.imwrite(str(path), pixels)
    return path


def row(word: str) -> set[str]:
    """The files and folders below src/defocus that the table's row with this word names."""
    text = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
    lines = [line for line in text.splitlines() if line.startswith(f"| {word}")]
    assert len(lines) == 1, f"CONTRIBUTING.md has no row {word!r}"
    return {name.removeprefix("src/defocus/") for name in re.findall(r"`([\w/.]+[/y])`", lines[0])}


def is_named(touched: str, named: set[str]) -> bool:
    return touched in named or any(n.endswith("/") and touched.startswith(n) for n in named)


def check_row(copy: Copy, word: str) -> None:
    named = row(word)
    assert {name for name in copy.touched if not is_named(name, named)} == set()
    unused = {n for n in named if not any(is_named(t, {n}) for t in copy.touched)}
    assert unused == set(), "the table names what nobody has to touch"


def test_a_file_format(copy: Copy, photo: Path, tmp_path: Path) -> None:
    copy.add(
        "formats/ppm.py",
        '''"""Portable pixmaps."""
import io
from defocus.formats.codec import Header
from defocus.formats.parts import Parts, assemble
from defocus.formats.pixels import check_size, decoding, from_pillow, to_8_bit, to_pillow, as_stored


def peek(data):
    width, height = data[:64].split()[1:3]
    return Header((int(width), int(height)))


def read(data, max_pixels):
    from PIL import PpmImagePlugin

    check_size(*peek(data).size_wh, max_pixels)
    with decoding("the PPM"):
        picture = from_pillow(PpmImagePlugin.PpmImageFile(io.BytesIO(data)))
    return assemble(Parts(format="ppm", picture=picture))


def write(target, photo, save):
    to_pillow(to_8_bit(as_stored(photo))).save(target, "PPM")
''',
    )
    copy.insert(
        "formats/__init__.py",
        '    Format(\n        "png",\n',
        """    Format(
        "ppm", "PPM", (".ppm",), "defocus.formats.ppm", lambda data, suffix: data[:2] == b"P6",
        reads="binary", writes="8 bits", holds=Holds(alpha=False, grey=False),
    ),
""",
    )
    there = copy.run("blur", photo, "-o", tmp_path / "a.ppm", "--model", "builtin")
    assert there.returncode == 0, there.stderr
    assert (tmp_path / "a.ppm").read_bytes().startswith(b"P6\n64 48\n255\n")
    back = copy.run("blur", tmp_path / "a.ppm", "-o", tmp_path / "b.png", "--format", "png")
    assert back.returncode == 0, back.stderr
    batch = copy.run("batch", tmp_path, tmp_path / "out", "--dry-run")
    assert "a.ppm" in batch.stdout
    check_row(copy, "a file format")


def test_a_depth_backend(copy: Copy, photo: Path, tmp_path: Path) -> None:
    copy.add(
        "depth/flat.py",
        '''"""Everything is equally far."""
import numpy as np
from defocus.disparity import Disparity, Estimate


class Flat:
    def __init__(self, name):
        self.name = name

    def estimate(self, pixels, quality="default"):
        return Estimate(Disparity(np.ones(pixels.shape[:2], np.float32), source=self.name))
''',
    )
    copy.insert("depth/registry.py", '    "builtin": "', '    "flat": "defocus.depth.flat:Flat",\n')
    done = copy.run("depth", photo, "--model", "flat", "-o", tmp_path / "flat.npy")
    assert done.returncode == 0, done.stderr
    assert (np.load(tmp_path / "flat.npy") == 1).all()
    check_row(copy, "a depth backend")


def test_a_method(copy: Copy, photo: Path, tmp_path: Path) -> None:
    copy.add(
        "methods/negative.py",
        '''"""Black for white."""


def render(scene, edit, plane, pixels, progress):
    """See :class:`defocus.methods.Render`."""
    return ~pixels
''',
    )
    copy.insert(
        "edit/methods.py",
        '    "mask": Method(',
        """    "negative": Method(
        "black for white", "defocus.methods.negative:render", refined=False, parameters=()
    ),
""",
    )
    assert "negative: black for white." in " ".join(copy.run("blur", "--help").stdout.split())
    done = copy.run("blur", photo, "--method", "negative", "-o", tmp_path / "n.png")
    assert done.returncode == 0, done.stderr
    assert (cv2.imread(str(tmp_path / "n.png")) == 255 - cv2.imread(str(photo))).all()
    check_row(copy, "a rendering method")


def test_a_choice(copy: Copy, photo: Path, tmp_path: Path) -> None:
    copy.insert("edit/record.py", "    matte: bool = True\n", "    softness: float = 0.5\n")
    copy.insert(
        "edit/words.py",
        '    Flag(("--matte/--no-matte",)',
        '    Flag(("--softness",), "softness", float, "How soft. Default: 0.5.", (0, 1)),\n',
    )
    saved = tmp_path / "look.json"
    done = copy.run(
        "blur", photo, "--softness", "0.25", "--save-edit", saved, "-o", tmp_path / "a.png"
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(saved.read_text())["softness"] == 0.25
    assert copy.run("blur", photo, "--softness", "2").returncode == 2
    check_row(copy, "a choice")


def test_a_host(copy: Copy, photo: Path, tmp_path: Path) -> None:
    copy.add(
        "cli/contact.py",
        '''"""``defocus contact``: a preview of a photo at two apertures."""
from pathlib import Path
import click
from defocus.cli._run import FilePath, handled
from defocus.edit import Edit
from defocus.optics import Lens
from defocus.session import Session


@click.command()
@click.argument("photo", type=FilePath())
@handled
def contact(photo: Path) -> None:
    """Write PHOTO at f/1.4 and f/4 beside it."""
    session = Session(photo)
    for f_number in (1.4, 4.0):
        session.change(Edit(model="builtin", lens=Lens(f_number)))
        target = photo.with_name(f"f{f_number:g}.jpg")
        click.echo(session.export(target))
    session.close()
''',
    )
    copy.insert(
        "cli/__init__.py",
        '    "depth": (',
        '    "contact": ("defocus.cli.contact:contact", "Two apertures."),\n',
    )
    done = copy.run("contact", photo)
    assert done.returncode == 0, done.stderr
    assert {path.name for path in tmp_path.glob("*.jpg")} == {"f1.4.jpg", "f4.jpg"}
    check_row(copy, "a host")
