from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from defocus.depth import estimate_disparity, load_model, registry
from defocus.depth.embedded import embedded_disparity
from defocus.depth.maps import CONTAINERS
from defocus.disparity import Disparity, Estimate
from defocus.errors import Cancelled, DepthError, ModelError
from defocus.photo import Embedded, Photo

_PIXELS = np.zeros((12, 16, 3), np.uint8)
_RAMP = np.tile(np.linspace(1, 3, 8, dtype=np.float32), (6, 1))


class Nearness:
    """A backend as a plugin would bring it: the red channel is nearness."""

    def __init__(self, name: str, *, gain: float = 1.0) -> None:
        self.name = name
        self.gain = gain
        self.asked: list[str] = []

    def estimate(self, pixels: np.ndarray, quality: str = "default") -> Estimate:
        values = pixels[..., 0].astype(np.float32) * np.float32(self.gain)
        return Estimate(Disparity(values, source=f"{self.name} {quality}"), np.ones_like(values))


class Fails(Nearness):
    def estimate(self, pixels: np.ndarray, quality: str = "default") -> Estimate:
        raise ZeroDivisionError("no light")


class Nothing(Nearness):
    def estimate(self, pixels: np.ndarray, quality: str = "default") -> Estimate:
        return None  # type: ignore[return-value]


@pytest.fixture
def plugins(monkeypatch: pytest.MonkeyPatch) -> None:
    def points(group: str) -> list[EntryPoint]:
        assert group == "defocus.depth"
        good = EntryPoint("red", f"{__name__}:Nearness", group)
        return [
            good,
            EntryPoint("broken", "no_such_package:Net", group),
            EntryPoint("fails", f"{__name__}:Fails", group),
            EntryPoint("nothing", f"{__name__}:Nothing", group),
        ]

    monkeypatch.setattr(registry, "entry_points", points)
    monkeypatch.setitem(sys.modules, __name__, sys.modules[Nearness.__module__])


def _refused(name: str) -> str:
    with pytest.raises(ModelError) as caught:
        load_model(name)
    return str(caught.value)


def test_a_plugin_is_a_model_like_any_other(plugins: None) -> None:
    assert "red" in registry.model_names()
    assert load_model("red", gain=3.0).gain == 3  # type: ignore[attr-defined]
    pixels = _PIXELS.copy()
    pixels[:, 8:, 0] = 200
    got = estimate_disparity(Photo(pixels), "red", quality="high")
    assert got.source == "red high"
    np.testing.assert_array_equal(got.values, pixels[..., 0])
    flipped = estimate_disparity(Photo(pixels), "red", invert=True)
    np.testing.assert_array_equal(flipped.values, 200 - pixels[..., 0].astype(np.float32))


def test_a_broken_plugin_is_named(plugins: None) -> None:
    assert "no_such_package:Net of 'broken' is broken" in _refused("broken")


@pytest.mark.parametrize(
    ("name", "words"),
    [("fails", "ZeroDivisionError: no light"), ("nothing", "no Estimate but NoneType")],
)
def test_a_plugin_that_fails_is_to_blame(plugins: None, name: str, words: str) -> None:
    with pytest.raises(ModelError, match=f"'{name}', of an installed plugin, failed: .*{words}"):
        estimate_disparity(Photo(_PIXELS), name)


def test_unknown_names_get_a_hint(tmp_path: Path) -> None:
    assert "did you mean DPT_Large?" in _refused("DPT_large")
    assert "defocus models list" in _refused("xyzzy")
    assert "use DPT_Large or midas-small" in _refused("MiDaS")
    words = tmp_path / "notes.txt"
    words.write_text("hello")
    assert "neither a depth map nor a model" in _refused(str(words))


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("map.png", True),
        ("a/b/MAP.NPY", True),
        ("model.onnx", False),
        ("builtin", False),
        ("owner/name", False),
    ],
)
def test_what_is_a_map_file(name: str, expected: bool) -> None:
    assert registry.is_map_file(name) is expected


def test_every_container_is_known_to_the_registry() -> None:
    assert set(registry.MAP_SUFFIXES) == set(CONTAINERS)


def test_every_table_row_leads_to_a_class() -> None:
    import importlib

    for where in set(registry.BACKENDS.values()):
        module, _, attribute = where.partition(":")
        assert isinstance(getattr(importlib.import_module(module), attribute), type)


def test_importing_is_light() -> None:
    heavy = "{'cv2', 'onnxruntime', 'torch', 'transformers', 'PIL', 'tifffile', 'huggingface_hub'}"
    code = (
        "import sys, defocus.depth.registry, defocus.depth.hub, defocus.depth.transformers, "
        f"defocus.depth.onnx, defocus.depth.file, defocus.depth.download; "
        f"print({heavy} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


def _with_layers(**layers: Any) -> Photo:
    return Photo(_PIXELS, embedded=Embedded(**layers))


def test_auto_takes_what_the_phone_stored() -> None:
    own = Disparity(_RAMP, "metric", "embedded (Apple)")
    assert estimate_disparity(_with_layers(disparity=own)) is own
    assert estimate_disparity(_with_layers(disparity=own), "embedded") is own
    assert estimate_disparity(_with_layers(disparity=own), "builtin").source == "builtin"


def test_embedded_map_without_relief_is_not_used() -> None:
    flat = _with_layers(disparity=Disparity(np.ones((6, 8), np.float32), source="embedded"))
    assert embedded_disparity(flat) is None
    assert estimate_disparity(flat, quality="fast").source == "builtin"


def test_no_embedded_depth() -> None:
    photo = replace(Photo(_PIXELS), path=Path("a.jpg"))
    with pytest.raises(DepthError, match=r"a\.jpg holds no depth of its own"):
        estimate_disparity(photo, "embedded")
    assert "embedded" in _refused("embedde")


def test_progress_is_told_and_may_stop(plugins: None) -> None:
    told: list[tuple[str, float]] = []
    estimate_disparity(Photo(_PIXELS), "red", progress=lambda *step: told.append(step))
    assert told == [("depth", 0.0), ("depth", 1.0)]

    def stop(stage: str, done: float) -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        estimate_disparity(Photo(_PIXELS), "red", progress=stop)
