"""MiDaS's networks are fed as MiDaS feeds them; small networks of the same make stand in."""

from __future__ import annotations

from importlib.util import find_spec
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from defocus.depth import midas, store
from defocus.depth.midas import Feed
from defocus.depth.registry import load_model
from defocus.errors import ModelError

if TYPE_CHECKING:
    from pathlib import Path

needs_torch = pytest.mark.skipif(
    find_spec("torch") is None or find_spec("transformers") is None,
    reason="the extra 'torch' is not installed",
)


@pytest.mark.parametrize(
    ("photo_wh", "size_wh"),
    [
        ((640, 400), (608, 384)),
        ((4000, 3000), (512, 384)),
        ((3000, 4000), (384, 512)),
        ((384, 384), (384, 384)),
        ((200, 100), (384, 192)),  # enlarged: the scale nearer to 1 is that of the long side
        ((6000, 2400), (960, 384)),
    ],
)
def test_the_shorter_side_of_a_large_photo_is_384(
    photo_wh: tuple[int, int], size_wh: tuple[int, int]
) -> None:
    assert Feed(384, keeps_aspect=True).size_wh(photo_wh) == size_wh
    assert Feed(384, keeps_aspect=False).size_wh(photo_wh) == (384, 384)


@given(st.integers(1, 9000), st.integers(1, 9000), st.sampled_from([256, 384, 512]))
def test_both_sides_are_multiples_of_32_and_the_shape_is_kept(w: int, h: int, side: int) -> None:
    width, height = Feed(side, keeps_aspect=True).size_wh((w, h))
    assert width % 32 == height % 32 == 0
    assert min(width, height) >= 32
    if min(width, height) > 32:
        shape = (width / height) / (w / h)
        assert abs(np.log(shape)) <= np.log(1 + 16 / (min(width, height) - 16))


def test_the_image_is_the_one_that_midas_makes() -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (50, 90, 3), dtype=np.uint8)
    feed = Feed(64, keeps_aspect=True)
    size_wh = feed.size_wh((90, 50))
    literal = cv2.resize(pixels / 255.0, size_wh, interpolation=cv2.INTER_CUBIC)
    literal = np.ascontiguousarray(((literal - 0.5) / 0.5).transpose(2, 0, 1)).astype(np.float32)
    np.testing.assert_array_equal(feed.image(pixels), literal[None], strict=True)


def _plain() -> Any:
    from transformers import DPTConfig

    return DPTConfig(
        hidden_size=16, num_hidden_layers=4, num_attention_heads=2, intermediate_size=16,
        image_size=64, backbone_out_indices=[0, 1, 2, 3], neck_hidden_sizes=[8] * 4,
        fusion_hidden_size=8, use_auxiliary_head=False,
    )  # fmt: skip


def _beit() -> Any:
    from transformers import BeitConfig, DPTConfig

    backbone = BeitConfig(
        hidden_size=16, num_hidden_layers=4, num_attention_heads=2, intermediate_size=16,
        image_size=64, patch_size=16, use_relative_position_bias=True,
        reshape_hidden_states=False, out_features=["stage1", "stage2", "stage3", "stage4"],
    )  # fmt: skip
    return DPTConfig(
        backbone_config=backbone, is_hybrid=False, hidden_size=16, neck_hidden_sizes=[8] * 4,
        fusion_hidden_size=8, readout_type="project", use_auxiliary_head=False,
    )  # fmt: skip


def _swin() -> Any:
    from transformers import DPTConfig, Swinv2Config

    backbone = Swinv2Config(
        image_size=64, patch_size=4, embed_dim=8, depths=[1] * 4, num_heads=[1] * 4,
        window_size=2, out_features=["stage1", "stage2", "stage3", "stage4"],
    )  # fmt: skip
    return DPTConfig(
        backbone_config=backbone, is_hybrid=False, hidden_size=16,
        neck_hidden_sizes=[8, 16, 32, 64], fusion_hidden_size=8, add_projection=False,
        reassemble_factors=[1] * 4, use_auxiliary_head=False,
    )  # fmt: skip


def _network(config: Any) -> Any:
    import torch
    from transformers import DPTForDepthEstimation

    torch.manual_seed(0)
    return DPTForDepthEstimation(config).eval()


_PROCESSOR = SimpleNamespace(image_mean=[0.1, 0.2, 0.3], image_std=[1.0, 1.0, 2.0])


@needs_torch
@pytest.mark.parametrize(
    ("make", "keeps_aspect", "size_wh"),
    [(_plain, True, (128, 64)), (_beit, True, (128, 64)), (_swin, False, (64, 64))],
)
def test_every_kind_runs_on_what_it_is_fed(
    make: Any, keeps_aspect: bool, size_wh: tuple[int, int]
) -> None:
    import torch

    network = _network(make())
    feed = midas.feed_of(network, _PROCESSOR, is_midas=True)
    assert feed == Feed(64, keeps_aspect)
    image = feed.image(np.zeros((90, 160, 3), np.uint8))
    with torch.inference_mode():
        assert midas.run(network, torch.from_numpy(image)).shape == size_wh[::-1]


@needs_torch
def test_the_parts_called_one_by_one_are_the_network() -> None:
    import torch

    network = _network(_plain())
    image = torch.randn(1, 3, 64, 64)
    with torch.inference_mode():
        whole = network(image).predicted_depth[0]
        torch.testing.assert_close(midas.run(network, image), whole)


@needs_torch
def test_weights_that_are_not_midas_s_keep_the_mean_of_their_processor() -> None:
    feed = midas.feed_of(_network(_plain()), _PROCESSOR, is_midas=False)
    assert feed == Feed(64, True, (0.1, 0.2, 0.3), (1.0, 1.0, 2.0))


@pytest.mark.parametrize(
    "config",
    [
        SimpleNamespace(model_type="depth_anything"),
        SimpleNamespace(model_type="dpt", is_hybrid=True),
        SimpleNamespace(
            model_type="dpt", is_hybrid=False, backbone_config=SimpleNamespace(model_type="dinov2")
        ),
    ],
)
def test_other_networks_are_left_to_their_processor(config: Any) -> None:
    assert midas.feed_of(SimpleNamespace(config=config), _PROCESSOR, is_midas=False) is None


# -- DPT_Hybrid, from an ONNX file -----------------------------------------------------------------


def _mean_of_channels(path: Path) -> Path:
    """A network with the twin's input: 1×3×384×384 to 1×384×384."""
    import onnx
    from onnx import TensorProto, helper

    node = helper.make_node(
        "ReduceMean", ["pixel_values"], ["predicted_depth"], axes=[1], keepdims=0
    )
    graph = helper.make_graph(
        [node],
        "hybrid",
        [helper.make_tensor_value_info("pixel_values", TensorProto.FLOAT, ["b", "c", "h", "w"])],
        [helper.make_tensor_value_info("predicted_depth", TensorProto.FLOAT, ["b", "h", "w"])],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    path.parent.mkdir(parents=True, exist_ok=True)
    onnx.save(model, path)
    return path


@pytest.fixture
def hybrid(monkeypatch: pytest.MonkeyPatch) -> Path:
    from dataclasses import replace

    pinned = store.MODELS["dpt-hybrid"]
    path = _mean_of_channels(store.path_of(pinned))
    known = replace(pinned, size=path.stat().st_size, sha256=store.sha256_of(path))
    monkeypatch.setitem(store.MODELS, "dpt-hybrid", known)
    return path


@pytest.mark.parametrize("name", ["DPT_Hybrid", "dpt-hybrid"])
def test_the_hybrid_runs_without_torch(hybrid: Path, name: str) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (300, 500, 3), dtype=np.uint8)
    found = load_model(name).estimate(pixels)
    expected = Feed(384, keeps_aspect=False).image(pixels)[0].mean(axis=0)
    np.testing.assert_allclose(found.disparity.values, expected, atol=1e-5)
    assert (found.disparity.kind, found.person) == ("relative", None)


def test_a_hybrid_that_is_not_the_pinned_file_is_refused(hybrid: Path) -> None:
    hybrid.write_bytes(hybrid.read_bytes() + b"\0")
    with pytest.raises(ModelError, match="damaged"):
        load_model("DPT_Hybrid")


def test_a_hybrid_that_was_not_fetched_says_how() -> None:
    with pytest.raises(ModelError, match=r"533 MB, Apache-2\.0.*defocus models fetch dpt-hybrid"):
        load_model("DPT_Hybrid")
