"""AVIF with EXIF, ICC, XMP and alpha, by Pillow's own plugin; more than 8 bits by ``avif_deep``."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any, BinaryIO

from defocus import colour
from defocus.errors import PhotoError
from defocus.formats import avif_deep, avif_tables, clean_aperture, coded_colour, isobmff
from defocus.formats.apple_depth import GAIN_MAP
from defocus.formats.codec import is_here
from defocus.formats.exif import ORIENTATION, ExifBlock
from defocus.formats.parts import Parts, assemble
from defocus.formats.pixels import (
    check_size,
    decoding,
    from_pillow,
    to_8_bit,
    to_pillow,
    with_alpha,
)
from defocus.installation import to_install, to_install_extra
from defocus.photo import Embedded

if TYPE_CHECKING:
    from PIL.AvifImagePlugin import AvifImageFile
    from PIL.Image import Exif

    from defocus.formats.codec import Save
    from defocus.photo import Photo

_DEFAULT_QUALITY = 85
# Of 0 (slow) to 10: half the time of Pillow's default 6, files about 3 % larger.
_SPEED = 8


def _plugin() -> type[AvifImageFile]:
    from PIL import features

    if not features.check("avif"):
        raise PhotoError(f"this build of Pillow has no AVIF: {to_install('--upgrade', 'pillow')}")
    from PIL.AvifImagePlugin import AvifImageFile

    return AvifImageFile


peek = isobmff.peek


def read(data: bytes, max_pixels: int) -> Photo:
    """See :mod:`defocus.formats`. Of a sequence the first picture is taken, with a note."""
    opener = _plugin()
    for size_wh in isobmff.claimed_sizes(data):
        check_size(*size_wh, max_pixels)
    isobmff.check_written(data, "the AVIF")
    data, is_joined = avif_tables.joined(data)
    with decoding("the AVIF"):
        # Pillow would read EXIF while it opens, fail on a damaged one, and write it anew.
        alone = isobmff.picture_alone(data)
        image = opener(io.BytesIO(alone))
        check_size(*image.size, max_pixels)
        bits = isobmff.bits_per_channel(data)
        # Of some sequences imagecodecs writes beyond its memory, and the process dies.
        is_sequence = image.n_frames > 1 or isobmff.is_sequence(data)
        deep = bits > 8 and not is_sequence and is_here("imagecodecs")
        if deep:
            picture = avif_deep.pixels(alone, bits)
        else:
            image.load()
            picture = from_pillow(image)
    notes = isobmff.unkept(data)
    if is_joined:
        notes.append("its table of properties (ipma) comes in pieces; they were read as one")
    picture = clean_aperture.cropped(data, picture, notes)
    if is_sequence:
        notes.append("a sequence: only its first picture is kept")
    if bits > 8 and not deep:
        more = "" if is_sequence else f"; the extra 'avif' keeps them: {to_install_extra('avif')}"
        notes.append(f"{bits} bits a channel reduced to 8{more}")
    icc = image.info.get("icc_profile")
    # An orientation in XMP would be obeyed; viewers of AVIF obey the container's own only.
    packet = image.info.pop("xmp", None)
    coded = coded_colour.Coded() if icc is not None else coded_colour.from_nclx(data)
    return assemble(
        Parts(
            format="avif",
            picture=picture,
            icc=icc or (None if picture.grey else coded.icc),
            cicp=coded.cicp,
            bits=bits if deep else None,
            exif=isobmff.exif(data),
            xmp=packet,
            orientation=image.getexif().get(ORIENTATION, 1),
            embedded=Embedded(dropped=(GAIN_MAP,) if isobmff.has_gain_map(data) else ()),
            notes=notes,
        )
    )


def write(target: BinaryIO, photo: Photo, save: Save) -> None:
    """See :mod:`defocus.formats`. 16 bits become 10 or 12 with the extra, else 8."""
    _plugin()
    meta = photo.meta
    quality = save.quality or _DEFAULT_QUALITY
    exif = None
    if meta.exif is not None:
        # AVIF turns pictures by a property of its own; Pillow would rebuild the block for the tag.
        block = ExifBlock(meta.exif)
        block.drop_orientation()
        exif = block.tobytes()
    if (photo.pixels.itemsize > 1 or meta.cicp is not None) and is_here("imagecodecs"):
        target.write(avif_deep.encoded(photo, exif, quality, _SPEED))
        return
    values = to_8_bit(with_alpha(photo))
    options: dict[str, Any] = {"quality": quality, "speed": _SPEED}
    grey = values.ndim == 2
    if not grey:
        options["subsampling"] = "4:4:4"
    icc = colour.fitting(meta.icc, grey=grey)
    if icc is not None:
        options["icc_profile"] = icc
    if exif is not None:
        options["exif"] = _as_it_is(exif)
    if meta.xmp is not None:
        options["xmp"] = meta.xmp
    to_pillow(values).save(target, "AVIF", **options)


def _as_it_is(block: bytes) -> Exif:
    """EXIF that Pillow writes without reading it first."""
    from PIL.Image import Exif

    class AsItIs(Exif):
        def __bool__(self) -> bool:
            return True

        def tobytes(self, offset: int = 8) -> bytes:
            return block

    return AsItIs()
