"""``defocus looks``: looks that come with defocus, and one's own."""

from __future__ import annotations

import json
from typing import Any

import click

from defocus.cli._run import handled
from defocus.cli.options import edit_flags, split_edit


@click.group()
def looks() -> None:
    """List, show, save and remove looks: parts of an edit with a name, for --look NAME."""


@looks.command("list")
@handled
def list_looks() -> None:
    """Show every look, and what it is."""
    from defocus.edit.looks import looks as all_looks

    for name, look in all_looks().items():
        mark = "  (your own)" if look.own else ""
        click.echo(f"{name:16}{look.title}{mark}")
        if look.about:
            click.echo(f"{'':16}{look.about}")


@looks.command()
@click.argument("name")
@handled
def show(name: str) -> None:
    """Print what the look NAME sets, as JSON."""
    from defocus.edit.looks import find_look

    click.echo(json.dumps(dict(find_look(name).edit), indent=2))


@looks.command()
@click.argument("name")
@click.option("--about", default="", help="One sentence that says what it is.")
@edit_flags
@handled
def save(name: str, about: str, **params: Any) -> None:
    """Keep the given choices as your own look NAME.

    Where the focus lies, brush strokes and the depth model belong to one photo and are left out.
    """
    from defocus.edit.looks import save_look

    look = save_look(name, split_edit(params), about=about)
    click.echo(f"saved {look.name}: {json.dumps(dict(look.edit))}")


@looks.command()
@click.argument("name")
@handled
def remove(name: str) -> None:
    """Forget your own look NAME."""
    from defocus.edit.looks import remove_look

    remove_look(name)
    click.echo(f"removed {name}")
