"""``defocus depth``: the disparity of a photo as a file of its own."""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING

import click

from defocus.cli._device import device_flag
from defocus.cli._pipes import check_pipes, read_source, write_to_pipe
from defocus.cli._run import STREAM, FilePath, check_target, check_unread, handled
from defocus.cli._streams import say_path
from defocus.edit.words import DEFAULT
from defocus.errors import DepthError, EditError
from defocus.files import identity, is_folder, is_there

if TYPE_CHECKING:
    from defocus.photo import Photo
    from defocus.quality import Quality


@click.command()
@click.argument("photo", type=FilePath(stream=True))
@click.option(
    "-o", "--output", "target", type=FilePath(stream=True),
    help="Folder, file to write: .png (16 bits), .npy, .tif or .pfm (floats), or - for a PNG on "
    "standard output. Default: PHOTO-disparity.png beside PHOTO.jpg.",
)  # fmt: skip
@click.option("--model", default=DEFAULT.model, show_default=True, help="Depth from, as in blur.")
@click.option(
    "--quality", type=click.Choice(["fast", "default", "high"]), default=DEFAULT.quality,
    show_default=True, help="Care taken over depth.",
)  # fmt: skip
@click.option("--invert", is_flag=True, help="The given depth map stores larger = farther.")
@click.option(
    "--colour", is_flag=True,
    help="A picture to look at instead (.png or .jpg): bright is near.",
)  # fmt: skip
@click.option(
    "--layers", is_flag=True,
    help="Also write the mattes that the phone stored, such as PHOTO-matte-hair.png.",
)  # fmt: skip
@click.option("--overwrite", is_flag=True, help="Replace files that exist already.")
@device_flag
@handled
def depth(
    photo: Path,
    target: Path | None,
    model: str,
    quality: Quality,
    invert: bool,
    colour: bool,
    layers: bool,
    overwrite: bool,
) -> None:
    """Write the disparity of PHOTO: how near every pixel is, larger = nearer.

    \b
    defocus depth photo.jpg                       16-bit PNG; --model reads it back
    defocus depth photo.jpg --colour              a picture to look at
    defocus depth photo.heic --model embedded     what the phone stored
    cat a.jpg | defocus depth - > a.png           in a pipe
    """
    from defocus.depth import estimate_disparity
    from defocus.depth.file import write_disparity
    from defocus.depth.picture import colour_picture, write_picture

    if target is STREAM or (photo is STREAM and target is None):
        check_unread(STREAM, photo, Path(model))
        _into_pipe(photo, model, quality, invert=invert, colour=colour, layers=layers)
        return
    check_pipes(photo, target)
    if photo is STREAM and target is not None and is_folder(target):
        raise EditError(f"{target} is a folder: what comes in a pipe needs the name of a file")
    target = _target(photo, target, colour)
    if is_there(target) and not overwrite:  # before the work; the writer checks again
        raise DepthError(f"{target} exists already: use --overwrite or another -o")
    if identity(target) == identity(photo) is not None:
        raise DepthError(f"{target} is the photo itself: choose another -o")
    check_unread(target, photo, Path(model))
    check_target(target)
    read = read_source(photo)
    disparity = estimate_disparity(read, model, quality=quality, invert=invert)
    if colour:
        written = [
            write_picture(colour_picture(disparity), target, overwrite=overwrite, like=read.path)
        ]
    else:
        written = [write_disparity(disparity, target, overwrite=overwrite, like=read.path)]
    if layers:
        stem = target.stem if photo is STREAM else photo.stem
        written += _write_mattes(read, target.with_name(f"{stem}-matte"), overwrite)
    for path in written:
        say_path(path)


def _into_pipe(
    source: Path, model: str, quality: Quality, *, invert: bool, colour: bool, layers: bool
) -> None:
    """A PNG on standard output."""
    from defocus.depth import estimate_disparity
    from defocus.depth.file import encode_disparity
    from defocus.depth.picture import colour_picture
    from defocus.formats.pixels import to_pillow

    if layers:
        raise EditError("a pipe takes one picture: give -o FILE for the layers")
    check_pipes(source, STREAM)
    disparity = estimate_disparity(read_source(source), model, quality=quality, invert=invert)
    encoded = io.BytesIO()
    if colour:
        to_pillow(colour_picture(disparity)).save(encoded, "PNG")
    else:
        encode_disparity(disparity, encoded, Path("standard output.png"))
    write_to_pipe(encoded.getvalue())


def _target(photo: Path, target: Path | None, colour: bool) -> Path:
    name = f"{photo.stem}-{'disparity-colour' if colour else 'disparity'}.png"
    if target is None:
        return photo.with_name(name)
    return target / name if is_folder(target) else target


def _write_mattes(photo: Photo, stem: Path, overwrite: bool) -> list[Path]:
    from defocus.depth.picture import grey_picture, write_picture

    return [
        write_picture(
            grey_picture(matte),
            stem.with_name(f"{stem.name}-{name}.png"),
            overwrite=overwrite,
            like=photo.path,
        )
        for name, matte in photo.embedded.mattes.items()
    ]
