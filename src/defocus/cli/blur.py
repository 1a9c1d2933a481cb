"""``defocus blur``: the main job."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from defocus.blame import blamed, described
from defocus.cli._bar import bar, plain
from defocus.cli._device import device_flag
from defocus.cli._pipes import check_pipes, name_of, read_source, write_to_pipe
from defocus.cli._run import (
    EXIT_FAILED,
    STREAM,
    FilePath,
    check_target,
    check_unread,
    handled,
    say_error,
)
from defocus.cli._streams import say, say_path
from defocus.cli.options import edit_flags, split_edit
from defocus.errors import Cancelled, EditError, PhotoError
from defocus.files import check_ordinary, free_name, identity, is_folder, is_there

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from defocus.edit import Edit
    from defocus.photo import Photo
    from defocus.progress import Progress


@click.command()
@click.argument("photos", nargs=-1, required=True, type=FilePath(stream=True))
@click.option(
    "-o", "--output", "target", type=FilePath(stream=True),
    help="File to write, an existing folder, or - for standard output. Default: "
    "PHOTO-defocus.jpg beside PHOTO.jpg.",
)  # fmt: skip
@click.option("--overwrite", is_flag=True, help="Replace results that exist already.")
@click.option(
    "--keep-both", is_flag=True,
    help="Give a result whose name is taken a number, such as PHOTO-defocus-2.jpg.",
)  # fmt: skip
@click.option("--quiet", "-q", is_flag=True, help="Say nothing but errors.")
@device_flag
@edit_flags
@handled
def blur(
    photos: tuple[Path, ...],
    target: Path | None,
    overwrite: bool,
    keep_both: bool,
    quiet: bool,
    **choices: Any,
) -> None:
    """Blur the background of PHOTOS as a fast lens would.

    The subject stays sharp, the result keeps the photo's format, colour profile and metadata, and
    the original is never touched.

    \b
    defocus blur photo.jpg                      the subject, at f/2
    defocus blur photo.jpg --f 1.4              more blur
    defocus blur photo.jpg --focus 0.7,0.4      focus 70 % from the left, 40 % from the top
    defocus blur *.jpg -o portraits/            several photos, into a folder
    cat a.jpg | defocus blur - -o - > b.jpg     in a pipe
    """
    if overwrite and keep_both:
        raise EditError("--overwrite replaces what is there, --keep-both does not: say one of them")
    edit_file = choices["edit_file"]
    edit = split_edit(choices)
    beside = (edit_file, Path(edit.model))
    if target is STREAM or any(photo is STREAM for photo in photos):
        for photo in photos:
            check_unread(target or STREAM, photo, *beside)
        _blur_in_a_pipe(photos, target, edit, overwrite=overwrite, quiet=quiet)
        return
    targets = [_target(photo, target, len(photos) > 1, edit) for photo in photos]
    _check_apart(photos, targets)
    if not keep_both:
        for goal in targets:
            check_unread(goal, *beside)
    failed = 0
    made: set[tuple[int, int] | None] = set()
    for photo, goal in zip(photos, targets, strict=True):
        try:
            if identity(goal) in made - {None}:  # two names that this disk takes for one
                raise PhotoError(
                    f"{goal} is the result of another photo already: choose another -o"
                )
            if keep_both:
                goal = free_name(goal)
            written = _blur_one(photo, goal, edit, overwrite=overwrite, quiet=quiet)
        except Cancelled:
            raise
        except Exception as error:  # whatever it is, the other photos are done
            if len(photos) == 1:
                raise
            failed += 1
            say_error(blamed(error) or described(error))
            continue
        made.add(identity(written))
        if written != goal and not quiet:
            say_error(f"{goal} is a link: the file that it leads to was replaced")
        if not quiet:
            say_path(written)
    if len(photos) > 1 and (failed or not quiet):
        say(f"{len(photos) - failed} of {len(photos)} photos done")
    if failed:
        sys.exit(EXIT_FAILED)


def _blur_in_a_pipe(
    photos: tuple[Path, ...], target: Path | None, edit: Edit, *, overwrite: bool, quiet: bool
) -> None:
    """From standard input, to standard output, or both; without -o what came in a pipe goes on."""
    from defocus.formats import for_writing, format_named, suffix_for
    from defocus.pipeline import encode_portrait, write_portrait

    if len(photos) > 1:
        raise EditError("a pipe takes one photo: give the others in calls of their own")
    (source,) = photos
    target = target or STREAM
    check_pipes(source, target)
    name = name_of(source)
    tell = _teller(name, quiet=quiet)
    with progress_bar(name, quiet=quiet) as progress:
        photo = read_source(source)
        if target is STREAM:
            usual = format_named(photo.meta.format).suffixes[0]
            goal = Path(f"standard output{suffix_for(usual, edit.output.format)}")
        else:
            goal = target
            if is_folder(goal):
                raise EditError(
                    f"{goal} is a folder: what comes in a pipe needs the name of a file"
                )
            check_target(goal)
        if not quiet:
            _tell(name, photo, goal, edit)
        if target is not STREAM:
            say_path(
                write_portrait(photo, goal, edit, overwrite=overwrite, progress=progress, tell=tell)
            )
            return
        encoded = encode_portrait(
            photo, for_writing(edit.output.format, goal.suffix), edit, progress=progress, tell=tell
        )
    write_to_pipe(encoded)


def _target(photo: Path, target: Path | None, several: bool, edit: Edit) -> Path:
    from defocus.formats import suffix_for

    if is_folder(photo):
        from defocus.installation import shell_line

        batch = shell_line(
            "defocus", "batch", str(photo), f"{photo.resolve().name or 'photos'}-portraits"
        )
        raise PhotoError(f"{photo} is a folder: for all photos in it, {batch}")
    name = f"{photo.stem}-defocus{suffix_for(_suffix(photo), edit.output.format)}"
    if target is None:
        return photo.with_name(name)
    if is_folder(target):
        return target / name
    if several:
        raise EditError(f"{target} is not a folder: make it first, several photos go into it")
    return target


def _suffix(photo: Path) -> str:
    """The photo's suffix; where that tells nothing, the usual one of what the file holds."""
    from defocus.formats import FORMATS, sniff

    suffix = photo.suffix
    if any(suffix.lower() in known.all_suffixes for known in FORMATS):
        return suffix
    try:
        check_ordinary(photo)
        with photo.open("rb") as file:
            return sniff(file.read(65536), suffix.lower()).suffixes[0]
    except (OSError, ValueError, PhotoError):  # reading it will tell
        return suffix


def _check_apart(photos: tuple[Path, ...], targets: list[Path]) -> None:
    """Refuse, before any work, what would replace a photo or another result. Raises EditError."""
    originals = {identity(photo): photo for photo in photos} | {None: None}
    goals: dict[object, Path] = {}
    for photo, target in zip(photos, targets, strict=True):
        original = originals.get(identity(target))
        if original is not None:
            raise EditError(f"{target} is the photo {original} itself: choose another -o")
        place = (identity(target.parent) or target.parent.absolute(), target.name)
        if place in goals:
            raise EditError(
                f"{goals[place]} and {photo} would both become {target}: "
                "give them folders of their own, or other names"
            )
        goals[place] = photo


def _blur_one(photo: Path, target: Path, edit: Edit, *, overwrite: bool, quiet: bool) -> Path:
    from defocus.formats.reading import read_photo
    from defocus.pipeline import write_portrait

    if is_there(target) and not overwrite:  # before minutes of work; the writer checks again
        raise PhotoError(f"{target} exists already: use --overwrite, --keep-both or another -o")
    check_target(target)
    with progress_bar(photo.name, quiet=quiet) as progress:
        original = read_photo(photo)
        if not quiet:
            _tell(photo.name, original, target, edit)
        tell = _teller(photo.name, quiet=quiet)
        return write_portrait(
            original, target, edit, overwrite=overwrite, progress=progress, tell=tell
        )


def _teller(name: str, *, quiet: bool) -> Callable[[str], None] | None:
    """What says of a photo, while it is worked on, that something was not found."""
    return None if quiet else lambda line: say_error(f"{name}: {line}")


def _tell(name: str, photo: Photo, target: Path, edit: Edit) -> None:
    """What the result will lack of the photo, and what is to be known of it. Raises PhotoError."""
    from defocus.formats.losses import kept_curve, losses

    for line in (*losses(photo, target, edit.output), kept_curve(photo, target, edit.output)):
        if line is not None:
            say_error(f"{name}: {line}")


@contextmanager
def progress_bar(name: str, *, quiet: bool) -> Iterator[Progress]:
    """What is told of the work moves a bar on standard error."""
    name = plain(name)
    share = {"depth": (0.0, 0.5), "refine": (0.5, 0.2), "matte": (0.7, 0.1)}
    with bar("{bar:30} {elapsed}  {desc}", 1.0, quiet=quiet) as shown:
        shown.set_description_str(f"reading  {name}")

        def report(stage: str, fraction: float) -> None:
            start, length = share.get(stage, (0.8, 0.2))
            shown.n = start + length * fraction
            shown.set_description_str(f"{stage}  {name}")

        yield report
