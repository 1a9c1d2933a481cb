"""The choices of an edit as command-line flags: one table, used by every command.

A flag left out keeps what ``--edit FILE`` or the defaults say.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any, TypeVar

import click

from defocus.cli._run import FilePath
from defocus.edit import Edit, Focus
from defocus.errors import EditError
from defocus.formats import FORMATS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

F = TypeVar("F", bound="Callable[..., Any]")

DEFAULT = Edit()


@dataclasses.dataclass(frozen=True, slots=True)
class Flag:
    """One flag: its names, the field of ``Edit`` it sets (dotted), its type and its help."""

    names: tuple[str, ...]
    field: str
    type: Any
    help: str

    @property
    def parameter(self) -> str:
        """The name under which click passes it."""
        return "edit_" + self.field.replace(".", "_")


FLAGS: tuple[Flag, ...] = (
    Flag(("--focus",), "focus", str,
         "What is sharp: auto (the subject), near, far, X,Y (fractions of width and height from "
         "the top left), LEFT,TOP,RIGHT,BOTTOM, or one depth from 0 (far) to 1 (near). "
         "Default: auto."),
    Flag(("--focus-range",), "focus.range", click.FloatRange(0, 1),
         "How much depth around the focus stays sharp, 0 to 1. Default: enough for the subject."),
    Flag(("--f", "--f-number"), "lens.f_number", click.FloatRange(0.5, 64),
         "Aperture of the lens: 1.4 blurs a lot, 8 a little. Default: 2."),
    Flag(("--foreground",), "foreground", click.FloatRange(0, 1),
         "How much of its blur the foreground keeps, 0 to 1. Default: 1."),
    Flag(("--highlights",), "lens.highlights", click.FloatRange(0, 1),
         "Let clipped lights glow as bokeh balls, 0 (exact) to 1. Default: 0.3."),
    Flag(("--highlight-threshold",), "lens.highlight_threshold", click.FloatRange(0.5, 1),
         "Brightness above which a light counts as clipped, 0.5 to 1. Default: 0.92."),
    Flag(("--blades",), "lens.blades", int,
         "Blades of the aperture: 0 (round) or 3 to 16. Default: 0."),
    Flag(("--rotation",), "lens.rotation_deg", click.FloatRange(-360, 360),
         "Turn the blades, in degrees. Default: 0."),
    Flag(("--roundness",), "lens.roundness", click.FloatRange(0, 1),
         "How curved the blades are, 0 to 1. Default: 0."),
    Flag(("--cat-eye",), "lens.cat_eye", click.FloatRange(0, 1),
         "Clip bokeh towards the corners, as fast lenses do, 0 to 1. Default: 0."),
    Flag(("--squeeze",), "lens.squeeze", click.FloatRange(0.5, 2),
         "Width over height of bokeh; anamorphic lenses about 0.75. Default: 1."),
    Flag(("--ring",), "lens.ring", click.FloatRange(-1, 1),
         "Light at the rim of bokeh (1: soap bubbles) or its centre (-1: cream). Default: 0."),
    Flag(("--matte/--no-matte",), "matte", bool,
         "Treat hair and soft edges as see-through. Default: on."),
    Flag(("--model",), "model", str,
         "Depth from: auto, builtin, a name of 'defocus models list', a hub id, or a file "
         "(depth map or .onnx). Default: auto."),
    Flag(("--quality",), "quality", click.Choice(["fast", "default", "high"]),
         "Care taken over depth. Default: default."),
    Flag(("--invert",), "invert", bool,
         "The given depth map stores larger = farther."),
    Flag(("--method",), "method", click.Choice(["lens", "mask"]),
         "lens: what glass does. mask: threshold and box blur. Default: lens."),
    Flag(("--blur-ksize",), "mask.blur_ksize", click.IntRange(1, 9999),
         "Method mask: width of the box blur in pixels. Default: 21."),
    Flag(("--depth-threshold",), "mask.depth_threshold", float,
         "Method mask: depth below which a pixel is background. Default: 60 % of its range."),
    Flag(("--format",), "output.format",
         click.Choice([known.name for known in FORMATS if known.writable]),
         "File format of the result. Default: by its suffix, else the photo's own."),
    Flag(("--jpeg-quality",), "output.quality", click.IntRange(1, 100),
         "Quality of a lossy result, 1 to 100. Default: the photo's own."),
    Flag(("--embed-disparity",), "output.embed_disparity", bool,
         "Store the depth in the JPEG, so that it can be refocused later."),
)  # fmt: skip


def edit_flags(command: F) -> F:
    """Add every flag of the table, ``--edit`` and ``--save-edit`` to a click command."""
    command = click.option(
        "--save-edit", type=FilePath(dir_okay=False),
        help="Also write the choices to this JSON file.",
    )(command)  # fmt: skip
    command = click.option(
        "--edit", "edit_file", type=FilePath(dir_okay=False),
        help="Start from the choices in this JSON file.",
    )(command)  # fmt: skip
    for flag in reversed(FLAGS):
        is_flag = flag.type is bool
        command = click.option(
            *flag.names, flag.parameter, type=flag.type, default=None, help=flag.help,
            is_flag=is_flag,
        )(command)  # fmt: skip
    return command


def split_edit(params: dict[str, Any]) -> Edit:
    """Take the edit's parameters out of click's and make the edit.

    Args:
        params: keyword arguments of a command under :func:`edit_flags`; the edit's are removed.

    Raises:
        EditError: a choice makes no sense, or ``--edit`` cannot be read.
    """
    edit_file = params.pop("edit_file")
    save_to = params.pop("save_edit")
    given = {flag.field: params.pop(flag.parameter) for flag in FLAGS}
    base = read_edit(edit_file) if edit_file else DEFAULT
    edit = with_choices(base, {name: value for name, value in given.items() if value is not None})
    if save_to:
        write_edit(edit, save_to)
    return edit


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


def read_edit(path: Path) -> Edit:
    """Read an edit file of at most 16 MB. Raises EditError."""
    try:
        with path.open("rb") as file:
            text = file.read(16_000_001)
    except OSError as error:
        raise EditError(f"the edit {path} cannot be read: {error.strerror}") from None
    if len(text) > 16_000_000:
        raise EditError(f"the edit {path} is larger than 16 MB: is it an edit?")
    try:
        return Edit.from_json(text)
    except EditError as error:
        raise EditError(f"{path}: {error}") from None


def write_edit(edit: Edit, path: Path) -> None:
    """Write an edit; of what is there already, only an edit is replaced. Raises EditError."""
    from defocus.files import is_there, write_whole

    if is_there(path):
        try:
            if path.stat().st_size:
                read_edit(path)
        except (EditError, OSError):
            raise EditError(
                f"{path} exists and is no edit: it stays as it is, choose another --save-edit"
            ) from None
    try:
        write_whole(path, f"{edit.to_json()}\n".encode(), overwrite=True)
    except OSError as error:
        raise EditError(f"the edit {path} cannot be written: {error.strerror}") from None
