"""Where the networks run: a choice about this machine, not about the picture, so it is no part of
an edit.

Environment:
    ``DEFOCUS_DEVICE``: ``auto`` (the default), ``cpu`` or ``gpu``; worker processes inherit it.

What could be tried where this was written is the processor and lists of providers that stand in.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from defocus.errors import DefocusError

if TYPE_CHECKING:
    from collections.abc import Sequence

Device = Literal["auto", "cpu", "gpu"]
DEVICES: tuple[Device, ...] = ("auto", "cpu", "gpu")
ENVIRONMENT = "DEFOCUS_DEVICE"

CPU = "CPUExecutionProvider"
# ONNX Runtime's own, best first. TensorRT is behind CUDA, which the same build has: it compiles a
# network for minutes.
GPUS: dict[str, str] = {
    "CUDAExecutionProvider": "CUDA",
    "ROCMExecutionProvider": "ROCm",
    "MIGraphXExecutionProvider": "MIGraphX (ROCm)",
    "DmlExecutionProvider": "DirectML",
    "TensorrtExecutionProvider": "TensorRT",
    "CoreMLExecutionProvider": "CoreML",
}
# Every build for macOS has it, wanted or not; the others come only to who installed them.
_ONLY_IF_ASKED = {"CoreMLExecutionProvider"}


@dataclass(frozen=True, slots=True)
class Plan:
    """Which providers to ask for.

    Attributes:
        providers: of ONNX Runtime, best first; the processor is the last of them.
        why: in words, for ``defocus doctor``.
    """

    providers: tuple[str, ...]
    why: str

    @property
    def uses_gpu(self) -> bool:
        """Whether anything but the processor is asked."""
        return self.providers != (CPU,)


def choose(device: Device) -> None:
    """Choose for this process and those that it starts from now on.

    Raises:
        DefocusError: no such device.
    """
    if device not in DEVICES:
        raise DefocusError(f"there is no device {device!r}: choose {', '.join(DEVICES)}")
    os.environ[ENVIRONMENT] = device


def chosen() -> Device:
    """What was chosen. Raises DefocusError if the environment says something else."""
    word = os.environ.get(ENVIRONMENT) or "auto"
    for device in DEVICES:
        if device == word:
            return device
    raise DefocusError(f"{ENVIRONMENT} is {word!r}: set it to {', '.join(DEVICES)}")


def plan(available: Sequence[str], device: Device, *, is_quantised: bool = False) -> Plan:
    """How to run a network of ONNX Runtime.

    Args:
        available: ``onnxruntime.get_available_providers()``.
        device: as chosen.
        is_quantised: its integer operators exist for the processor only: on a GPU each of them
            would be a way there and back.
    """
    if device == "cpu":
        return Plan((CPU,), "the processor was chosen")
    here = [name for name in GPUS if name in available]
    if not here:
        return Plan((CPU,), "this build of ONNX Runtime has no provider for a GPU")
    if device == "auto":
        if is_quantised:
            return Plan((CPU,), "the network is quantised, for the processor")
        here = [name for name in here if name not in _ONLY_IF_ASKED]
        if not here:
            return Plan((CPU,), "CoreML is used only if a GPU is asked for")
    return Plan((here[0], CPU), f"{GPUS[here[0]]} is there")


def torch_device() -> str:
    """``cuda``, ``mps`` or ``cpu``: the best that PyTorch has, unless the processor was chosen."""
    import torch

    if chosen() == "cpu":
        return "cpu"
    if torch.cuda.is_available():
        return "cuda"
    return "mps" if torch.backends.mps.is_available() else "cpu"
