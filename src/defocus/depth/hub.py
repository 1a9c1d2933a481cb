"""Models of the Hugging Face hub: their names, and fetching them into the hub's own cache.

Only ``*.safetensors`` and ``*.json`` are fetched and read: no pickle, no code of others.
"""

from __future__ import annotations

import importlib
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from defocus.depth.store import is_offline
from defocus.errors import MissingExtraError, ModelError
from defocus.folders import expanded

# The hub's own checkpoints of what the MiDaS repository offers under these names. Not pinned: their
# revisions could not be seen where this was written, so a fetch says which commit it brings.
MIDAS_TWINS: dict[str, str] = {
    "DPT_Large": "Intel/dpt-large",
    "DPT_Hybrid": "Intel/dpt-hybrid-midas",
    "DPT_BEiT_L_512": "Intel/dpt-beit-large-512",
    "DPT_BEiT_L_384": "Intel/dpt-beit-large-384",
    "DPT_BEiT_B_384": "Intel/dpt-beit-base-384",
    "DPT_SwinV2_L_384": "Intel/dpt-swinv2-large-384",
    "DPT_SwinV2_B_384": "Intel/dpt-swinv2-base-384",
    "DPT_SwinV2_T_256": "Intel/dpt-swinv2-tiny-256",
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
        """From a MiDaS name, ``owner/name`` or ``owner/name@revision``."""
        repository, _, revision = MIDAS_TWINS.get(name, name).partition("@")
        return cls(repository, revision or None)


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
    return HubOffer(size, str(licence or "not stated"), str(info.sha))


def fetch_from_hub(model: HubModel, *, show_progress: bool = False) -> Path:
    """Bring a model into the hub's cache; the hub's client resumes and checks.

    Args:
        model: what to fetch.
        show_progress: let the hub's client draw its progress bars on standard error.

    Returns:
        The folder of the snapshot.

    Raises:
        ModelError: offline, unreachable, or not there.
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
    return Path(folder)


def is_in_hub_cache(model: HubModel) -> bool:
    """Whether some snapshot of the repository with weights is in the hub's cache."""
    home = os.environ.get("HF_HOME") or "~/.cache/huggingface"
    cache = os.environ.get("HF_HUB_CACHE") or f"{home}/hub"
    folder = expanded(cache) / f"models--{model.repository.replace('/', '--')}"
    return any(folder.glob("snapshots/*/*.safetensors"))


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
