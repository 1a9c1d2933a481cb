"""Matte networks from the store; small graphs with the same inputs and outputs stand in."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, get_args

import numpy as np
import onnx
import pytest
from click.testing import CliRunner
from onnx import TensorProto, helper

from defocus.cli import main
from defocus.cli.models import models
from defocus.depth import store
from defocus.disparity import Disparity
from defocus.edit.record import Edit, Focus, MatteModel
from defocus.errors import EditError, ModelError
from defocus.matte import networks, subject_matte
from defocus.matte.networks import network_matte
from defocus.optics import Lens
from defocus.photo import Photo
from defocus.scene import Scene
from defocus.session.payloads import Region, soft_edges_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

_PIXELS = np.zeros((60, 100, 3), np.uint8)
_PIXELS[:, 50:] = (255, 0, 0)  # what the stand-ins answer is the red channel as they are fed it


def _red(input_name: str, size: list[Any], dtype: int) -> onnx.ModelProto:
    """1×3×H×W to 1×1×H×W: the first channel."""
    first = helper.make_tensor("first", TensorProto.INT64, [1], [0])
    node = helper.make_node("Gather", [input_name, "first"], ["output"], axis=1)
    graph = helper.make_graph(
        [node],
        "red",
        [helper.make_tensor_value_info(input_name, dtype, [1, 3, *size])],
        [helper.make_tensor_value_info("output", dtype, [1, 1, *size])],
        [first],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)


@pytest.fixture
def install(monkeypatch: pytest.MonkeyPatch) -> Callable[[str, onnx.ModelProto], None]:
    def put(name: str, model: onnx.ModelProto) -> None:
        pinned = store.MATTE_MODELS[name]
        path = store.path_of(pinned)
        path.parent.mkdir(parents=True, exist_ok=True)
        onnx.save(model, path)
        known = replace(pinned, size=path.stat().st_size, sha256=store.sha256_of(path))
        monkeypatch.setitem(store.MATTE_MODELS, name, known)

    return put


@pytest.mark.parametrize("size", [["h", "w"], [512, 512]])
@pytest.mark.parametrize("dtype", [TensorProto.FLOAT, TensorProto.FLOAT16])
def test_modnet_is_fed_from_minus_one_to_one(install: Any, size: list[Any], dtype: int) -> None:
    install("modnet", _red("input", size, dtype))
    alpha = network_matte("modnet", _PIXELS)
    assert (alpha.shape, alpha.dtype) == ((60, 100), np.float32)
    np.testing.assert_array_equal(alpha[:, :45], 0)  # −1, and clipped
    np.testing.assert_array_equal(alpha[:, 55:], 1)


def test_birefnet_gives_logits(install: Any) -> None:
    install("birefnet-lite", _red("input_image", [1024, 1024], TensorProto.FLOAT))
    alpha = network_matte("birefnet-lite", _PIXELS)
    dark, bright = (np.array([0, 1]) - 0.485) / 0.229
    np.testing.assert_allclose(alpha[:, :45], 1 / (1 + np.exp(-dark)), atol=1e-5)
    np.testing.assert_allclose(alpha[:, 55:], 1 / (1 + np.exp(-bright)), atol=1e-5)


@pytest.mark.parametrize("size_wh", [(2000, 30), (30, 2000), (1, 1), (301, 200)])
def test_any_shape_is_bounded(install: Any, size_wh: tuple[int, int]) -> None:
    install("modnet", _red("input", ["h", "w"], TensorProto.FLOAT))
    pixels = np.full((size_wh[1], size_wh[0], 3), 255, np.uint8)
    alpha = network_matte("modnet", pixels)
    assert alpha.shape == pixels.shape[:2]
    np.testing.assert_allclose(alpha, 1, atol=1e-6)


def test_what_is_not_there_says_how_it_comes() -> None:
    with pytest.raises(ModelError, match=r"13 MB, Apache-2\.0.*defocus models fetch modnet"):
        network_matte("modnet", _PIXELS)
    with pytest.raises(ModelError, match="known are modnet, birefnet-lite"):
        network_matte("u2net", _PIXELS)


def test_a_damaged_network_is_refused(install: Any) -> None:
    install("modnet", _red("input", ["h", "w"], TensorProto.FLOAT))
    path = store.path_of(store.MATTE_MODELS["modnet"])
    path.write_bytes(path.read_bytes() + b"\0")
    with pytest.raises(ModelError, match="damaged"):
        network_matte("modnet", _PIXELS)


def test_an_answer_that_is_no_matte_is_refused(install: Any) -> None:
    graph = _red("input", ["h", "w"], TensorProto.FLOAT)
    graph.graph.initializer[0].CopyFrom(helper.make_tensor("first", TensorProto.INT64, [2], [0, 1]))
    graph.graph.output[0].type.tensor_type.shape.dim[1].dim_value = 2
    install("modnet", graph)
    with pytest.raises(ModelError, match="instead of one finite H×W matte"):
        network_matte("modnet", _PIXELS)


# -- as a second opinion about soft edges ----------------------------------------------------------


def _before_its_own_colour() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A disc with a soft rim before a ground of nearly its colour; true alpha; hard disparity."""
    y, x = np.mgrid[:200, :260]
    radius = np.hypot(y - 100, x - 130)
    alpha = np.clip((62 + 4 * np.sin(np.arctan2(y - 100, x - 130) * 40) - radius) / 8 + 0.5, 0, 1)
    noise = np.random.default_rng(3).normal(0, 6, (200, 260, 3))
    light = 120 + 3 * alpha[..., None] + noise
    disparity = np.where(radius < 60, 0.9, 0.1).astype(np.float32)
    return np.clip(light, 0, 255).astype(np.uint8), alpha.astype(np.float32), disparity


def _error(told: np.ndarray | None) -> float:
    pixels, alpha, disparity = _before_its_own_colour()
    matte = subject_matte(pixels, disparity, 0.9, 30.0, told=told)
    assert matte is not None
    is_front = matte.disparity > 0.5
    found = np.where(matte.alpha < 255, matte.alpha / 255, is_front)
    return float(np.abs(found - alpha)[(alpha > 0) & (alpha < 1)].mean())


def test_a_network_that_knows_the_edge_helps_where_colours_do_not() -> None:
    _, alpha, _ = _before_its_own_colour()
    assert _error(alpha) < 0.75 * _error(None)


@pytest.mark.parametrize("answer", [0.0, 1.0, 0.4])
def test_a_network_that_sees_no_edge_changes_nothing(answer: float) -> None:
    pixels, _, disparity = _before_its_own_colour()
    alone = subject_matte(pixels, disparity, 0.9, 30.0)
    told = subject_matte(
        pixels, disparity, 0.9, 30.0, told=np.full(disparity.shape, answer, np.float32)
    )
    assert alone is not None
    assert told is not None
    np.testing.assert_array_equal(alone.alpha, told.alpha)


def test_a_network_that_takes_front_for_back_is_not_believed() -> None:
    _, alpha, _ = _before_its_own_colour()
    assert _error(1 - alpha) == _error(None)


def test_beside_the_unknown_band_nothing_changes() -> None:
    pixels, alpha, disparity = _before_its_own_colour()
    told = alpha.copy()
    told[20:40, 20:40] = 1  # somebody in the background
    told[95:105, 125:135] = 0.3  # a hole in the subject
    plain = subject_matte(pixels, disparity, 0.9, 30.0, told=alpha)
    other = subject_matte(pixels, disparity, 0.9, 30.0, told=told)
    assert plain is not None
    assert other is not None
    for matte in (plain, other):
        assert (matte.alpha[20:40, 20:40] == 255).all()
        assert (matte.alpha[95:105, 125:135] == 255).all()


def test_the_flag_asks_the_network_that_was_fetched(
    install: Any, example: Path, tmp_path: Path
) -> None:
    words = ["blur", str(example), "--quality", "fast", "--matte-model", "modnet"]
    missing = CliRunner().invoke(main, [*words, "-o", str(tmp_path / "a.png")])
    assert missing.exit_code == 2
    assert "defocus models fetch modnet" in missing.stderr
    install("modnet", _red("input", ["h", "w"], TensorProto.FLOAT))
    done = CliRunner().invoke(main, [*words, "-o", str(tmp_path / "a.png")])
    assert done.exit_code == 0, done.stderr
    assert CliRunner().invoke(main, ["blur", "--matte-model", "u2net", str(example)]).exit_code == 2


def test_a_photo_is_shown_to_the_network_once(
    install: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    install("modnet", _red("input", ["h", "w"], TensorProto.FLOAT))
    calls: list[str] = []
    real = networks.network_matte

    def counted(name: str, pixels: np.ndarray) -> np.ndarray:
        calls.append(name)
        return real(name, pixels)  # type: ignore[arg-type]

    monkeypatch.setattr(networks, "network_matte", counted)
    photo = Photo(_PIXELS)
    assert networks.told_matte(photo, "own") is None
    first = networks.told_matte(photo, "modnet")
    assert networks.told_matte(photo, "modnet") is first
    assert networks.told_matte(Photo(_PIXELS.astype(np.uint16) * 257), "modnet") is not None
    assert calls == ["modnet", "modnet"]


def test_the_page_sees_soft_edges_with_the_same_opinion(
    install: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    pixels, alpha, values = _before_its_own_colour()
    scene = Scene(Photo(pixels), Disparity(values), Disparity(values))
    monkeypatch.setattr(networks, "network_matte", lambda name, pixels: alpha)
    alone = Edit(focus=Focus("disparity", (0.9,)), lens=Lens(0.95))
    asked = replace(alone, matte_model="modnet")
    own, told = soft_edges_of(scene, alone), soft_edges_of(scene, asked)
    part = soft_edges_of(scene, asked, Region(50, 20, 160, 160))
    assert own is not None
    assert told is not None
    assert part is not None
    assert own.alpha != told.alpha
    assert part.size_wh == (160, 160)


def test_an_edit_knows_the_networks_of_the_store() -> None:
    assert set(get_args(MatteModel)) == {"own", *store.MATTE_MODELS}
    assert set(networks._NETWORKS) == set(store.MATTE_MODELS)
    edit = Edit(matte_model="birefnet-lite")
    assert Edit.from_json(edit.to_json()) == edit
    with pytest.raises(EditError, match="matte_model must be one of"):
        Edit(matte_model="u2net")  # type: ignore[arg-type]


def test_they_are_listed_with_their_licence_and_are_no_depth_models(install: Any) -> None:
    from defocus.depth.registry import model_names

    assert not set(store.MATTE_MODELS) & set(model_names())
    lines = CliRunner().invoke(models, ["list"]).stdout.splitlines()
    assert any(line.split() == ["birefnet-lite", "115", "MB", "MIT"] for line in lines)
    install("modnet", _red("input", ["h", "w"], TensorProto.FLOAT))
    assert store.best_on_disk() is None
    assert "modnet: " in CliRunner().invoke(models, ["verify"]).stdout
