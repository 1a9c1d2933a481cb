"""Teaches a thinner network to say what the full one says, with weights of a few bits.

No picture needs a label: the full network's stages and its answer are the target (Hinton et al.
2015, arXiv:1503.02531; Romero et al. 2015, "FitNets", arXiv:1412.6550). The weights are rounded in
every forward pass and learn as if they were not (straight-through, Bengio et al. 2013,
arXiv:1308.3432).
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from onnx import helper, numpy_helper
from torch.nn import functional

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    import onnx
    from numpy.typing import NDArray

FINE = 1000  # weights: smaller tensors stay float
COARSE = 60_000  # weights: larger tensors, and the parts of factored ones, take few bits
_FEW, _MANY = 31, 127  # the largest code: 6 and 8 bits
_CLIP = 1.0  # norm of the gradient


def largest_code(name: str, size: int) -> int:
    """How finely a tensor's weights are told: so many steps on each side of zero."""
    return _FEW if size >= COARSE or name[-2:] in ("_0", "_1", "_2") else _MANY


class Graph:
    """An ONNX graph of the few operators that U²-Net has, in torch."""

    def __init__(self, model: onnx.ModelProto) -> None:
        self.source, self.answer = model.graph.input[0].name, model.graph.output[0].name
        self.constants: dict[str, Any] = {}
        for tensor in model.graph.initializer:
            array = numpy_helper.to_array(tensor)
            if array.dtype == np.float32 and array.size > 0:
                value = torch.from_numpy(array.copy())
                if value.dim() == 4:
                    value = value.contiguous(memory_format=torch.channels_last)
                self.constants[tensor.name] = torch.nn.Parameter(value)
            else:
                self.constants[tensor.name] = array
        self.nodes = [
            (n.op_type, list(n.input), n.output[0],
             {a.name: helper.get_attribute_value(a) for a in n.attribute})
            for n in model.graph.node
        ]  # fmt: skip
        self.last = {name: k for k, node in enumerate(self.nodes) for name in node[1]}
        self.stages = [out for kind, _, out, _ in self.nodes if kind == "Add"]
        self.logit = next(ins[0] for _, ins, out, _ in self.nodes if out == self.answer)

    def parameters(self) -> list[torch.nn.Parameter]:
        return [v for v in self.constants.values() if isinstance(v, torch.nn.Parameter)]

    def run(self, image: torch.Tensor, *, rounds: bool = False) -> dict[str, torch.Tensor]:
        """The stages and the answer before its sigmoid, by name."""
        values, kept = {self.source: image}, {}
        for k, (kind, inputs, output, how) in enumerate(self.nodes):
            given = [values.get(name) for name in inputs]
            if kind == "Conv":
                kernel = self.constants[inputs[1]]
                if rounds and kernel.numel() >= FINE:
                    kernel = _Rounded.apply(kernel, largest_code(inputs[1], kernel.numel()))
                bias = self.constants[inputs[2]] if len(inputs) > 2 else None
                result = functional.conv2d(
                    given[0], kernel, bias, padding=tuple(how["pads"][:2]),
                    dilation=tuple(how["dilations"]),
                )  # fmt: skip
            elif kind == "MaxPool":
                result = functional.max_pool2d(
                    given[0], 2, 2, ceil_mode=bool(how.get("ceil_mode", 0))
                )
            elif kind == "Resize":
                size = tuple(int(n) for n in self.constants[inputs[3]][2:])
                result = functional.interpolate(
                    given[0], size=size, mode="bilinear", align_corners=False
                )
            elif kind == "Concat":
                result = torch.cat(given, 1)
            else:
                result = _PLAIN[kind](*given)
            values[output] = result
            if output in self.stages or output == self.logit:
                kept[output] = result
            for name in inputs:
                if self.last[name] == k:
                    values.pop(name, None)
        return kept


_PLAIN: dict[str, Callable[..., torch.Tensor]] = {
    "Relu": functional.relu, "Sigmoid": torch.sigmoid, "Add": torch.add,
}  # fmt: skip


class _Rounded(torch.autograd.Function):
    @staticmethod
    def forward(context: Any, kernel: torch.Tensor, code: int) -> torch.Tensor:
        step = kernel.abs().amax((1, 2, 3), keepdim=True).clamp_min(1e-12) / code
        return (kernel / step).round() * step

    @staticmethod
    def backward(context: Any, gradient: torch.Tensor) -> tuple[torch.Tensor, None]:
        return gradient, None


def distilled(
    thin: onnx.ModelProto,
    full: onnx.ModelProto,
    batches: Iterable[NDArray[np.float32]],
    steps: int,
    rate: float,
    told: Callable[[str], None],
) -> None:
    """Train ``thin`` in place on ``steps`` batches of N×3×S×S.

    The loss is the mean over the stages of the squared error by the variance, and twice the
    divergence of the answers; in bfloat16, by Adam, with a warm-up of 20 steps and a cosine.
    """
    teacher, pupil = Graph(full), Graph(thin)
    parameters = pupil.parameters()
    optimiser = torch.optim.Adam(parameters, lr=rate, betas=(0.9, 0.99))
    for step, batch in zip(range(steps), batches, strict=False):
        for group in optimiser.param_groups:
            group["lr"] = (
                rate * min(1, (step + 1) / 20) * (0.5 + 0.5 * math.cos(math.pi * step / steps))
            )
        image = torch.from_numpy(batch).contiguous(memory_format=torch.channels_last)
        with torch.autocast("cpu", torch.bfloat16):
            with torch.no_grad():
                truth = teacher.run(image)
            said = pupil.run(image, rounds=True)
        share = torch.sigmoid(truth[teacher.logit].float())
        answer = functional.binary_cross_entropy_with_logits(said[pupil.logit].float(), share)
        answer = answer - functional.binary_cross_entropy(share, share)
        stages = torch.stack([
            ((said[mine].float() - truth[theirs].float()) ** 2).mean()
            / (truth[theirs].float().var() + 1e-6)
            for mine, theirs in zip(pupil.stages, teacher.stages, strict=True)
        ]).mean()  # fmt: skip
        optimiser.zero_grad()
        (2 * answer + stages).backward()
        torch.nn.utils.clip_grad_norm_(parameters, _CLIP)
        optimiser.step()
        told(f"step {step + 1}: answer {answer.item():.4f}, stages {stages.item():.4f}")
    for tensor in thin.graph.initializer:
        value = pupil.constants[tensor.name]
        if isinstance(value, torch.nn.Parameter):
            tensor.CopyFrom(numpy_helper.from_array(value.detach().numpy(), tensor.name))
