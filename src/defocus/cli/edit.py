"""``defocus edit``: the studio as another program's external editor."""

from __future__ import annotations

import os
import sys
import webbrowser
from contextlib import suppress
from typing import TYPE_CHECKING

import click

from defocus.cli._device import device_flag
from defocus.cli._run import FilePath, check_target, handled
from defocus.cli._streams import say_path
from defocus.errors import MissingExtraError

if TYPE_CHECKING:
    from pathlib import Path

    from defocus.session.over import Keep

EXIT_CANCELLED = 1


@click.command()
@click.argument("files", nargs=-1, required=True, type=FilePath())
@click.option(
    "--keep-original", "keep", type=click.Choice(["beside", "embed", "no"]), default="beside",
    show_default=True,
    help="Where the original stays: as FILE-original beside it, in the portrait (JPEG), nowhere.",
)  # fmt: skip
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="Default: a free one.")
@click.option("--no-browser", is_flag=True, help="Only print the link.")
@device_flag
@handled
def edit(files: tuple[Path, ...], keep: Keep, port: int, no_browser: bool) -> None:
    """Open FILES in the studio; 'Done' saves over them and ends.

    For photo managers that hand a file to an external editor and wait: darktable, digiKam,
    Lightroom, Capture One. Each file keeps its name, format, bits, profile and metadata, and is
    replaced whole; those that were are printed. Exit code: 0 when done, 1 when cancelled or the
    page was closed, 2 when it cannot be done.

    \b
    defocus edit photo.tif                      the original stays as photo-original.tif
    defocus edit --keep-original no copy.tif    for an editor that sends a copy anyway
    """
    try:
        from defocus.studio.hand_over import HandOver
        from defocus.studio.server import Studio
    except ModuleNotFoundError:
        raise MissingExtraError("defocus edit", "studio") from None
    from defocus.session.over import check_over

    # One file by two names is one file.
    photos = tuple(dict.fromkeys(path.resolve() for path in files))
    for photo in photos:
        check_over(photo, keep)
        check_target(photo)
    hand_over = HandOver(keep)
    server = Studio(photos, port=port, hand_over=hand_over)

    def announce() -> None:
        click.echo(server.url)
        if not no_browser:
            webbrowser.open(server.url_for_browser())

    server.run(announce)
    for path in hand_over.files:
        say_path(path)
    # At once: a library that still warms up in a thread may abort an interpreter that ends around
    # it, and the exit code is what the other program goes by. All files are closed by now.
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError):
            stream.flush()
    os._exit(0 if hand_over.saved else EXIT_CANCELLED)
