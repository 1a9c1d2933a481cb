"""``defocus edit``: the studio as another program's external editor."""

from __future__ import annotations

import os
import sys
import webbrowser
from contextlib import suppress
from typing import TYPE_CHECKING

import click

from defocus.cli._device import device_flag
from defocus.cli._run import EXIT_FAILED, FilePath, check_target, handled, say_error
from defocus.cli._streams import say, say_path
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
    page was closed, 2 when it cannot be done or no page was opened within ten minutes. Files that
    were saved before another one failed stay saved, and are printed also if you cancel then.

    \b
    defocus edit photo.tif                      the original stays as photo-original.tif
    defocus edit --keep-original no copy.tif    for an editor that sends a copy anyway
    """
    try:
        from defocus.studio.hand_over import NOBODY_S, HandOver
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
        opened = not no_browser and webbrowser.open(server.url_for_browser())
        found = "" if opened or no_browser else "no browser was found: "
        say(f"{found}'Done' on that page saves and ends, Ctrl-C ends without saving")
        hand_over.wait_for_page()

    server.run(announce)
    for path in hand_over.files:
        say_path(path)
    if hand_over.nobody_came:
        minutes = round(NOBODY_S / 60)
        say_error(
            f"no page was opened within {minutes} minutes, and nothing was changed: start it again "
            "and open the link that it prints"
        )
    # At once: a library that still warms up in a thread may abort an interpreter that ends around
    # it, and the exit code is what the other program goes by. All files are closed by now.
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError):
            stream.flush()
    given_up = EXIT_FAILED if hand_over.nobody_came else EXIT_CANCELLED
    os._exit(0 if hand_over.saved else given_up)
