"""The model store: which files are pinned, where they lie, whether they are whole.

A model is a file known by its size and SHA-256. It is fetched only when asked for
(:mod:`defocus.depth.download`), and checked again when it is loaded.

Environment:
    ``DEFOCUS_CACHE``: folder of the store (:func:`defocus.folders.cache_dir`).
    ``DEFOCUS_OFFLINE``: anything but empty or ``0`` forbids the network.
"""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from defocus.blame import advice
from defocus.errors import ModelError
from defocus.files import check_ordinary
from defocus.folders import cache_dir

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class PinnedFile:
    """A model file that can be fetched.

    Attributes:
        name: as in ``--model``.
        url: where it lies; https.
        size: in bytes.
        sha256: 64 hexadecimal digits.
        licence: SPDX identifier, shown before the file is fetched.
        about: one line for people.
    """

    name: str
    url: str
    size: int
    sha256: str
    licence: str
    about: str

    @property
    def file_name(self) -> str:
        """Its name in the store."""
        return f"{self.name}.onnx"


_DEPTH_ANYTHING = (
    "https://huggingface.co/onnx-community/depth-anything-v2-small/resolve/"
    "4472b7362082ad9968fee890ca0f1e5aca36b93d/onnx/"
)

# Best first: ``--model auto`` takes the first that is on disk.
MODELS: dict[str, PinnedFile] = {
    model.name: model
    for model in (
        PinnedFile(
            "depth-anything-v2-small",
            _DEPTH_ANYTHING + "model.onnx",
            99_060_839,
            "afb6a5c28f3b6bf1618c6e43f02073ef9dfdc70e937502d51603e57b0a1df10c",
            "Apache-2.0",
            "Depth Anything V2 Small",
        ),
        PinnedFile(
            "depth-anything-v2-small-fp16",
            _DEPTH_ANYTHING + "model_fp16.onnx",
            49_642_442,
            "2df6223f206b5164e21f664ace61dabeb9bb6a49b8b5a3e00510b4807d0f5b04",
            "Apache-2.0",
            "the same, float16 weights",
        ),
        PinnedFile(
            "dpt-hybrid",
            # Of the newest revision: what else may come under this name one day is refused.
            "https://huggingface.co/Xenova/dpt-hybrid-midas/resolve/main/onnx/model.onnx",
            533_061_339,
            "2eca68239006c64af94bdfa68464f34d7627c3dca7bb02932636e616c55a39ff",
            "Apache-2.0",
            "MiDaS v3 Hybrid, 384×384",
        ),
        PinnedFile(
            "midas-small",
            "https://github.com/isl-org/MiDaS/releases/download/v2_1/model-small.onnx",
            66_764_249,
            "2d8c6cb8f415229daf1eb041024208e2608c9f98e17c81cc7c6ecb449c56fd58",
            "MIT",
            "MiDaS v2.1 small",
        ),
    )
}

# The blog's hub calls the same weights so.
ALIASES = {"MiDaS_small": "midas-small", "DPT_Hybrid": "dpt-hybrid"}

# Networks for the soft edges of a subject: see defocus.matte.networks.
MATTE_MODELS: dict[str, PinnedFile] = {
    model.name: model
    for model in (
        PinnedFile(
            "modnet",
            "https://huggingface.co/Xenova/modnet/resolve/"
            "fa2fa546052fba4c08921230a26cc69a333fca12/onnx/model_fp16.onnx",
            12_984_781,
            "25f165da9bfd30830a575f1f0490f1acd995975cb349bc02f3d79332e1fe5cf6",
            "Apache-2.0",
            "mattes of people (MODNet)",
        ),
        PinnedFile(
            "birefnet-lite",
            "https://huggingface.co/onnx-community/BiRefNet_lite-ONNX/resolve/"
            "de15b22ba131738a16dff04aab8bdf8dc32e3ac1/onnx/model_fp16.onnx",
            114_538_221,
            "d39b897ceb16ae654c1731f3dba0cf9b368d9cae74b5a57459b455cc8bfec402",
            "MIT",
            "mattes of what stands out (BiRefNet lite)",
        ),
    )
}


def is_offline() -> bool:
    """Whether ``DEFOCUS_OFFLINE`` forbids the network."""
    return os.environ.get("DEFOCUS_OFFLINE", "") not in ("", "0")


def find_model(name: str) -> PinnedFile:
    """A pinned model, for depth or mattes, by name or alias. Raises ModelError."""
    name = ALIASES.get(name, name)
    known = MODELS | MATTE_MODELS
    if name not in known:
        raise ModelError(f"{name!r} cannot be fetched; the store knows {', '.join(known)}")
    return known[name]


def path_of(model: PinnedFile) -> Path:
    """Where the model lies once it is fetched."""
    return cache_dir() / model.file_name


def is_on_disk(model: PinnedFile) -> bool:
    """Whether a file of the right size is there: the quick look, :func:`verify` is the real one."""
    try:
        return path_of(model).stat().st_size == model.size
    except OSError:
        return False


def best_on_disk() -> str | None:
    """Name of the best model that was fetched before, or None."""
    return next((name for name, model in MODELS.items() if is_on_disk(model)), None)


def verify(model: PinnedFile) -> Path:
    """Read the whole file and compare its size and SHA-256.

    Returns:
        Its path.

    Raises:
        ModelError: it is not there, or not the pinned file.
    """
    path = path_of(model)
    fetch = f"defocus models fetch {model.name}"
    try:
        found = sha256_of(path)
    except FileNotFoundError:
        cost = f"{model.size / 1e6:.0f} MB, {model.licence}"
        raise ModelError(f"{model.name} is not on disk ({cost}): run '{fetch}'") from None
    except OSError as error:
        raise ModelError(f"{path} cannot be read: {advice(error)}") from None
    if found != model.sha256:
        raise ModelError(f"{path} is damaged (SHA-256 {found[:12]}…): delete it and run '{fetch}'")
    return path


def verified_once(model: PinnedFile) -> Path:
    """:func:`verify`, once a process for each state of the file."""
    path = path_of(model)
    try:
        changed_ns = path.stat().st_mtime_ns
    except OSError:
        changed_ns = 0
    return _verified(model, path, changed_ns)


@cache
def _verified(model: PinnedFile, path: Path, changed_ns: int) -> Path:
    return verify(model)


def sha256_of(path: Path) -> str:
    """SHA-256 of a file, hexadecimal. Raises OSError, for a pipe or device too."""
    check_ordinary(path)
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
