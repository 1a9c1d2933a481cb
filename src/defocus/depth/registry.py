"""Which backend answers to a name. Nothing is imported before its name is asked for."""

from __future__ import annotations

import difflib
import importlib
import re
from importlib.metadata import entry_points
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from defocus.blame import blamed
from defocus.depth.hub import HUB_NAMES
from defocus.depth.store import ALIASES, MODELS
from defocus.errors import LibraryError, ModelError
from defocus.files import is_folder, is_there
from defocus.folders import expanded

if TYPE_CHECKING:
    from collections.abc import Callable

    from defocus.depth.model import DepthModel

ENTRY_POINTS = "defocus.depth"

_ONNX = "defocus.depth.onnx:PinnedOnnx"
_TRANSFORMERS = "defocus.depth.transformers:TransformersModel"

# name → "module:class"; the class is called with the name, then the caller's options
BACKENDS: dict[str, str] = {
    "builtin": "defocus.depth.builtin:Builtin",
    **dict.fromkeys(MODELS, _ONNX),
    **dict.fromkeys(ALIASES, _ONNX),
    **dict.fromkeys(("dpt-hybrid", "DPT_Hybrid"), "defocus.depth.hybrid:DptHybrid"),
    **dict.fromkeys(HUB_NAMES, _TRANSFORMERS),
}

# names of the blog's hub that nobody offers in a safe format
_WITHOUT_TWIN = {"MiDaS": "DPT_Large or midas-small", "DPT_LeViT_224": "DPT_SwinV2_T_256"}

MAP_SUFFIXES = (".png", ".tif", ".tiff", ".npy", ".npz", ".pfm", ".jpg", ".jpeg", ".webp")
_HUB_ID = re.compile(r"[\w.-]+/[\w.-]+(@[\w./-]+)?")


def load_model(name: str, **options: Any) -> DepthModel:
    """The backend behind a name.

    Args:
        name: one of :func:`model_names`, a depth map (:data:`MAP_SUFFIXES`), an ``.onnx`` file,
            plain or ``.gz``, a local folder of a Hugging Face model, or a hub id such as
            ``Intel/dpt-large``. A file or folder whose name is also one of the known names needs a
            ``./`` before it.
        options: passed to the backend's constructor.

    Raises:
        ModelError: no backend knows the name, or its package is broken.
        MissingExtraError: the backend needs an extra that is not installed.
    """
    if name in BACKENDS:
        return _construct(BACKENDS[name], name, options)
    plugin = _plugins().get(name)
    if plugin is not None:
        return _construct(plugin, name, options)
    path = expanded(name)
    suffix = path.suffix.lower()
    if suffix in MAP_SUFFIXES:
        return _construct("defocus.depth.file:DepthMapFile", name, options)
    if path.name.lower().endswith((".onnx", ".onnx.gz")):
        return _construct("defocus.depth.onnx:OnnxModel", name, options)
    if is_folder(path) or (_HUB_ID.fullmatch(name) and not is_there(path)):
        return _construct(_TRANSFORMERS, name, options)
    raise _unknown(name, path)


def is_map_file(name: str) -> bool:
    """Whether :func:`load_model` would read this name as a depth map in a file."""
    known = name in BACKENDS or name in _plugins()
    return not known and Path(name).suffix.lower() in MAP_SUFFIXES


def model_names() -> list[str]:
    """Every name that needs no path, built-in ones first, then those of installed plugins."""
    return [*BACKENDS, *plugin_names()]


def is_plugin(name: str) -> bool:
    """Whether :func:`load_model` would ask another package for this name."""
    return name not in BACKENDS and name in _plugins()


def plugin_names() -> list[str]:
    """Names that other packages offer by the entry points ``defocus.depth``."""
    return sorted(set(_plugins()) - set(BACKENDS))


def _plugins() -> dict[str, str]:
    return {point.name: point.value for point in entry_points(group=ENTRY_POINTS)}


def _construct(where: str, name: str, options: dict[str, Any]) -> DepthModel:
    module, _, attribute = where.partition(":")
    try:
        factory = getattr(importlib.import_module(module), attribute)
    except (ImportError, AttributeError) as error:
        if isinstance(fault := blamed(error), LibraryError):
            raise fault from error
        raise ModelError(f"the depth backend {where} of {name!r} is broken: {error}") from error
    return cast("Callable[..., DepthModel]", factory)(name, **options)


def _unknown(name: str, path: Path) -> ModelError:
    if name in _WITHOUT_TWIN:
        return ModelError(
            f"{name} is published only as a pickle, which defocus does not load; "
            f"use {_WITHOUT_TWIN[name]}"
        )
    if path.is_file():
        kinds = ", ".join((*MAP_SUFFIXES, ".onnx"))
        return ModelError(f"{name} is neither a depth map nor a model: known are {kinds}")
    close = difflib.get_close_matches(name, ["auto", "embedded", *model_names()], 1)
    hint = f"did you mean {close[0]}?" if close else "see 'defocus models list'"
    return ModelError(f"there is no depth model {name!r}: {hint}")
