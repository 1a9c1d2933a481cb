"""Between Pillow images and arrays, and turning pictures upright."""

from __future__ import annotations

import re
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, BinaryIO, cast

import numpy as np

from defocus.blame import blamed
from defocus.errors import DefocusError, OutOfMemoryError, PhotoError, TooLargeError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray
    from PIL.Image import Image

    from defocus.photo import Photo

SWAPS_AXES = (5, 6, 7, 8)

# How decoders say that a file is fine, but not for them.
_UNSUPPORTED = re.compile(
    r"not available|unsupported|not supported|not implemented|unimplemented|no (decoder|codec)"
    r"|requires the .* package|cannot handle|reformat failed|not been built in|unable to determine",
    re.IGNORECASE,
)


@dataclass(frozen=True, eq=False, slots=True)
class Picture:
    """Decoded pixels: H×W×3 uint8 or uint16, H×W alpha or None, and whether they were grey."""

    pixels: NDArray[Any]
    alpha: NDArray[Any] | None = None
    grey: bool = False


@contextmanager
def decoding(what: str) -> Iterator[None]:
    """Turn whatever a parser or decoder throws at damaged bytes into a PhotoError."""
    try:
        yield
    except DefocusError:
        raise
    except Exception as error:  # third-party decoders raise nearly anything for hostile bytes
        fault = blamed(error)
        if isinstance(fault, OutOfMemoryError):
            raise TooLargeError(f"{what} does not fit into memory: scale it down first") from None
        if fault is not None:
            raise fault from error
        said = error.args[0] if error.args else ""
        said = said.decode(errors="replace") if isinstance(said, bytes) else str(error)
        reason = said.strip().splitlines()[:1] or [type(error).__name__]
        if _UNSUPPORTED.search(reason[0]):
            raise PhotoError(
                f"{what} is of a kind that the decoder installed here does not know "
                f"({reason[0][:120]}): convert it first"
            ) from error
        raise PhotoError(
            f"{what} is damaged or cut off ({reason[0][:120]}): copy it again from where it came"
        ) from error


def check_size(width: int, height: int, max_pixels: int) -> None:
    """Refuse a picture by what its header claims, before memory is spent.

    Raises:
        PhotoError: no pixels at all.
        TooLargeError: more than ``max_pixels``.
    """
    if width < 1 or height < 1:
        raise PhotoError(
            f"the header claims {width}×{height} pixels: the file is damaged, copy it again"
        )
    if width * height > max_pixels:
        raise TooLargeError(
            f"{width}×{height} is {width * height / 1e6:,.0f} million pixels, more than the limit "
            f"of {max_pixels / 1e6:g}: scale it down or raise the limit"
        )


def check_plausible(width: int, height: int, held: int, per_byte: float) -> None:
    """Refuse a header that claims more than the compressed bytes can hold.

    Args:
        width: claimed, in pixels.
        height: claimed, in pixels.
        held: bytes of compressed data in the file.
        per_byte: the most pixels that one byte can stand for.

    Raises:
        PhotoError: the file is cut off, or a decompression bomb.
    """
    if width * height > held * per_byte + 4096:
        raise PhotoError(
            f"the header claims {width}×{height} pixels but only {held:,} bytes follow: "
            "the file is cut off or damaged, copy it again from where it came"
        )


def from_pillow(image: Image) -> Picture:
    """Pixels of an 8-bit (or 16-bit grey) Pillow image of any mode but CMYK and Lab."""
    if "transparency" in image.info and image.mode in ("1", "L", "P", "RGB"):
        grey = image.mode in ("1", "L")
        image = image.convert("RGBA")
        if grey:
            image = image.convert("LA")
    elif image.mode == "P":
        has_alpha = image.palette is not None and image.palette.mode == "RGBA"
        image = image.convert("RGBA" if has_alpha else "RGB")
    elif image.mode == "PA":
        image = image.convert("RGBA")
    if image.mode.startswith("I"):
        values = np.asarray(image)
        if values.min() < 0 or values.max() > 65535:
            raise PhotoError("its grey values do not fit into 16 bits: convert it to 16 bits first")
        return Picture(expand_grey(values.astype(np.uint16)), grey=True)
    if image.mode in ("1", "L"):
        return Picture(to_array(image.convert("RGB")), grey=True)
    if image.mode == "LA":
        both = to_array(image)
        return Picture(expand_grey(both[..., 0]), np.ascontiguousarray(both[..., 1]), grey=True)
    if image.mode == "RGBA":
        return split_alpha(to_array(image))
    return Picture(to_array(image if image.mode == "RGB" else image.convert("RGB")))


def to_array(image: Image) -> NDArray[np.uint8]:
    """H×W×C uint8 of an 8-bit image.

    RGB goes through Pillow's PPM writer, which packs rows in pieces that stay in the processor's
    cache: a quarter of the time of ``np.asarray(image)``, which joins them and is read-only.
    """
    if image.mode != "RGB":
        return np.array(image)
    header = len(b"P6\n%d %d\n255\n" % image.size)
    sink = _Memory(header + image.height * image.width * 3)
    image.save(cast("BinaryIO", sink), "PPM")
    return sink.content[header:].reshape(image.height, image.width, 3)


class _Memory:
    """A file of known size that is written from start to end."""

    def __init__(self, size: int) -> None:
        self.content: NDArray[np.uint8] = np.empty(size, np.uint8)
        self._at = 0

    def write(self, piece: bytes) -> int:
        self.content[self._at : self._at + len(piece)] = np.frombuffer(piece, np.uint8)
        self._at += len(piece)
        return len(piece)


def split_alpha(values: NDArray[Any]) -> Picture:
    """H×W×4 → colour and alpha; a fully opaque alpha is kept, for it was in the file."""
    import cv2

    return Picture(cv2.cvtColor(values, cv2.COLOR_RGBA2RGB), np.ascontiguousarray(values[..., 3]))


def unpremultiplied(values: NDArray[Any], alpha: NDArray[Any]) -> NDArray[Any]:
    """Colours that are stored times their opacity, as they are; H×W×C and H×W of one dtype."""
    top = np.iinfo(values.dtype).max
    weight = np.maximum(alpha, 1).astype(np.float32)[..., None]
    plain = np.rint(values * (np.float32(top) / weight))
    return np.asarray(np.minimum(plain, top), values.dtype)


def expand_grey(grey: NDArray[Any]) -> NDArray[Any]:
    """H×W → H×W×3 with three equal channels."""
    import cv2

    return cv2.cvtColor(np.ascontiguousarray(grey), cv2.COLOR_GRAY2RGB)


def as_stored(photo: Photo) -> NDArray[Any]:
    """H×W if the photo is grey, else H×W×3; without alpha."""
    pixels = photo.pixels
    if photo.meta.grey and is_grey(pixels):
        return np.ascontiguousarray(pixels[..., 1])
    return np.ascontiguousarray(pixels)


def is_grey(pixels: NDArray[Any]) -> bool:
    """Are the three channels equal?"""
    middle = pixels[..., 1]
    return np.array_equal(pixels[..., 0], middle) and np.array_equal(pixels[..., 2], middle)


def with_alpha(photo: Photo) -> NDArray[Any]:
    """As :func:`as_stored`, with alpha as the last channel if there is one."""
    stored = as_stored(photo)
    return stored if photo.alpha is None else np.dstack([stored, photo.alpha])


def to_8_bit(values: NDArray[Any]) -> NDArray[np.uint8]:
    """uint16 → uint8, rounded (65535 → 255); uint8 as it is."""
    if values.dtype == np.uint8:
        return values
    return ((values.astype(np.uint32) * 255 + 32767) // 65535).astype(np.uint8)


def to_pillow(values: NDArray[Any]) -> Image:
    """An 8-bit image from H×W, H×W×2, ×3 or ×4."""
    from PIL import Image

    if values.shape[-1] == 2 and values.ndim == 3:
        return Image.merge(
            "LA", [Image.fromarray(np.ascontiguousarray(c)) for c in np.moveaxis(values, 2, 0)]
        )
    return Image.fromarray(values)


def upright(values: NDArray[Any], orientation: int) -> NDArray[Any]:
    """Turn H×W or H×W×C the way that EXIF orientation 1 to 8 asks for; contiguous."""
    import cv2

    if orientation == 1:
        return values
    if SWAPS_AXES.count(orientation):
        values = cv2.transpose(values)
    flips = {2: 1, 3: -1, 4: 0, 6: 1, 7: -1, 8: 0}
    return cv2.flip(values, flips[orientation]) if orientation in flips else values


def upright_layer(
    values: NDArray[Any], orientation: int, stored_wh: tuple[int, int]
) -> NDArray[Any]:
    """Turn a depth map or matte like its picture, unless its shape says that it is upright already.

    Args:
        values: H×W.
        orientation: of the picture, 1 to 8.
        stored_wh: size of the picture as stored, before it is turned.
    """
    if orientation in SWAPS_AXES:
        aspect = np.log(values.shape[1] / values.shape[0])
        picture = np.log(stored_wh[0] / stored_wh[1])
        if abs(aspect + picture) < abs(aspect - picture) - 0.1:
            return values
    return upright(values, orientation)
