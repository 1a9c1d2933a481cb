"""``defocus inspect``: what a photo holds, and where focus would go."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

from defocus.cli._run import FilePath, handled
from defocus.cli.options import DEFAULT

if TYPE_CHECKING:
    from pathlib import Path

    from defocus.photo import Photo


@click.command()
@click.argument("photo", type=FilePath())
@click.option("--model", default=DEFAULT.model, show_default=True, help="Depth from, as in blur.")
@click.option("--focus", default="auto", show_default=True, help="Focus to explain, as in blur.")
@click.option("--no-depth", is_flag=True, help="Only the file; do not estimate any depth.")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
@handled
def inspect(photo: Path, model: str, focus: str, no_depth: bool, as_json: bool) -> None:
    """Show what PHOTO holds (pixels, profile, metadata, depth) and where focus would go."""
    from defocus.formats.reading import read_photo

    read = read_photo(photo)
    facts = describe_file(read)
    if not no_depth:
        facts["focus"] = describe_focus(read, model, focus)
    if as_json:
        click.echo(json.dumps(facts, indent=2))
    else:
        _show(photo.name, facts)


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
        "colour": photo.transfer.name if meta.icc else "sRGB (no profile)",
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


def describe_focus(photo: Photo, model: str, words: str) -> dict[str, Any]:
    """Where the focus of these words would go, as plain values."""
    from defocus.depth import estimate_disparity
    from defocus.edit import Focus
    from defocus.focus import find_focus
    from defocus.subject import find_subject

    focus = Focus.parse(words)
    source = estimate_disparity(photo, model)
    disparity = source.normalised()
    subject = find_subject(disparity)
    plane = find_focus(disparity, focus, subject)
    return {
        "model": source.source,
        "disparity": round(plane.disparity, 4),
        "range": round(plane.range, 4),
        "holds_subject": plane.holds_subject,
        "subject_share": None if subject is None else round(float((subject > 0.5).mean()), 4),
    }


def _show(name: str, facts: dict[str, Any]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(title=name, show_header=False, title_justify="left")
    for key, value in _flat(facts):
        table.add_row(key, value)
    Console().print(table)


def _flat(facts: dict[str, Any], prefix: str = "") -> list[tuple[str, str]]:
    rows: list[tuple[str, str]] = []
    for key, value in facts.items():
        label = prefix + key.replace("_", " ")
        if isinstance(value, dict) and value:
            rows += _flat(value, f"{label}: ")
        elif value not in (None, [], {}, 0, False):
            text = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
            rows.append((label, "yes" if value is True else text))
    return rows
