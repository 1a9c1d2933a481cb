"""``defocus inspect``: what a photo holds, and where focus would go."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING, Any

import click

from defocus.cli._bar import plain
from defocus.cli._device import device_flag
from defocus.cli._pipes import check_pipes, name_of, read_source
from defocus.cli._run import FilePath, handled
from defocus.cli.options import edit_flags, split_edit

if TYPE_CHECKING:
    from pathlib import Path

    from defocus.edit import Edit
    from defocus.photo import Photo


@click.command()
@click.argument("photo", type=FilePath(stream=True))
@click.option("--no-depth", is_flag=True, help="Only the file; do not estimate any depth.")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
@device_flag
@edit_flags
@handled
def inspect(photo: Path, no_depth: bool, as_json: bool, **choices: Any) -> None:
    """Show what PHOTO holds (pixels, profile, metadata, depth) and where focus would go.

    The choices are those of blur, and focus goes where blur would put it. A dash is a photo from
    standard input.
    """
    edit = split_edit(choices)
    check_pipes(photo, None)
    read = read_source(photo)
    facts = describe_file(read)
    if not no_depth:
        facts["focus"] = describe_focus(read, edit)
    if as_json:
        click.echo(json.dumps(facts, indent=2))
    else:
        _show(name_of(photo), facts)


def describe_file(photo: Photo) -> dict[str, Any]:
    """What the file held, as plain values."""
    from defocus.camera import camera_of

    meta, layers = photo.meta, photo.embedded
    camera = camera_of(meta.exif)
    depth = layers.disparity
    return {
        "format": meta.format,
        "size_wh": list(photo.size_wh),
        "bits": photo.pixels.dtype.itemsize * 8,
        "grey": meta.grey,
        "alpha": photo.alpha is not None,
        "colour": photo.transfer.name if meta.icc or meta.cicp else "sRGB (no profile)",
        "hdr": "gain map" if photo.gain_map else photo.transfer.name if meta.cicp else None,
        "icc_bytes": len(meta.icc or b""),
        "exif_bytes": len(meta.exif or b""),
        "xmp_bytes": len(meta.xmp or b""),
        "dpi": list(meta.dpi) if meta.dpi else None,
        "focal_35mm": camera.focal_35mm if camera else None,
        "depth": None
        if depth is None
        else {"source": depth.source, "size_wh": list(depth.size_wh), "kind": depth.kind},
        "mattes": {name: [m.shape[1], m.shape[0]] for name, m in layers.mattes.items()},
        "simulated_f_number": layers.simulated_f_number,
        "dropped": list(layers.dropped),
        "notes": list(meta.notes),
    }


def describe_focus(photo: Photo, edit: Edit) -> dict[str, Any]:
    """Where this edit's focus goes, as plain values; by the very stages of ``defocus blur``."""
    from defocus.aim import aim, no_face
    from defocus.pipeline import focal_plane, prepare

    scene = prepare(photo, edit)
    plane = focal_plane(scene, edit)
    subject = scene.subject
    return {
        **aim(scene, edit, plane),
        "note": no_face(scene, edit.focus),
        "model": scene.source.source,
        "disparity": round(plane.disparity, 4),
        "range": round(plane.range, 4),
        "closeness": round(scene.closeness, 3),
        "holds_subject": plane.holds_subject,
        "subject": None if subject is None else subject.told_by,
        "subject_share": None
        if subject is None
        else round(float((subject.weight > 0.5).mean()), 4),
    }


def _show(name: str, facts: dict[str, Any]) -> None:
    rows = [(plain(key), plain(value)) for key, value in _flat(facts)]
    formatter = click.HelpFormatter(width=shutil.get_terminal_size().columns)
    with formatter.indentation():
        formatter.write_dl(rows)
    click.echo(f"{plain(name)}\n{formatter.getvalue()}", nl=False)


def _flat(facts: dict[str, Any], prefix: str = "") -> list[tuple[str, str]]:
    rows: list[tuple[str, str]] = []
    for key, value in facts.items():
        label = prefix + key.replace("_", " ")
        if isinstance(value, dict) and value:
            rows += _flat(value, f"{label}: ")
        elif isinstance(value, list) and value and isinstance(value[0], dict):
            for number, part in enumerate(value, 1):
                rows += _flat(part, f"{label.removesuffix('s')} {number}: ")
        elif value not in (None, [], {}, 0, False):
            rows.append((label, "yes" if value is True else _text(value)))
    return rows


def _text(value: Any) -> str:
    """Numbers of a place as ``--focus`` takes them, other lists with spaces."""
    if not isinstance(value, list):
        return str(value)
    if all(isinstance(part, float) for part in value):
        return ",".join(f"{part:g}" for part in value)
    return ("; " if isinstance(value[0], list) else ", ").join(map(_text, value))
