"""Rounding of the network's linear layers for export."""

from __future__ import annotations

import importlib
from pathlib import Path

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("onnx")
TRAINING = Path(__file__).parents[1] / "training"


@pytest.fixture
def rounding(monkeypatch):
    monkeypatch.syspath_prepend(str(TRAINING))
    return importlib.import_module("rounding")


@pytest.mark.parametrize("seed", range(3))
def test_rounded_weights_lie_on_the_grid_that_the_export_finds_again(rounding, seed):
    torch.manual_seed(seed)
    weight = torch.randn(12, 40) * torch.rand(12, 1)
    inputs = torch.randn(300, 40) @ torch.randn(40, 40)
    found = rounding.rounded(weight, inputs.T @ inputs)
    step = found.abs().amax(1, keepdim=True) / rounding.LEVELS
    assert torch.allclose(found.abs().amax(1), weight.abs().amax(1))
    assert torch.allclose(found / step, (found / step).round(), atol=1e-3)


@pytest.mark.parametrize("seed", range(3))
def test_what_a_layer_gives_moves_less_than_when_each_weight_is_rounded(rounding, seed):
    torch.manual_seed(seed)
    weight = torch.randn(16, 60)
    inputs = torch.randn(500, 8) @ torch.randn(8, 60) + 0.1 * torch.randn(500, 60)
    step = weight.abs().amax(1, keepdim=True) / rounding.LEVELS
    each = (weight / step).round() * step
    together = rounding.rounded(weight, inputs.T @ inputs)

    def moved(other):
        return (inputs @ (other - weight).T).square().mean()

    assert moved(together) < 0.5 * moved(each)
