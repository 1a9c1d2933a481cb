"""The ONNX backend on tiny graphs that these tests build, and on the network that ships."""

from __future__ import annotations

import gzip
import hashlib
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
import onnx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from onnx import TensorProto, helper, numpy_helper

from defocus._maps import resized
from defocus.depth import estimate, estimate_disparity, load_model, store
from defocus.depth.builtin import MODEL_PATH
from defocus.depth.onnx import OnnxModel, _halved
from defocus.depth.sizes import input_size
from defocus.errors import DepthError, ModelError
from defocus.network import run_session
from defocus.photo import Photo

if TYPE_CHECKING:
    from defocus.edit import Quality

_RED_LEFT = np.zeros((60, 80, 3), np.uint8)
_RED_LEFT[:, :40, 0] = 255


def _graph(
    path: Path,
    *,
    name: str = "0",
    shape: tuple[Any, ...] = (1, 3, "h", "w"),
    dtype: int = TensorProto.FLOAT,
    output: str = "797",
    weights: tuple[float, float, float] = (1, 0, 0),
    person: bool = False,
    metadata: dict[str, str] | None = None,
) -> Path:
    """A network whose depth is a weighted sum of the channels that it is fed."""
    axis = 3 if shape[3] == 3 else 1
    kernel = np.array(weights, np.float32).reshape([3 if a == axis else 1 for a in range(4)])
    nodes = [
        helper.make_node("Cast", [name], ["image32"], to=TensorProto.FLOAT),
        helper.make_node("Mul", ["image32", "kernel"], ["weighted"]),
        helper.make_node("ReduceSum", ["weighted", "axis"], [output], keepdims=0),
    ]
    outputs = [helper.make_tensor_value_info(output, TensorProto.FLOAT, None)]
    if person:
        nodes.append(helper.make_node("Sigmoid", [output], ["person"]))
        outputs.insert(0, helper.make_tensor_value_info("person", TensorProto.FLOAT, None))
    graph = helper.make_graph(
        nodes,
        "tiny",
        [helper.make_tensor_value_info(name, dtype, shape)],
        outputs,
        [
            numpy_helper.from_array(kernel, "kernel"),
            numpy_helper.from_array(np.array([axis]), "axis"),
        ],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    helper.set_model_props(model, metadata or {})
    onnx.save(model, path)
    return path


def _sides(path: Path, pixels: np.ndarray = _RED_LEFT) -> tuple[float, float]:
    """The map's value in the left and in the right half."""
    values = OnnxModel(str(path)).estimate(pixels).disparity.values
    width = values.shape[1]
    return float(values[:, : width // 3].mean()), float(values[:, -width // 3 :].mean())


def test_midas_kind_is_fed_rgb_of_0_to_1(tmp_path: Path) -> None:
    path = _graph(tmp_path / "m.onnx")
    assert _sides(path) == (1, 0)
    got = OnnxModel(str(path)).estimate(_RED_LEFT).disparity
    assert (got.size_wh, got.kind, got.source) == ((384, 288), "relative", str(path))


@pytest.mark.parametrize("name", ["n.onnx", "n.onnx.gz", "N.ONNX.GZ"])
def test_a_network_may_be_packed(tmp_path: Path, name: str) -> None:
    plain = _graph(tmp_path / "plain.onnx").read_bytes()
    path = tmp_path / name
    path.write_bytes(gzip.compress(plain) if name.lower().endswith(".gz") else plain)
    got = load_model(str(path)).estimate(_RED_LEFT).disparity
    want = OnnxModel(str(tmp_path / "plain.onnx")).estimate(_RED_LEFT).disparity
    np.testing.assert_array_equal(got.values, want.values)


def test_the_built_in_network_is_one_by_its_path_too() -> None:
    assert isinstance(load_model(str(MODEL_PATH)), OnnxModel)


def test_channels_come_as_red_green_blue(tmp_path: Path) -> None:
    path = _graph(tmp_path / "m.onnx", weights=(1, 10, 100))
    pixels = np.full((40, 40, 3), (255, 0, 51), np.uint8)
    np.testing.assert_allclose(_sides(path, pixels), 1 + 100 * 51 / 255, rtol=1e-6)


def test_pixel_values_is_normalised_as_imagenet(tmp_path: Path) -> None:
    path = _graph(tmp_path / "m.onnx", name="pixel_values", output="predicted_depth")
    expected = [(1 - 0.485) / 0.229, -0.485 / 0.229]
    np.testing.assert_allclose(_sides(path), expected, rtol=1e-5)
    assert OnnxModel(str(path)).estimate(_RED_LEFT).disparity.size_wh == (686, 518)


def test_fixed_size_channels_last_and_half_precision(tmp_path: Path) -> None:
    fixed = _graph(tmp_path / "a.onnx", shape=(1, 3, 32, 64))
    assert OnnxModel(str(fixed)).estimate(_RED_LEFT).disparity.size_wh == (64, 32)
    last = _graph(tmp_path / "b.onnx", shape=(1, 32, 64, 3), dtype=TensorProto.FLOAT16)
    assert _sides(last) == (1, 0)
    assert OnnxModel(str(last)).estimate(_RED_LEFT).disparity.size_wh == (64, 32)


def test_our_kind_tells_who_is_a_person(tmp_path: Path) -> None:
    path = _graph(tmp_path / "m.onnx", name="image", output="disparity", person=True)
    got = OnnxModel(str(path)).estimate(_RED_LEFT, "fast")
    assert got.disparity.size_wh == (336, 252)
    assert got.person is not None
    np.testing.assert_allclose(got.person, 1 / (1 + np.exp(-got.disparity.values)), atol=1e-5)


@pytest.mark.parametrize(
    ("quality", "expected_wh"),
    [
        ("fast", [(336, 252)]),
        ("default", [(336, 252), (420, 308)] + 4 * [(392, 294)]),
        ("high", [(280, 210), (336, 252), (420, 308)] + 9 * [(420, 308)]),
    ],
)
def test_our_kind_looks_at_the_whole_and_then_at_tiles(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    quality: Quality,
    expected_wh: list[tuple[int, int]],
) -> None:
    path = _graph(tmp_path / "m.onnx", name="image", output="disparity", person=True)
    sizes_wh = []

    def run_and_note(session: Any, feed: dict[str, Any], *rest: Any, **named: Any) -> Any:
        sizes_wh.append(feed["image"].shape[:1:-1])
        return run_session(session, feed, *rest, **named)

    monkeypatch.setattr("defocus.depth.onnx.run_session", run_and_note)
    got = OnnxModel(str(path)).estimate(_RED_LEFT, quality)
    assert sizes_wh == expected_wh
    assert got.disparity.size_wh[0] >= expected_wh[0][0]
    third = got.disparity.size_wh[0] // 3  # no view may end up mirrored, no tile misplaced
    assert got.person is not None
    for found in (got.disparity.values, got.person):
        assert found[:, :third].min() > found[:, -third:].max() + 0.2
        assert np.ptp(found[:, :third]) < 0.1
        assert np.ptp(found[:, -third:]) < 0.1


def test_tiles_see_what_is_too_small_for_a_view_of_the_whole(tmp_path: Path) -> None:
    """A line of two pixels in a large photo: thrice as clear as in one view."""
    path = _graph(tmp_path / "m.onnx", name="image", output="disparity")
    photo = np.zeros((900, 1200, 3), np.uint8)
    photo[:, :600] = 40
    photo[:, 800:802] = 255
    clear = {}
    for quality in ("fast", "high"):
        values = OnnxModel(str(path)).estimate(photo, quality).disparity.values
        across = values.mean(0)
        right = across[round(0.6 * across.size) :]
        clear[quality] = (right.max() - np.median(right)) / np.ptp(across)
    assert clear["high"] > 0.2
    step = OnnxModel(str(path)).estimate(photo, "high").disparity.values.mean(0)
    assert step[: step.size // 3].mean() > step[-step.size // 6 :].mean()


@pytest.mark.parametrize(
    ("size_hw", "expected_hw"),
    [((3000, 4000), (750, 1000)), ((801, 1679), (801, 1679)), ((1, 9001), (1, 9001))],
)
def test_large_photos_are_halved_before_they_are_shown(
    size_hw: tuple[int, int], expected_hw: tuple[int, int]
) -> None:
    pixels = np.full((*size_hw, 3), 90, np.uint8)
    seen = _halved(pixels, 1680)
    assert seen.shape[:2] == expected_hw
    assert (seen == 90).all()


def test_metadata_overrules_the_convention(tmp_path: Path) -> None:
    metadata = {
        "defocus.mean": "0.5,0.5,0.5",
        "defocus.std": "0.25,1,1",
        "defocus.multiple": "10",
        "defocus.output": "metric-depth",
    }
    path = _graph(tmp_path / "m.onnx", metadata=metadata)
    got = OnnxModel(str(path)).estimate(_RED_LEFT).disparity
    assert got.kind == "metric"
    assert got.size_wh == (380, 290)
    assert _sides(path) == pytest.approx((0.5, 100))  # 2 m; −2 m counts as 1 cm


def test_network_with_nan_is_refused(tmp_path: Path) -> None:
    path = _graph(tmp_path / "m.onnx", weights=(float("nan"), 0, 0))
    with pytest.raises(DepthError, match="NaN or inf"):
        OnnxModel(str(path)).estimate(_RED_LEFT)


def test_files_that_are_no_depth_network(tmp_path: Path) -> None:
    path = tmp_path / "m.onnx"
    with pytest.raises(ModelError, match="cannot be read: no such file"):
        load_model(str(path))
    path.write_bytes(b"words")
    with pytest.raises(ModelError, match="not a usable ONNX model"):
        load_model(str(path))
    _graph(path, dtype=TensorProto.UINT8)
    with pytest.raises(ModelError, match="no depth network"):
        load_model(str(path))
    _graph(path, metadata={"defocus.mean": "1,2"})
    with pytest.raises(ModelError, match="senseless defocus metadata"):
        load_model(str(path))
    _graph(path, metadata={"defocus.output": "sideways"})
    with pytest.raises(ModelError, match="senseless defocus metadata"):
        load_model(str(path))


def test_a_network_that_fails_says_so_in_one_line(tmp_path: Path) -> None:
    path = _graph(tmp_path / "m.onnx", shape=(1, "channels", "h", "w"))
    model = onnx.load(path)
    kernel = numpy_helper.from_array(np.zeros((1, 5, 1, 1), np.float32), "kernel")
    model.graph.initializer[0].CopyFrom(kernel)
    onnx.save(model, path)
    with pytest.raises(ModelError, match=r"the model .* failed") as caught:
        OnnxModel(str(path)).estimate(_RED_LEFT)
    assert "\n" not in str(caught.value)


def test_pinned_model_is_checked_and_preferred(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DEFOCUS_CACHE", str(tmp_path))
    with pytest.raises(ModelError, match=r"67 MB, MIT.* 'defocus models fetch midas-small'"):
        load_model("MiDaS_small")
    assert estimate_disparity(Photo(_RED_LEFT), quality="fast").source == "builtin"

    path = _graph(tmp_path / "midas-small.onnx")
    data = path.read_bytes()
    pinned = store.MODELS["midas-small"]
    tiny = replace(pinned, size=len(data), sha256=hashlib.sha256(data).hexdigest())
    monkeypatch.setitem(store.MODELS, "midas-small", tiny)
    got = estimate_disparity(Photo(_RED_LEFT), quality="fast")
    assert got.source == "midas-small"

    path.write_bytes(data[:-1] + b"?")
    with pytest.raises(ModelError, match="damaged"):
        estimate_disparity(Photo(_RED_LEFT), "midas-small")


def test_builtin() -> None:
    photo = Photo(np.random.default_rng(0).integers(0, 256, (90, 120, 3), dtype=np.uint8))
    fast = estimate(photo, "builtin", quality="fast")
    default = estimate(photo, "builtin")
    assert default.disparity.size_wh[0] > fast.disparity.size_wh[0]
    for got in (fast, default):
        width, height = got.disparity.size_wh
        assert width / height == pytest.approx(4 / 3, rel=0.03)
        assert got.person is not None
        assert 0 <= got.person.min() <= got.person.max() <= 1


def test_builtin_sees_the_astronaut_in_front() -> None:
    example = Path(__file__).parents[1] / "examples" / "eileen-collins.png"
    pixels = cv2.imread(str(example))[..., ::-1].copy()
    eight = estimate(Photo(pixels), "builtin", quality="fast")
    got = eight.disparity.normalised().resized((512, 512))
    assert eight.person is not None
    person = resized(eight.person, (512, 512))
    face, backdrop = (slice(90, 130), slice(210, 240)), (slice(60, 120), slice(330, 400))
    assert got.values[face].min() > got.values[backdrop].max() + 0.3
    assert person[face].min() > 0.9
    sixteen = estimate_disparity(Photo(pixels.astype(np.uint16) * 257), "builtin", quality="fast")
    np.testing.assert_array_equal(sixteen.values, eight.disparity.values)


@pytest.mark.parametrize("size_wh", [(1, 1), (1, 3000), (3000, 1), (2, 3)])
def test_builtin_takes_any_shape(size_wh: tuple[int, int]) -> None:
    photo = Photo(np.zeros((*size_wh[::-1], 3), np.uint8))
    assert np.isfinite(estimate_disparity(photo, "builtin", quality="fast").values).all()


@given(
    st.integers(1, 30_000), st.integers(1, 30_000), st.integers(200, 800), st.sampled_from([14, 32])
)
def test_input_size_keeps_area_and_aspect(
    width: int, height: int, long_side: int, multiple: int
) -> None:
    w, h = input_size((width, height), long_side, multiple)
    assert w % multiple == h % multiple == 0
    assert 4 * multiple <= min(w, h)
    assert max(w, h) <= 2 * long_side + multiple
    assert w * h <= 1.35 * long_side**2 * 3 / 4 + 8 * multiple * long_side
    if 0.5 < width / height < 2:
        assert (w - multiple) / (h + multiple) < width / height < (w + multiple) / (h - multiple)
