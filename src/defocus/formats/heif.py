"""HEIC and HEIF through pillow-heif (extra ``heif``), with the depth and mattes of iPhones.

libheif turns the picture upright itself (irot, imir). It can read depth, but not write it.
"""

from __future__ import annotations

import contextlib
import io
import math
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np

from defocus import colour
from defocus.errors import DefocusError, PhotoError
from defocus.formats import apple_depth, coded_colour, gain_map, google_depth, isobmff, xmp
from defocus.formats.budget import Budget
from defocus.formats.codec import Header
from defocus.formats.parts import Parts, assemble
from defocus.formats.pixels import (
    Picture,
    check_size,
    decoding,
    expand_grey,
    split_alpha,
    with_alpha,
)
from defocus.photo import Embedded, GainMap
from defocus.transfer import HDR

if TYPE_CHECKING:
    from collections.abc import Iterator
    from xml.dom.minidom import Document

    from numpy.typing import NDArray

    from defocus.disparity import Disparity
    from defocus.formats.codec import Content, Save
    from defocus.photo import Photo

_DEFAULT_QUALITY = 90
_UNIFORM_DEPTH = 2
_PACKET_START, _PACKET_END = b"<x:xmpmeta", b"</x:xmpmeta>"
_MAX_PACKETS, _MAX_PACKET_BYTES = 32, 1 << 20
_DEPTH_SPACES = [
    space.encode()
    for space in (apple_depth.PIXEL_DATA_INFO, apple_depth.DEPTH_DATA, apple_depth.DEPTH_BLUR)
]
# By the type of the main item (ISO 23008-12, 23001-17); pillow-heif's wheels read none of them.
_OTHER_CODINGS = {
    b"unci": "without compression", b"j2k1": "JPEG 2000", b"jpeg": "JPEG", b"avc1": "H.264",
    b"vvc1": "H.266", b"evc1": "EVC", b"mski": "a mask",
}  # fmt: skip
_MODES = {1: "L", 2: "LA", 3: "RGB", 4: "RGBA"}


def peek(data: Content) -> Header:
    """See :mod:`defocus.formats`. The file itself names the size before it is cut to shape."""
    import pillow_heif

    with _naming_coding(data):
        file = pillow_heif.open_heif(io.BytesIO(data), convert_hdr_to_8bit=False)
        size_wh = _main_of(file).size
    points = isobmff.code_points(data)
    is_hdr = data.find(b"hdrgainmap") >= 0 or (points is not None and points[1] in HDR)
    return Header(size_wh, isobmff.bits_per_channel(data), is_hdr)


def read(data: bytes, max_pixels: int) -> Photo:
    """See :mod:`defocus.formats`. More than 8 bits become 16."""
    import pillow_heif

    for size_wh in isobmff.claimed_sizes(data):
        check_size(*size_wh, max_pixels)
    if isobmff.primary_kind(data) != b"unci":  # plain pixels may be nothing but zeros
        isobmff.check_written(data, "the HEIF")
    with _naming_coding(data):
        file = pillow_heif.open_heif(io.BytesIO(data), convert_hdr_to_8bit=False)
        image = _main_of(file)
        width, height = image.size
        check_size(width, height, max_pixels)
        picture = _picture(image)
    info: dict[str, Any] = dict(image.info)
    bits = info.get("bit_depth", 8)
    notes = ["of several pictures only the main one is kept"] if len(file) > 1 else []
    notes.extend(isobmff.unkept(data))
    budget = Budget((width, height))
    layers = _layers(image, _depth_packets(data), budget, notes)
    try:
        brighter = _gain_map(image, budget)
    except PhotoError as error:
        notes.append(str(error))
        brighter = None
        layers = replace(layers, dropped=(*layers.dropped, apple_depth.GAIN_MAP))
    # Of ISO's kind libheif gives none.
    if brighter is None and isobmff.has_gain_map(data):
        kept = {*layers.dropped, apple_depth.GAIN_MAP}
        layers = replace(layers, dropped=tuple(sorted(kept)))
    icc = info.get("icc_profile")
    coded = coded_colour.Coded() if icc is not None else coded_colour.from_nclx(data)
    return assemble(
        Parts(
            format="heif",
            picture=picture,
            icc=icc or (None if picture.grey else coded.icc),
            cicp=coded.cicp,
            bits=bits if bits not in (8, 16) else None,
            exif=info.get("exif"),
            xmp=info.get("xmp"),
            orientation=1,
            embedded=layers,
            gain_map=brighter,
            notes=notes,
        )
    )


@contextmanager
def _naming_coding(data: Content) -> Iterator[None]:
    """Decode; libheif built without a coding finds no picture, and that is no damage."""
    try:
        with decoding("the HEIF"):
            yield
    except PhotoError as error:
        kind = isobmff.primary_kind(data)
        if error.__cause__ is None or kind not in _OTHER_CODINGS:
            raise
        raise PhotoError(
            f"a HEIF whose picture is {_OTHER_CODINGS[kind]} is not read: convert it first"
        ) from error.__cause__


def _main_of(file: Any) -> Any:
    """The picture that is to be shown. Where libheif cannot read it, the first other one is first.

    Raises:
        ValueError: it is not among those that libheif can read.
    """
    image = file[file.primary_index]
    if not image.info.get("primary", True):
        raise ValueError("its main picture is not there")
    return image


def _picture(image: Any) -> Picture:
    values = np.asarray(image)
    if values.dtype == np.uint16:
        values = _stretched(values, image.info["bit_depth"])
    if values.ndim == 2:
        return Picture(expand_grey(values), grey=True)
    if values.shape[2] == 4:
        return split_alpha(values)
    return Picture(values)


def _stretched(values: NDArray[np.uint16], bits: int) -> NDArray[np.uint16]:
    """libheif's decoder shifts 10 or 12 bits to the top of 16; make white 65535."""
    top = (1 << bits) - 1
    table = np.arange(1 << bits, dtype=np.uint32) * 65535 // top
    return np.asarray(table[values >> (16 - bits)], np.uint16)


def _layers(image: Any, depth_xmp: list[Document], budget: Budget, notes: list[str]) -> Embedded:
    """Disparity and mattes, upright like the picture; damaged ones end in a note.

    Args:
        image: the main picture, of pillow-heif.
        depth_xmp: packets of the file that speak about depth.
        budget: for all layers together.
        notes: to add to.
    """
    f_numbers = [apple_depth.simulated_f_number(document) for document in depth_xmp]
    layers = Embedded(simulated_f_number=next((n for n in f_numbers if n is not None), None))
    for depth in image.info.get("depth_images") or []:
        try:
            disparity = _disparity(depth, depth_xmp, budget)
        except (DefocusError, ArithmeticError) as error:
            notes.append(f"embedded depth ignored: {error}")
        else:
            layers = replace(layers, disparity=disparity)
            break
    for urn, identifiers in (image.info.get("aux") or {}).items():
        kind = apple_depth.kind_of(urn)
        if apple_depth.is_matte(kind) and identifiers:
            try:
                matte = _grey(image.get_aux_image(identifiers[0]), budget)
            except (DefocusError, ArithmeticError) as error:
                notes.append(f"the {kind} matte is ignored: {error}")
            else:
                layers = replace(layers, mattes={**layers.mattes, kind: matte})
    return layers


def _gain_map(image: Any, budget: Budget) -> GainMap | None:
    """Apple's HDR gain map, upright like the picture. Raises PhotoError."""
    for urn, identifiers in (image.info.get("aux") or {}).items():
        if apple_depth.kind_of(urn) == "gain map" and identifiers:
            grey = _grey(image.get_aux_image(identifiers[0]), budget)
            codes = np.rint(grey * 255).astype(np.uint8)
            return gain_map.from_apple(codes, image.info.get("exif"))
    return None


def _disparity(depth: Any, depth_xmp: list[Document], budget: Budget) -> Disparity:
    """By the XMP of the depth item, else by its representation message (HEVC annex G)."""
    stored = _grey(depth, budget)
    for document in depth_xmp:
        if apple_depth.type_from_xmp(document) in ("disparity", "depth"):
            is_depth = apple_depth.type_from_xmp(document) == "depth"
            return apple_depth.from_xmp(stored, document, is_depth=is_depth)
    metadata = depth.info.get("metadata") or {}
    if metadata.get("representation_type") == _UNIFORM_DEPTH:
        low, high = metadata.get("z_near"), metadata.get("z_far")
        return apple_depth.disparity_from(stored, low, high, is_depth=True)
    return apple_depth.disparity_from(stored, metadata.get("d_min"), metadata.get("d_max"))


def _depth_packets(data: bytes) -> list[Document]:
    """XMP packets that speak about depth; pillow-heif shows only those of the main picture."""
    documents: list[Document] = []
    start = data.find(_PACKET_START)
    while start >= 0 and len(documents) < _MAX_PACKETS:
        end = data.find(_PACKET_END, start, start + _MAX_PACKET_BYTES)
        if end < 0:
            break
        packet = data[start : end + len(_PACKET_END)]
        if any(namespace in packet for namespace in _DEPTH_SPACES):
            with contextlib.suppress(xmp.BrokenXmpError):
                documents.append(xmp.parse(packet))
        start = data.find(_PACKET_START, end)
    return documents


def _grey(image: Any, budget: Budget) -> NDArray[np.float32]:
    """An auxiliary picture as H×W float32 in 0..1."""
    budget.take(google_depth.MAP_BYTES * math.prod(image.size), "an embedded layer")
    with decoding("an embedded layer"):
        values = np.asarray(image)
    if values.ndim == 3:
        values = values[..., 0]
    top = np.float32(255 if values.dtype == np.uint8 else 65535)
    return (values / top).astype(np.float32)


def write(target: BinaryIO, photo: Photo, save: Save) -> None:
    """See :mod:`defocus.formats`. 16 bits become 10; colour 4:2:0, which every phone can show."""
    import pillow_heif

    meta = photo.meta
    values = np.ascontiguousarray(with_alpha(photo))
    channels = 1 if values.ndim == 2 else values.shape[2]
    deep = values.dtype == np.uint16
    mode = _MODES[channels] + (";16" if deep else "")
    options: dict[str, Any] = {"quality": save.quality or _DEFAULT_QUALITY}
    icc = colour.fitting(meta.icc, grey=channels < 3)
    if icc is not None:
        options["icc_profile"] = icc
    if meta.cicp is not None:
        options |= _hdr(*meta.cicp)
    if meta.exif is not None:
        options["exif"] = b"Exif\0\0" + meta.exif
    if meta.xmp is not None:
        options["xmp"] = meta.xmp
    width, height = photo.size_wh
    file = pillow_heif.from_bytes(mode, (width, height), values.tobytes())
    # libheif's errors are about the codec, the disk's are about writing: keep those as they are.
    try:
        file.save(target, **options)
    except (RuntimeError, ValueError) as error:
        raise PhotoError(f"HEIF cannot be encoded ({error}): write JPEG or PNG instead") from None


def _hdr(primaries: int, transfer: int) -> dict[str, Any]:
    """An HDR curve and its primaries as an `nclx` box; the matrix is that of the primaries."""
    return {
        "color_primaries": primaries,
        "transfer_characteristics": transfer,
        "matrix_coefficients": 9 if primaries == 9 else 6,
        "full_range_flag": 1,
    }
