"""What the head is trained for. Disparities are compared up to scale and shift."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

CLOSEST = 8.0  # 1/m; nearer than 12.5 cm nothing is in focus anyway
_PAIRS = 4096
_SAME_RATIO = 1.03  # pairs closer than this have no order


def normalised(disparity: Tensor) -> Tensor:
    """(B, H, W) less its median, over its mean absolute deviation (Ranftl et al. 2020)."""
    flat = disparity.flatten(1)
    median = flat.median(1, keepdim=True).values
    scale = (flat - median).abs().mean(1, keepdim=True).clamp_min(1e-4)
    return ((flat - median) / scale).view_as(disparity)


def disparity_loss(
    predicted: Tensor, truth: Tensor, weight: Tensor
) -> tuple[Tensor, dict[str, float]]:
    """Scale-and-shift-invariant error, its gradients at four scales, and the order of pairs.

    Args:
        predicted: (B, H, W), any unit.
        truth: (B, H, W) in 1/m, sky 0.
        weight: (B, H, W), of the absolute error.
    """
    truth = truth.clamp(max=CLOSEST)
    guess, target = normalised(predicted), normalised(truth).clamp(-3, 6)
    error = guess - target
    absolute = (error.abs() * weight).sum() / weight.sum()
    gradient = sum(_gradients(error[:, :: 2**k, :: 2**k]) for k in range(4))
    order = _order_loss(guess, truth)
    parts = {"absolute": absolute.item(), "gradient": gradient.item(), "order": order.item()}
    return absolute + 0.5 * gradient + 0.3 * order, parts


def _gradients(error: Tensor) -> Tensor:
    return error.diff(dim=2).abs().mean() + error.diff(dim=1).abs().mean()


def _order_loss(guess: Tensor, truth: Tensor) -> Tensor:
    """Logistic loss on random pairs (Chen et al. 2016, "Single-image depth perception in the
    wild"): errors among far or similar things count as much as those among near ones."""
    flat, true = guess.flatten(1), truth.flatten(1)
    first, second = torch.randint(0, flat.shape[1], (2, _PAIRS), device=flat.device)
    a, b = true[:, first] + 1e-3, true[:, second] + 1e-3
    sign = torch.sign(a - b)
    decided = torch.maximum(a / b, b / a) > _SAME_RATIO
    margin = 4 * sign * (flat[:, first] - flat[:, second])
    return (functional.softplus(-margin) * decided).sum() / decided.sum().clamp_min(1)
