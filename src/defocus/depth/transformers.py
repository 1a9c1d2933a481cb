"""Depth models of the Hugging Face kind (extra ``torch``): MiDaS by its names, and all others.

MiDaS's own are fed and run as MiDaS does (:mod:`defocus.depth.midas`), any other by its own image
processor: the blog fed every model with the normalisation of one. Weights are safetensors, and no
code from a model's folder ever runs.
"""

# mypy: disallow-untyped-calls=False
from __future__ import annotations

import threading
import warnings
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import numpy as np

from defocus.depth import midas
from defocus.depth.hub import HUB_NAMES, HubModel, is_in_hub_cache, verify_snapshot
from defocus.device import torch_device
from defocus.disparity import Disparity, Estimate
from defocus.errors import MissingExtraError, ModelError
from defocus.files import is_folder
from defocus.folders import expanded

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray

    from defocus.quality import Quality

# Processors that keep the aspect would blow up a panorama: attention costs the square of its area.
_MAX_ASPECT = 2.5
_METRES = ("depth_pro", "glpn", "zoedepth")  # model types that give distances

_MIDAS_REPOSITORIES = {repo for name, repo in HUB_NAMES.items() if name.startswith("DPT_")}

_load_lock = threading.Lock()


class TransformersModel:
    """A depth model from the hub's cache or a local folder.

    Args:
        name: a MiDaS name (``DPT_Large``), a hub id (``owner/name`` or ``owner/name@revision``) or
            a folder.

    Raises:
        MissingExtraError: torch or transformers is not installed.
    """

    def __init__(self, name: str) -> None:
        if find_spec("torch") is None or find_spec("transformers") is None:
            raise MissingExtraError(f"the model {name}", "torch")
        self.name = name

    def estimate(self, pixels: NDArray[np.uint8], quality: Quality = "default") -> Estimate:
        """Disparity at the network's own output size; metric models give 1/m.

        Args:
            pixels: H×W×3 uint8, upright, sRGB-like encoded.
            quality: means nothing here: each model has one size that it was trained for.

        Raises:
            ModelError: not on disk, not a depth model, or it fails on this picture.
            DepthError: its map holds NaN or inf.
        """
        with _load_lock:
            loaded = _load(self.name, torch_device())
        try:
            values = loaded.predict(_tame(pixels))
        except Exception as error:
            raise ModelError(f"the model {self.name} failed: {_first_line(error)}") from error
        if loaded.in_metres:
            return Estimate(Disparity.from_depth(values, source=self.name))
        return Estimate(Disparity(values, source=self.name))


@dataclass(frozen=True, eq=False, slots=True)
class _Loaded:
    """A model with its processor, on its device."""

    processor: Any
    network: Any
    device: str
    feed: midas.Feed | None = None

    @property
    def in_metres(self) -> bool:
        config = self.network.config
        kind = getattr(config, "depth_estimation_type", "relative")
        return config.model_type in _METRES or kind == "metric"

    def predict(self, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        """H×W float32 as the model means it: relative disparity or metres."""
        import torch

        if self.feed is not None:
            image = torch.from_numpy(self.feed.image(pixels)).to(self.device)
            with torch.inference_mode():
                return _numbers(midas.run(self.network, image))
        inputs = self.processor(
            images=pixels, return_tensors="pt", input_data_format="channels_last"
        ).to(self.device)
        with torch.inference_mode():
            outputs = self.network(**inputs)
        return _numbers(self._finish(outputs, pixels.shape[:2]))

    def _finish(self, outputs: Any, size_hw: tuple[int, int]) -> Any:
        kind = self.network.config.model_type
        if kind == "zoedepth":  # its processor pads the picture, and knows how to cut that off
            finish = self.processor.post_process_depth_estimation
            return finish(outputs, source_sizes=[size_hw])[0]["predicted_depth"]
        if kind == "depth_pro":  # gives inverse depth and a field of view
            finish = self.processor.post_process_depth_estimation
            target = tuple(outputs.predicted_depth.shape[-2:])
            return finish(outputs, target_sizes=[target])[0]["predicted_depth"]
        return outputs.predicted_depth[0]


def _numbers(depth: Any) -> NDArray[np.float32]:
    return np.ascontiguousarray(np.squeeze(depth.float().cpu().numpy()))


@lru_cache(maxsize=1)
def _load(name: str, device: str) -> _Loaded:
    folder = expanded(name)
    model = HubModel(str(folder)) if is_folder(folder) else HubModel.parse(name)
    options: dict[str, Any] = {"local_files_only": True, "trust_remote_code": False}
    if model.revision is not None:
        options["revision"] = model.revision
    if model.pin is not None and is_in_hub_cache(model):
        verify_snapshot(model)
    with _quiet():
        from transformers import AutoImageProcessor, AutoModelForDepthEstimation

        try:
            processor = AutoImageProcessor.from_pretrained(model.repository, **options)
            network = AutoModelForDepthEstimation.from_pretrained(
                model.repository, use_safetensors=True, **options
            )
        except Exception as error:
            raise _cannot_load(name, folder, error) from error
        is_midas = model.repository in _MIDAS_REPOSITORIES
        feed = midas.feed_of(network, processor, is_midas=is_midas)
        return _Loaded(processor, network.eval().to(device), device, feed)


def _cannot_load(name: str, folder: Path, error: Exception) -> ModelError:
    if is_folder(folder):
        return ModelError(f"{folder} is no depth model for transformers: {_first_line(error)}")
    if is_in_hub_cache(HubModel.parse(name)):
        return ModelError(f"{name} cannot be loaded: {_first_line(error)}")
    return ModelError(f"{name} is not on disk: run 'defocus models fetch {name}'")


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep transformers from printing progress bars and advice; its settings are put back."""
    from transformers.utils import logging

    verbosity, had_bars = logging.get_verbosity(), logging.is_progress_bar_enabled()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.set_verbosity(verbosity)
        if had_bars:
            logging.enable_progress_bar()


def _tame(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Squeeze panoramas to 2.5 : 1; give tiny pictures a size that processors can take."""
    import cv2

    height, width = pixels.shape[:2]
    size_wh = (
        max(16, min(width, round(_MAX_ASPECT * max(height, 16)))),
        max(16, min(height, round(_MAX_ASPECT * max(width, 16)))),
    )
    if size_wh == (width, height):
        return pixels
    return np.asarray(cv2.resize(pixels, size_wh, interpolation=cv2.INTER_AREA), np.uint8)


def _first_line(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return lines[0] if lines else type(error).__name__
