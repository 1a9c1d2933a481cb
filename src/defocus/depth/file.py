"""Depth from a file: a map of yours, or one that :func:`write_disparity` wrote."""

from __future__ import annotations

import io
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np

from defocus.blame import advice, blamed
from defocus.depth import maps
from defocus.depth.holes import filled
from defocus.depth.maps import CONTAINERS, WRITABLE, Meaning, Values
from defocus.disparity import Disparity, Estimate
from defocus.errors import DefocusError, DepthError
from defocus.files import check_ordinary, write_whole
from defocus.folders import expanded

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray

    from defocus.quality import Quality

_ASPECT_TOLERANCE = 0.02
# A map may have so many pixels for each of the photo's, or so many at all: a small photo may come
# with a map of the scene that it was scaled down from, but not with one that takes gigabytes.
_PIXELS_PER_PIXEL = 4
_ALWAYS_ALLOWED = 16_000_000


class DepthMapFile:
    """A depth map in a file, as a source of disparity.

    Args:
        name: its path.
        invert: larger = farther; see :func:`read_disparity`.
    """

    def __init__(self, name: str, *, invert: bool = False) -> None:
        self.name = name
        self._invert = invert

    def estimate(self, pixels: NDArray[np.uint8], quality: Quality = "default") -> Estimate:
        """The map at its own size; ``quality`` means nothing here.

        Raises:
            DepthError: the file is no map, or its aspect is not that of the photo (within 2 %).
            TooLargeError: it has more than four times the photo's pixels, and 16 megapixels.
        """
        height, width = pixels.shape[:2]
        budget = max(_PIXELS_PER_PIXEL * width * height, _ALWAYS_ALLOWED)
        most = min(budget, maps.MAX_PIXELS)
        disparity = read_disparity(self.name, invert=self._invert, max_pixels=most)
        _check_aspect(disparity.size_wh, (width, height), self.name)
        return Estimate(disparity)


def read_disparity(
    path: str | Path, *, invert: bool = False, max_pixels: int | None = None
) -> Disparity:
    """Read a depth map.

    Args:
        path: ``.png`` (8 or 16 bits), ``.tif``, ``.npy`` or ``.npz`` (integers or floats),
            ``.pfm``, ``.jpg`` or ``.webp``; one grey channel, or several that agree; larger =
            nearer, in any unit. Holes (0) in integers are filled: see :mod:`defocus.depth.holes`.
        invert: larger = farther. Floats are then taken as distances z and become 1/z, which is
            what blur is linear in; integers are flipped within their range.
        max_pixels: refuse more, before anything is decoded; None for 300 million.

    Returns:
        H×W; relative, unless it is our own PNG that says otherwise.

    Raises:
        DepthError: not readable, not a grey map, or with NaN or inf in it.
        TooLargeError: more than ``max_pixels``.
    """
    path = expanded(path)
    container = CONTAINERS.get(path.suffix.lower())
    if container is None:
        raise DepthError(f"{path} is no depth map: known are {', '.join(CONTAINERS)}")
    try:
        check_ordinary(path)
        values = container.read(path, max_pixels or maps.MAX_PIXELS)
        array = maps.one_channel(values)
    except DefocusError as error:
        raise type(error)(f"{path}: {error}") from None
    except OSError as error:
        raise DepthError(f"{path} cannot be read: {advice(error)}") from None
    except Exception as error:  # decoders raise whatever a damaged file makes them stumble over
        if fault := blamed(error):
            raise fault from error
        raise DepthError(f"{path} is damaged or no depth map: {error}") from error
    return _disparity(array, values, path, invert)


def write_disparity(
    disparity: Disparity, path: str | Path, *, overwrite: bool = False, like: Path | None = None
) -> Path:
    """Write a disparity beside its target and rename.

    Args:
        disparity: the map; ``subject`` is not written.
        path: ``.png`` gives 16 bits with range and kind in a text chunk, which
            :func:`read_disparity` undoes to 1/65535 of the range; ``.npy``, ``.tif`` and ``.pfm``
            give float32, exactly.
        overwrite: replace an existing file.
        like: the photo; who cannot read it cannot read its disparity.

    Raises:
        DepthError: the suffix is unknown, the file exists, or the system refuses.
    """
    path = expanded(path)
    with written_whole(path, overwrite=overwrite, like=like) as target:
        encode_disparity(disparity, target, path)
    return path


def encode_disparity(disparity: Disparity, target: BinaryIO, name: Path) -> None:
    """The bytes that :func:`write_disparity` would write.

    Args:
        disparity: the map.
        target: takes them.
        name: of the file; its suffix decides.

    Raises:
        DepthError: the suffix is unknown.
    """
    container = CONTAINERS.get(name.suffix.lower())
    if container is None or container.write is None:
        raise DepthError(f"{name}: a disparity is written as {', '.join(WRITABLE)}")
    container.write(disparity, target)


@contextmanager
def written_whole(path: Path, *, overwrite: bool, like: Path | None = None) -> Iterator[BinaryIO]:
    """Memory to write to; then :func:`defocus.files.write_whole`, its errors as DepthError."""
    content = io.BytesIO()
    yield content
    try:
        write_whole(path, content.getvalue(), overwrite=overwrite, like=like)
    except FileExistsError as error:
        raise DepthError(f"{path} {advice(error)}") from None
    except OSError as error:
        raise DepthError(f"{path} cannot be written: {advice(error)}") from None


def _disparity(array: NDArray[Any], held: Values, path: Path, invert: bool) -> Disparity:
    source = path.name
    if held.meaning is not None:
        disparity = _meant(array, held.meaning, source)
        return disparity.inverted() if invert else disparity
    if array.dtype.kind != "f":
        codes = filled(array, are_distances=invert) if held.exact else array
        disparity = Disparity(codes.astype(np.float32), source=source)
        return disparity.inverted() if invert else disparity
    if invert:
        if not (array > 0).all():
            raise DepthError(
                f"{path}: with --invert, floats are distances and must be above 0; fill the gaps, "
                "or store the map as integers"
            )
        array = 1 / array
    with np.errstate(over="ignore"):
        values = array.astype(np.float32)
    gaps = 1 - np.isfinite(values).mean()
    if gaps:
        raise DepthError(f"{path} holds NaN or inf in {gaps:.1%} of its pixels: fill the gaps")
    return Disparity(values, source=source)


def _meant(codes: NDArray[Any], meaning: Meaning, source: str) -> Disparity:
    scale = (meaning.high - meaning.low) / np.iinfo(codes.dtype).max
    return Disparity((meaning.low + codes * scale).astype(np.float32), meaning.kind, source)


def _check_aspect(map_wh: tuple[int, int], photo_wh: tuple[int, int], name: str) -> None:
    if _same_aspect(map_wh, photo_wh):
        return
    hint = "it is turned by 90°" if _same_aspect(map_wh[::-1], photo_wh) else "is it of this photo?"
    raise DepthError(
        f"the depth map {name} is {map_wh[0]}×{map_wh[1]}, the photo {photo_wh[0]}×{photo_wh[1]}: "
        f"their shapes differ; {hint}"
    )


def _same_aspect(a_wh: tuple[int, int], b_wh: tuple[int, int]) -> bool:
    """Within 2 %, and what rounding the smaller one to whole pixels may add."""
    ratio = (a_wh[0] / a_wh[1]) / (b_wh[0] / b_wh[1])
    rounding = 0.5 / min(*a_wh) + 0.5 / min(*b_wh)
    return bool(abs(np.log(ratio)) <= _ASPECT_TOLERANCE + rounding)
