"""Depth networks in ONNX files: the store's pinned ones, and any file of yours.

What an unknown file wants is read from the graph:

========================  =====================  ===========  =========================
name of the image input   normalisation          multiple of  long side by quality, px
========================  =====================  ===========  =========================
``image`` (our own)       none: RGB in 0..1      14           336, 420, 420 (*)
``pixel_values``          ImageNet mean and std  14           392, 686, 924
any other (MiDaS)         none: RGB in 0..1      32           256, 384, 512
========================  =====================  ===========  =========================

(*) Except for ``fast``, with smaller views for the layout (:mod:`defocus.depth.scales`) and tiles
for the edges (:mod:`defocus.depth.tiles`).

- Layout: 1×3×H×W or 1×H×W×3, float32 or float16. Fixed H and W are used as they are, free ones
  are chosen from the photo's aspect (:func:`defocus.depth.sizes.input_size`).
- Output: the one named ``disparity``, ``predicted_depth`` or ``depth``, else the first; H×W after
  dropping dimensions of 1. ``person``, if there is one of that size, tells who is a person.
- The file's metadata may say otherwise: ``defocus.mean`` and ``defocus.std`` (three numbers with
  commas), ``defocus.multiple``, and ``defocus.output``: ``disparity`` (relative, the default),
  ``metric-disparity`` (1/m) or ``metric-depth`` (metres).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from defocus._maps import halved, resized
from defocus.depth import store
from defocus.depth.scales import Look, View, mean_layout, merged
from defocus.depth.sizes import input_size
from defocus.depth.tiles import WHOLE, agreed, blended, grid, joined
from defocus.disparity import Disparity, Estimate
from defocus.errors import ModelError
from defocus.folders import expanded
from defocus.network import open_session, run_session

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from numpy.typing import NDArray

    from defocus._maps import Floats
    from defocus.disparity import Kind
    from defocus.quality import Quality

Triple = tuple[float, float, float]

_IMAGENET: tuple[Triple, Triple] = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
_PLAIN: tuple[Triple, Triple] = (0.0, 0.0, 0.0), (1.0, 1.0, 1.0)
_DTYPES: dict[str, type[np.floating[Any]]] = {
    "tensor(float)": np.float32,
    "tensor(float16)": np.float16,
}
_DEPTH_OUTPUTS = ("disparity", "predicted_depth", "depth")
_PERSON_OUTPUT = "person"
# No network takes more; a file that claims to is broken, or meant to take all the memory.
_MOST_SIDE_PX = 8192
_MOST_MULTIPLE = 512
_MEANINGS = ("disparity", "metric-disparity", "metric-depth")


@dataclass(frozen=True, slots=True)
class Graph:
    """What a graph takes and gives.

    Attributes:
        input: name of the image input.
        dtype: float32 or float16.
        channels_last: the layout is 1×H×W×3.
        fixed_wh: width and height if the graph fixes them.
        mean, std: subtracted from and divided into RGB in 0..1.
        multiple: of a free width and height, in pixels.
        long_side_px: by quality, for a free size.
        looks: by quality, the views that the map is joined from; of none, one view is all.
        outputs: the depth output, then ``person`` if there is one.
        meaning: of the depth output: one of ``disparity``, ``metric-disparity``, ``metric-depth``.
    """

    input: str
    dtype: type[np.floating[Any]]
    channels_last: bool
    fixed_wh: tuple[int, int] | None
    mean: Triple
    std: Triple
    multiple: int
    long_side_px: Mapping[Quality, int]
    looks: Mapping[Quality, Look]
    outputs: list[str]
    meaning: str


class OnnxModel:
    """A depth network in an ONNX file.

    Args:
        name: shown to people, and the file's path unless that is given.
        path: of the file.

    Raises:
        ModelError: the file is missing or no depth network as described above.
    """

    def __init__(self, name: str, *, path: Path | None = None) -> None:
        self.name = name
        self._path = expanded(name) if path is None else path
        self._graph = _describe(open_session(self._path), self._path)

    def estimate(self, pixels: NDArray[np.uint8], quality: Quality = "default") -> Estimate:
        """Disparity, and person if the graph has that output, at the network's own output size.

        Args:
            pixels: H×W×3 uint8, upright, sRGB-like encoded.
            quality: chooses the input size, if the network takes any.

        Raises:
            ModelError: the network fails, or gives something else than a map.
            DepthError: the map holds NaN or inf.
        """
        graph = self._graph
        look = graph.looks.get(quality)
        if look is None or graph.fixed_wh is not None or graph.meaning != "disparity":
            own = View(graph.long_side_px[quality])
            pixels = _halved(pixels, 4 * max(graph.fixed_wh or (own.long_side_px,)))
            values, person = self._run(pixels, own)
        else:
            pixels = _halved(pixels, 4 * look.long_side_px)
            values, person = self._look(pixels, look)
        if person is not None:
            person = np.clip(person, 0, 1)
        return Estimate(_disparity(values, graph.meaning, self.name), person)

    def _look(self, pixels: NDArray[np.uint8], look: Look) -> tuple[Floats, Floats | None]:
        """Several views, joined."""
        seen = [self._run(pixels, view) for view in look.whole]
        parts = [self._run(pixels, View(look.tile_px, part=tile)) for tile in look.tiles]
        size_wh = look.joined_wh(parts[0][0].shape)
        layouts = [values for values, _ in seen]
        details = joined(look.tiles, [values for values, _ in parts], mean_layout(layouts, size_wh))
        values = merged(layouts, details)
        people = [resized(person, size_wh) for _, person in seen if person is not None]
        closer = [person for _, person in parts if person is not None]
        if not people or len(closer) < len(parts):
            return values, None
        whole = np.asarray(np.mean(people, 0), np.float32)
        return values, agreed(whole, blended(look.tiles, closer, size_wh))

    def _run(
        self, pixels: NDArray[np.uint8], view: View
    ) -> tuple[NDArray[np.float32], NDArray[np.float32] | None]:
        """The depth output, and person if there is one of that size."""
        graph = self._graph
        feed = {graph.input: _tensor(pixels, graph, view)}
        # A session is looked up again: this object may have come here through a fork.
        found = run_session(open_session(self._path), feed, graph.outputs, name=self.name)
        values, *others = [np.squeeze(np.asarray(output, np.float32)) for output in found]
        if values.ndim != 2:
            raise ModelError(f"{self.name} gives {values.shape} instead of one H×W depth map")
        if view.mirrored:
            values, others = values[:, ::-1], [other[:, ::-1] for other in others]
        return values, others[0] if others and others[0].shape == values.shape else None


class PinnedOnnx(OnnxModel):
    """A network of the store, checked against its SHA-256 once per process.

    Raises:
        ModelError: it was not fetched, or is damaged.
    """

    def __init__(self, name: str) -> None:
        super().__init__(name, path=store.verified_once(store.find_model(name)))


def _describe(session: Any, path: Path) -> Graph:
    images = [node for node in session.get_inputs() if len(node.shape) == 4]
    if len(session.get_inputs()) != 1 or not images or images[0].type not in _DTYPES:
        wanted = "one float input of shape 1×3×H×W or 1×H×W×3"
        found = ", ".join(f"{node.name} {node.shape}" for node in session.get_inputs())
        raise ModelError(f"{path} is no depth network: it should take {wanted}, it takes {found}")
    image = images[0]
    channels_last = image.shape[3] == 3 and image.shape[1] != 3
    height, width = image.shape[1:3] if channels_last else image.shape[2:4]
    fixed = isinstance(height, int) and isinstance(width, int)
    if fixed and not (0 < width <= _MOST_SIDE_PX and 0 < height <= _MOST_SIDE_PX):
        raise ModelError(
            f"{path} is no depth network: it takes {width}×{height} pixels, where 1 to "
            f"{_MOST_SIDE_PX} a side make sense"
        )
    graph = Graph(
        input=image.name,
        dtype=_DTYPES[image.type],
        channels_last=channels_last,
        fixed_wh=(width, height) if fixed else None,
        mean=_PLAIN[0],
        std=_PLAIN[1],
        multiple=32,
        long_side_px={"fast": 256, "default": 384, "high": 512},
        looks={},
        outputs=_choose_outputs([node.name for node in session.get_outputs()]),
        meaning="disparity",
    )
    return _with_metadata(
        _with_convention(graph), session.get_modelmeta().custom_metadata_map, path
    )


def _with_convention(graph: Graph) -> Graph:
    if graph.input == "image":
        sides: dict[Quality, int] = {"fast": 336, "default": 420, "high": 420}
        whole = View(336, mirrored=True), View(420)
        looks: dict[Quality, Look] = {
            "default": Look(whole, grid(2, 0.55), 392),
            "high": Look((View(280), *whole), grid(3, 0.42), 420),
        }
        return replace(graph, multiple=14, long_side_px=sides, looks=looks)
    if graph.input == "pixel_values":
        sides = {"fast": 392, "default": 686, "high": 924}
        mean, std = _IMAGENET
        return replace(graph, multiple=14, long_side_px=sides, mean=mean, std=std)
    return graph


def _with_metadata(graph: Graph, metadata: Mapping[str, str], path: Path) -> Graph:
    try:
        graph = replace(
            graph,
            mean=_triple(metadata.get("defocus.mean"), graph.mean),
            std=_triple(metadata.get("defocus.std"), graph.std),
            multiple=int(metadata.get("defocus.multiple", graph.multiple)),
            meaning=metadata.get("defocus.output", graph.meaning),
        )
    except ValueError as error:
        raise ModelError(f"{path} has senseless defocus metadata: {error}") from None
    scales = np.array([graph.mean, graph.std], np.float32)
    sane = bool(np.isfinite(scales).all()) and 0 not in scales[1]
    if graph.meaning not in _MEANINGS or not 1 <= graph.multiple <= _MOST_MULTIPLE or not sane:
        raise ModelError(f"{path} has senseless defocus metadata: {dict(metadata)}")
    return graph


def _triple(text: str | None, default: Triple) -> Triple:
    if text is None:
        return default
    r, g, b = (float(part) for part in text.split(","))
    return r, g, b


def _choose_outputs(names: list[str]) -> list[str]:
    depth = next((name for name in _DEPTH_OUTPUTS if name in names), names[0])
    return [depth, _PERSON_OUTPUT] if _PERSON_OUTPUT in names else [depth]


def _halved(pixels: NDArray[np.uint8], most_px: int) -> NDArray[np.uint8]:
    """Halved until the long side is below a limit, once for every view."""
    while max(pixels.shape[:2]) >= most_px and min(pixels.shape[:2]) > 1:
        pixels = halved(pixels)
    return pixels


def _tensor(pixels: NDArray[np.uint8], graph: Graph, view: View) -> NDArray[Any]:
    import cv2

    if view.part != WHOLE:
        pixels = pixels[view.part.of((pixels.shape[1], pixels.shape[0]))]
    size_wh = graph.fixed_wh
    if size_wh is None:
        photo_wh = (pixels.shape[1], pixels.shape[0])
        size_wh = input_size(photo_wh, view.long_side_px, graph.multiple)
    shrinks = size_wh[0] <= pixels.shape[1]
    small = cv2.resize(
        pixels, size_wh, interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_CUBIC
    )
    if view.mirrored:
        small = small[:, ::-1]
    mean, std = np.array([graph.mean, graph.std], np.float32)
    image = (small / np.float32(255) - mean) / std
    if not graph.channels_last:
        image = image.transpose(2, 0, 1)
    return np.ascontiguousarray(image[None], graph.dtype)


def _disparity(values: NDArray[np.float32], meaning: str, source: str) -> Disparity:
    if meaning == "metric-depth":
        return Disparity.from_depth(values, source=source)
    kind: Kind = "relative" if meaning == "disparity" else "metric"
    return Disparity(values, kind, source)
