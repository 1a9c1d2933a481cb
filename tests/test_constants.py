"""The numbers of the optics are stated once."""

from __future__ import annotations

import re
import runpy
from pathlib import Path

import pytest

from defocus import constants

ROOT = Path(__file__).parent.parent
MAKER = runpy.run_path(str(ROOT / "src/core/make_constants.py"))
NUMBERS = {name: value for name, value in vars(constants).items() if name.isupper()}


@pytest.mark.parametrize("target", MAKER["TARGETS"], ids=lambda path: path.name)
def test_the_copy_for_another_language_is_up_to_date(target: Path) -> None:
    text = MAKER["text"](MAKER["TARGETS"][target])
    assert target.read_text() == text, "run: ./dev python src/core/make_constants.py"


def test_a_copy_holds_every_number() -> None:
    written = re.findall(r"export const (\w+) = (\S+);", MAKER["text"]("js"))
    assert {name: float(value) for name, value in written} == NUMBERS


def test_no_shader_states_a_number_of_the_lens_by_itself() -> None:
    shaders = ROOT / "src/defocus/studio/static/lens"
    source = "".join(path.read_text() for path in shaders.glob("*.js"))
    for name in ("CAT_EYE_X", "RIM_SCALE", "CREAM_SCALE", "GLOW_RADIUS", "HIGHLIGHT_GAIN"):
        assert name in source
    assert "0.82" not in source
    assert "vec2(0.8, 0.6)" not in source
