"""The transformers backend on tiny models that these tests build and save."""

from __future__ import annotations

import json
from importlib.util import find_spec
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from defocus.classic import depth_estimation
from defocus.depth import hub, load_model, transformers
from defocus.depth.hub import HubModel, ask_hub, fetch_from_hub
from defocus.errors import MissingExtraError, ModelError

if TYPE_CHECKING:
    from pathlib import Path

needs_torch = pytest.mark.skipif(
    find_spec("torch") is None or find_spec("transformers") is None,
    reason="the extra 'torch' is not installed",
)

_PIXELS = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)


@pytest.fixture(autouse=True)
def _fresh() -> None:
    transformers._load.cache_clear()


def _save(folder: Path, network: Any, processor: dict[str, Any]) -> Path:
    network.save_pretrained(folder)
    settings = {"image_processor_type": "DPTImageProcessor", **processor}
    (folder / "preprocessor_config.json").write_text(json.dumps(settings))
    return folder


@pytest.fixture(scope="module")
def dpt(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A DPT as MiDaS's: 64×64 square, mean and standard deviation 0.5."""
    with transformers._quiet():
        import torch
        from transformers import DPTConfig, DPTForDepthEstimation

        torch.manual_seed(0)
        config = DPTConfig(
            hidden_size=16,
            num_hidden_layers=4,
            num_attention_heads=2,
            intermediate_size=16,
            image_size=64,
            backbone_out_indices=[0, 1, 2, 3],
            neck_hidden_sizes=[8, 8, 8, 8],
            fusion_hidden_size=8,
            use_auxiliary_head=False,
        )
        network = DPTForDepthEstimation(config)
        processor = {"size": {"height": 64, "width": 64}, "image_mean": [0.5] * 3}
        folder = tmp_path_factory.mktemp("dpt")
        return _save(folder, network, {**processor, "image_std": [0.5] * 3})


@pytest.fixture(scope="module")
def metric(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Depth Anything that gives metres and keeps the aspect."""
    with transformers._quiet():
        import torch
        from transformers import DepthAnythingConfig, DepthAnythingForDepthEstimation, Dinov2Config

        torch.manual_seed(0)
        backbone = Dinov2Config(
            hidden_size=16,
            num_hidden_layers=4,
            num_attention_heads=2,
            image_size=56,
            patch_size=14,
            out_features=["stage1", "stage2", "stage3", "stage4"],
            reshape_hidden_states=False,
        )
        config = DepthAnythingConfig(
            backbone_config=backbone,
            patch_size=14,
            reassemble_hidden_size=16,
            neck_hidden_sizes=[8, 8, 8, 8],
            fusion_hidden_size=8,
            head_hidden_size=8,
            depth_estimation_type="metric",
            max_depth=20,
        )
        network = DepthAnythingForDepthEstimation(config)
        folder = tmp_path_factory.mktemp("metric")
        processor = {"size": {"height": 56, "width": 56}, "keep_aspect_ratio": True}
        return _save(folder, network, {**processor, "ensure_multiple_of": 14})


def _raw(folder: Path, kind: str, image: np.ndarray) -> np.ndarray:
    """What the saved network gives for a normalised H×W×3 image, without our code."""
    with transformers._quiet():
        import torch
        import transformers as library

        network = getattr(library, kind).from_pretrained(folder).eval()
        tensor = torch.from_numpy(image.transpose(2, 0, 1)[None].astype(np.float32))
        with torch.inference_mode():
            return network(tensor).predicted_depth[0].numpy()


@needs_torch
def test_each_model_gets_its_own_preprocessing(dpt: Path) -> None:
    got = load_model(str(dpt)).estimate(_PIXELS).disparity
    expected = _raw(dpt, "DPTForDepthEstimation", (_PIXELS / 255 - 0.5) / 0.5)
    np.testing.assert_allclose(got.values, expected, rtol=1e-4, atol=1e-5)
    assert (got.kind, got.source) == ("relative", str(dpt))


@needs_torch
def test_metres_become_metric_disparity(metric: Path) -> None:
    pixels = _PIXELS[:56, :56]
    got = load_model(str(metric)).estimate(pixels).disparity
    image = (pixels / 255 - 0.5) / 0.5  # what DPT's processor does unless told otherwise
    depth = _raw(metric, "DepthAnythingForDepthEstimation", image)
    assert got.kind == "metric"
    np.testing.assert_allclose(got.values, 1 / depth, rtol=1e-4)


@needs_torch
@pytest.mark.parametrize("size_wh", [(3000, 20), (20, 3000), (1, 1), (70, 50)])
def test_any_shape_is_bounded(metric: Path, size_wh: tuple[int, int]) -> None:
    pixels = np.full((*size_wh[::-1], 3), 99, np.uint8)
    width, height = load_model(str(metric)).estimate(pixels).disparity.size_wh
    assert width * height <= 56 * 56 * 2.6
    assert (width >= height) == (size_wh[0] >= size_wh[1])


@needs_torch
def test_nothing_is_printed(dpt: Path, capfd: pytest.CaptureFixture[str]) -> None:
    load_model(str(dpt)).estimate(_PIXELS)
    assert capfd.readouterr() == ("", "")


@needs_torch
def test_the_blogs_function_with_the_blogs_default(
    dpt: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(hub.HUB_NAMES, "DPT_Large", str(dpt))
    depth = depth_estimation(_PIXELS[:40])
    assert (depth.shape, depth.dtype) == ((40, 64), np.float32)


@needs_torch
def test_a_dpt_sees_the_photo_in_its_own_shape(dpt: Path) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (64, 128, 3), dtype=np.uint8)
    assert load_model(str(dpt)).estimate(pixels).disparity.size_wh == (128, 64)


@needs_torch
def test_pickles_are_not_loaded(dpt: Path, tmp_path: Path) -> None:
    import torch

    for name in ("config.json", "preprocessor_config.json"):
        (tmp_path / name).write_bytes((dpt / name).read_bytes())
    torch.save({}, tmp_path / "pytorch_model.bin")
    with pytest.raises(ModelError, match="safetensors"):
        load_model(str(tmp_path)).estimate(_PIXELS)


@needs_torch
def test_code_in_a_models_folder_never_runs(dpt: Path, tmp_path: Path) -> None:
    for file in dpt.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    (tmp_path / "evil.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')\nclass Net: ...\n")
    config = json.loads((dpt / "config.json").read_text())
    config |= {"model_type": "evil", "auto_map": {"AutoModelForDepthEstimation": "evil.Net"}}
    (tmp_path / "config.json").write_text(json.dumps(config))
    with pytest.raises(ModelError, match="no depth model"):
        load_model(str(tmp_path)).estimate(_PIXELS)
    assert not (tmp_path / "ran").exists()


@needs_torch
def test_what_is_not_on_disk_is_not_downloaded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path))
    with pytest.raises(ModelError, match="not on disk: run 'defocus models fetch owner/name@v1'"):
        load_model("owner/name@v1").estimate(_PIXELS)
    with pytest.raises(ModelError, match="no depth model for transformers"):
        load_model(str(tmp_path)).estimate(_PIXELS)


def test_without_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transformers, "find_spec", lambda name: None)
    with pytest.raises(MissingExtraError, match=r"the extra 'torch'.*\[torch\]"):
        load_model("DPT_Large")


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("DPT_BEiT_L_384", HubModel("Intel/dpt-beit-large-384")),
        ("DPT_Large", HubModel("Intel/dpt-large", hub.PINS["Intel/dpt-large"].commit)),
        ("Intel/dpt-large", HubModel("Intel/dpt-large", hub.PINS["Intel/dpt-large"].commit)),
        ("Intel/dpt-large@main", HubModel("Intel/dpt-large", "main")),
        ("owner/name", HubModel("owner/name")),
        ("owner/name@abc", HubModel("owner/name", "abc")),
    ],
)
def test_hub_names(name: str, expected: HubModel) -> None:
    assert HubModel.parse(name) == expected


def test_hub_cache_is_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path))
    assert not hub.is_in_hub_cache(HubModel("owner/name"))
    folder = tmp_path / "models--owner--name"
    weights = folder / "snapshots" / "abc" / "model.safetensors"
    weights.parent.mkdir(parents=True)
    weights.touch()
    assert hub.is_in_hub_cache(HubModel("owner/name"))
    assert hub.is_in_hub_cache(HubModel("owner/name", "abc"))
    assert not hub.is_in_hub_cache(HubModel("owner/name", "def"))
    assert not hub.is_in_hub_cache(HubModel("owner/name", "v1"))
    (folder / "refs").mkdir()
    (folder / "refs" / "v1").write_text("abc")
    assert hub.snapshot_of(HubModel("owner/name", "v1")) == weights.parent


class _Hub:
    """Stands in for ``huggingface_hub.HfApi``."""

    files = (("model.safetensors", 500), ("config.json", 20), ("pytorch_model.bin", 900))
    card: dict[str, str] | None = {"license": "apache-2.0"}  # noqa: RUF012

    def model_info(self, repository: str, **options: Any) -> Any:
        if repository == "owner/gone":
            raise ValueError("404 Client Error\nRequest ID: 1")
        siblings = [SimpleNamespace(rfilename=name, size=size) for name, size in self.files]
        return SimpleNamespace(siblings=siblings, sha="c0ffee", card_data=self.card)


@needs_torch
def test_asking_the_hub(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huggingface_hub.HfApi", _Hub)
    offer = ask_hub(HubModel("owner/name"))
    assert offer == hub.HubOffer(520, "apache-2.0", "c0ffee")
    monkeypatch.setattr(_Hub, "card", None)
    assert ask_hub(HubModel("owner/name")).licence == "not stated"
    monkeypatch.setattr(_Hub, "files", (("pytorch_model.bin", 900),))
    with pytest.raises(ModelError, match="no safetensors"):
        ask_hub(HubModel("owner/name"))
    with pytest.raises(ModelError, match=r"owner/gone cannot be fetched .*: 404 Client Error$"):
        ask_hub(HubModel("owner/gone"))


@needs_torch
def test_fetching_from_the_hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Any] = []

    def snapshot_download(repository: str, **options: Any) -> str:
        asked.append((repository, options["revision"], options["allow_patterns"]))
        if repository == "owner/gone":
            raise OSError("no route to host")
        return str(tmp_path)

    monkeypatch.setattr("huggingface_hub.snapshot_download", snapshot_download)
    assert fetch_from_hub(HubModel("owner/name", "abc")) == tmp_path
    assert asked == [("owner/name", "abc", ["*.safetensors", "*.json"])]
    with pytest.raises(ModelError, match="no route to host"):
        fetch_from_hub(HubModel("owner/gone"))
    monkeypatch.setenv("DEFOCUS_OFFLINE", "1")
    with pytest.raises(ModelError, match="DEFOCUS_OFFLINE"):
        fetch_from_hub(HubModel("owner/name"))
    with pytest.raises(ModelError, match="DEFOCUS_OFFLINE"):
        ask_hub(HubModel("owner/name"))
