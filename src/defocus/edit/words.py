"""The choices of an edit as flags and words: one table, used by every command and by the studio.

A flag left out keeps what an edit file or the defaults say.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any, get_args

from defocus.edit.methods import METHODS
from defocus.edit.record import MOST_AMOUNT, Edit, Focus, MatteModel
from defocus.formats import FORMATS
from defocus.optics import LENS_RANGES
from defocus.quality import Quality

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

DEFAULT = Edit()


@dataclasses.dataclass(frozen=True, slots=True)
class Flag:
    """One choice as a flag.

    Attributes:
        names: on the command line.
        field: of ``Edit`` that it sets, dotted.
        kind: ``str``, ``int``, ``float``, ``bool``, or the words to choose from.
        help: for people.
        span: least and greatest number, both allowed, or None.
    """

    names: tuple[str, ...]
    field: str
    kind: type[str] | type[int] | type[float] | type[bool] | Sequence[str]
    help: str
    span: tuple[float, float] | None = None


FLAGS: tuple[Flag, ...] = (
    Flag(("--focus",), "focus", str,
         "What is sharp: auto (the subject), face, eyes (the nearer one), all (every face), near, "
         "far, X,Y (fractions of width and height from the top left), LEFT,TOP,RIGHT,BOTTOM, or "
         "one depth from 0 (far) to 1 (near). Default: auto."),
    Flag(("--focus-range",), "focus.range", float,
         "How much depth around the focus stays sharp, 0 to 1. Default: enough for the subject.",
         (0, 1)),
    Flag(("--f", "--f-number"), "lens.f_number", float,
         "Aperture of the lens: 1.4 blurs a lot, 8 a little. Default: 2.",
         LENS_RANGES["f_number"]),
    Flag(("--amount",), "amount", float,
         "Factor on all blur, 0 to 4. Default: 1, as the lens does.", (0, MOST_AMOUNT)),
    Flag(("--by-distance/--no-by-distance",), "by_distance", bool,
         "Blur less, the farther away the subject is, as a lens does; otherwise always as for a "
         "portrait at two metres. Default: on."),
    Flag(("--foreground",), "foreground", float,
         "How much of its blur the foreground keeps, 0 to 1. Default: 1.", (0, 1)),
    Flag(("--grain",), "grain", float,
         "How much of the photo's own grain is laid over what is blurred, 0 (exact) to 1. "
         "Default: 0.", (0, 1)),
    Flag(("--highlights",), "lens.highlights", float,
         "Let clipped lights glow as bokeh balls, 0 (exact) to 1. Default: 0.3.",
         LENS_RANGES["highlights"]),
    Flag(("--highlight-threshold",), "lens.highlight_threshold", float,
         "Brightness above which a light counts as clipped, 0.5 to 1. Default: 0.92.",
         LENS_RANGES["highlight_threshold"]),
    Flag(("--blades",), "lens.blades", int,
         "Blades of the aperture: 0 (round) or 3 to 16. Default: 0."),
    Flag(("--rotation",), "lens.rotation_deg", float,
         "Turn the blades, in degrees. Default: 0.",
         LENS_RANGES["rotation_deg"]),
    Flag(("--roundness",), "lens.roundness", float,
         "How curved the blades are, 0 to 1. Default: 0.",
         LENS_RANGES["roundness"]),
    Flag(("--cat-eye",), "lens.cat_eye", float,
         "Clip bokeh towards the corners, as fast lenses do, 0 to 1. Default: 0.",
         LENS_RANGES["cat_eye"]),
    Flag(("--squeeze",), "lens.squeeze", float,
         "Width over height of bokeh; anamorphic lenses about 0.75. Default: 1.",
         LENS_RANGES["squeeze"]),
    Flag(("--ring",), "lens.ring", float,
         "Light at the rim of bokeh (1: soap bubbles) or its centre (-1: cream). Default: 0.",
         LENS_RANGES["ring"]),
    Flag(("--matte/--no-matte",), "matte", bool,
         "Treat hair and soft edges as see-through. Default: on."),
    Flag(("--matte-model",), "matte_model", get_args(MatteModel),
         "Also ask a network about soft edges, once it is fetched. Default: own, none."),
    Flag(("--model",), "model", str,
         "Depth from: auto, builtin, a name of 'defocus models list', a hub id, or a file "
         "(depth map or .onnx). Default: auto."),
    Flag(("--quality",), "quality", get_args(Quality),
         "Care taken over depth. Default: default."),
    Flag(("--invert",), "invert", bool,
         "The given depth map stores larger = farther."),
    Flag(("--method",), "method", tuple(METHODS),
         " ".join(f"{name}: {method.about}." for name, method in METHODS.items())
         + " Default: lens."),
    Flag(("--blur-ksize",), "mask.blur_ksize", int,
         "Method mask: width of the box blur in pixels. Default: 21.", (1, 9999)),
    Flag(("--depth-threshold",), "mask.depth_threshold", float,
         "Method mask: depth below which a pixel is background. Default: 60 % of its range."),
    Flag(("--format",), "output.format",
         tuple(known.name for known in FORMATS if known.writable),
         "File format of the result. Default: by its suffix, else the photo's own."),
    Flag(("--jpeg-quality",), "output.quality", int,
         "Quality of a lossy result, 1 to 100. Default: the photo's own.", (1, 100)),
    Flag(("--embed-disparity",), "output.embed_disparity", bool,
         "Store the depth in the JPEG, so that it can be refocused later."),
)  # fmt: skip


def with_choices(edit: Edit, choices: Mapping[str, Any]) -> Edit:
    """Replace dotted fields, such as ``{"lens.blades": 6, "focus": "near"}``."""
    choices = dict(choices)
    if "focus" in choices:
        edit = dataclasses.replace(edit, focus=Focus.parse(choices.pop("focus"), edit.focus.range))
    nested: dict[str, dict[str, Any]] = {}
    plain: dict[str, Any] = {}
    for name, value in choices.items():
        record, _, field = name.rpartition(".")
        (nested.setdefault(record, {}) if record else plain)[field] = value
    for record, values in nested.items():
        plain[record] = dataclasses.replace(getattr(edit, record), **values)
    return dataclasses.replace(edit, **plain)
