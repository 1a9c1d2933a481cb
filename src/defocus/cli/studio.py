"""``defocus studio``: the page in the browser."""

from __future__ import annotations

import os
import webbrowser
from typing import TYPE_CHECKING

import click

from defocus.cli._device import device_flag
from defocus.cli._run import FilePath, handled
from defocus.errors import MissingExtraError, PhotoError
from defocus.files import is_folder

if TYPE_CHECKING:
    from pathlib import Path


@click.command()
@click.argument("photos", nargs=-1, type=FilePath())
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="Default: a free one.")
@click.option("--no-browser", is_flag=True, help="Only print the link.")
@device_flag
@handled
def studio(photos: tuple[Path, ...], port: int, no_browser: bool) -> None:
    """Edit PHOTOS in the browser: click to focus, drag the aperture, export.

    Everything stays on this machine. More photos can be dropped on the page.

    \b
    defocus studio                    drop photos on the page
    defocus studio photo.jpg          open a photo; its portrait can be saved beside it
    """
    try:
        from defocus.studio.server import Studio
    except ModuleNotFoundError:
        raise MissingExtraError("defocus studio", "studio") from None
    for photo in photos:
        if not os.path.isfile(photo):  # noqa: PTH113 - pathlib's raises for a locked folder
            if is_folder(photo):
                raise PhotoError(
                    f"{photo} is a folder: give the photos in it, or drop them on the page"
                )
            raise PhotoError(f"{photo} is not a file: check the path")
    server = Studio(tuple(photo.resolve() for photo in photos), port=port)

    def announce() -> None:
        click.echo(server.url)
        click.echo("Ctrl-C ends the studio.", err=True)
        if not no_browser:
            webbrowser.open(server.url_for_browser())

    server.run(announce)
