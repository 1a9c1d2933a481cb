"""Models of the Hugging Face hub: their names, and fetching them into the hub's own cache.

Only ``*.safetensors`` and ``*.json`` are fetched and read: no pickle, no code of others.
"""

from __future__ import annotations

import importlib
import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from defocus.blame import advice
from defocus.depth.store import is_offline, sha256_of
from defocus.errors import MissingExtraError, ModelError
from defocus.folders import expanded

# Names for models of the hub: the checkpoints of what the MiDaS repository offers, and others.
HUB_NAMES: dict[str, str] = {
    "DPT_Large": "Intel/dpt-large",
    "DPT_BEiT_L_512": "Intel/dpt-beit-large-512",
    "DPT_BEiT_L_384": "Intel/dpt-beit-large-384",
    "DPT_BEiT_B_384": "Intel/dpt-beit-base-384",
    "DPT_SwinV2_L_384": "Intel/dpt-swinv2-large-384",
    "DPT_SwinV2_B_384": "Intel/dpt-swinv2-base-384",
    "DPT_SwinV2_T_256": "Intel/dpt-swinv2-tiny-256",
    "depth-anything-v2-small-torch": "depth-anything/Depth-Anything-V2-Small-hf",
}


@dataclass(frozen=True, slots=True)
class HubPin:
    """What is known of a repository's ``model.safetensors``.

    Attributes:
        commit: the revision that a name without one means.
        size: in bytes, or None: nobody could be seen to state it.
        sha256: likewise.
    """

    commit: str
    size: int | None = None
    sha256: str | None = None


# By repository; what is not here is not pinned, and a fetch says which commit it brings.
PINS: dict[str, HubPin] = {
    "Intel/dpt-large": HubPin("bc15f29aa3a80d532f2ed650b5e16ac48d8958f9", 1_367_456_044),
    "Intel/dpt-beit-base-384": HubPin("e22f6ad701b672c643643c403a3fa7da27515222"),
    "Intel/dpt-swinv2-tiny-256": HubPin("f7f350e1a10a5ea58671b68ab5f49dc18ec00483"),
    "depth-anything/Depth-Anything-V2-Small-hf": HubPin(
        "5426e4f0f36572d16453bbda7a8389317b1bef99",
        99_173_660,
        "3152477ce0d8d6978d76b995120de97cb5b928701fd0f817769f59e249a16b70",
    ),
}

_PATTERNS = ["*.safetensors", "*.json"]


@dataclass(frozen=True, slots=True)
class HubModel:
    """A model on the hub.

    Attributes:
        repository: such as ``Intel/dpt-large``.
        revision: a commit, tag or branch, or None for the newest.
    """

    repository: str
    revision: str | None = None

    @classmethod
    def parse(cls, name: str) -> HubModel:
        """From a known name, ``owner/name`` or ``owner/name@revision``; a pin is its revision."""
        repository, _, revision = HUB_NAMES.get(name, name).partition("@")
        pin = PINS.get(repository)
        return cls(repository, revision or (pin.commit if pin else None))

    @property
    def pin(self) -> HubPin | None:
        """What is pinned of this very revision."""
        pin = PINS.get(self.repository)
        return pin if pin is not None and pin.commit == self.revision else None


@dataclass(frozen=True, slots=True)
class HubOffer:
    """What a fetch would bring: shown before it starts.

    Attributes:
        size: in bytes.
        licence: as its card states it, or ``"not stated"``.
        commit: that the revision means today.
    """

    size: int
    licence: str
    commit: str


def ask_hub(model: HubModel) -> HubOffer:
    """Ask the hub for size and licence. Raises ModelError, MissingExtraError."""
    _require_network(model)
    from huggingface_hub import HfApi

    try:
        info = HfApi().model_info(model.repository, revision=model.revision, files_metadata=True)
    except Exception as error:  # httpx, hub and value errors share no base
        raise _failed(model, error) from error
    files = [f for f in info.siblings or [] if f.rfilename.endswith((".safetensors", ".json"))]
    if not any(f.rfilename.endswith(".safetensors") for f in files):
        raise ModelError(f"{model.repository} offers no safetensors; pickles are not loaded")
    card = info.card_data
    licence = card.get("license") if card is not None else None
    size = sum(f.size or 0 for f in files)
    pin = model.pin
    for file in files:
        if file.rfilename == "model.safetensors" and pin and pin.size not in (None, file.size):
            raise ModelError(
                f"{model.repository} offers another file than the pinned one: "
                f"{file.size:,} bytes instead of {pin.size:,}"
            )
    return HubOffer(size, str(licence or "not stated"), str(info.sha))


def fetch_from_hub(model: HubModel, *, show_progress: bool = False) -> Path:
    """Bring a model into the hub's cache; the hub's client resumes and checks.

    Args:
        model: what to fetch.
        show_progress: let the hub's client draw its progress bars on standard error.

    Returns:
        The folder of the snapshot.

    Raises:
        ModelError: offline, unreachable, not there, or not what is pinned.
        MissingExtraError: the extra ``torch`` is not installed.
    """
    _require_network(model)
    from huggingface_hub import snapshot_download

    bars: Any = importlib.import_module("huggingface_hub.utils")
    hides_bars = not (show_progress or bars.are_progress_bars_disabled())
    if hides_bars:
        bars.disable_progress_bars()
    try:
        folder = snapshot_download(
            model.repository, revision=model.revision, allow_patterns=_PATTERNS
        )
    except Exception as error:
        raise _failed(model, error) from error
    finally:
        if hides_bars:
            bars.enable_progress_bars()
    return verify_snapshot(model) if model.pin else Path(folder)


def snapshot_of(model: HubModel) -> Path | None:
    """The folder of the model in the hub's cache, or None: of its revision, else of any."""
    home = os.environ.get("HF_HOME") or "~/.cache/huggingface"
    cache = os.environ.get("HF_HUB_CACHE") or f"{home}/hub"
    folder = expanded(cache) / f"models--{model.repository.replace('/', '--')}"
    commit = model.revision or "*"
    with suppress(OSError):
        commit = (folder / "refs" / (model.revision or "main")).read_text().strip()
    found = sorted(folder.glob(f"snapshots/{commit}/*.safetensors"))
    return found[0].parent if found else None


def is_in_hub_cache(model: HubModel) -> bool:
    """Whether the model is in the hub's cache."""
    return snapshot_of(model) is not None


def verify_snapshot(model: HubModel) -> Path:
    """Compare what is pinned of a fetched model: the size of its weights, and their SHA-256.

    Returns:
        Its folder.

    Raises:
        ModelError: it is not there, or not what is pinned.
    """
    folder = snapshot_of(model)
    fetch = f"defocus models fetch {model.repository}"
    if folder is None:
        raise ModelError(f"{model.repository} is not on disk: run '{fetch}'")
    weights = folder / "model.safetensors"
    pin = model.pin
    if pin is None:
        return folder
    try:
        size = weights.stat().st_size
        sha256 = sha256_of(weights) if pin.sha256 and size == pin.size else None
    except OSError as error:
        raise ModelError(f"{weights} cannot be read: {advice(error)}") from None
    if pin.size not in (None, size) or sha256 != pin.sha256:
        found = f"SHA-256 {sha256[:12]}…" if sha256 else f"{size:,} bytes instead of {pin.size:,}"
        raise ModelError(
            f"{weights} is damaged or another file ({found}): delete {folder.parent.parent} and "
            f"run '{fetch}'"
        )
    return folder


def _require_network(model: HubModel) -> None:
    if is_offline():
        raise ModelError(f"DEFOCUS_OFFLINE forbids asking the hub for {model.repository}")
    try:
        import huggingface_hub  # noqa: F401
    except ImportError:
        raise MissingExtraError(f"the model {model.repository}", "torch") from None


def _failed(model: HubModel, error: Exception) -> ModelError:
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return ModelError(f"{model.repository} cannot be fetched from the hub: {lines[0]}")
