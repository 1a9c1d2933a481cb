"""Which device runs the networks. There is no GPU here: lists of providers stand in for builds."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import numpy as np
import onnxruntime
import pytest
from click.testing import CliRunner

from defocus import device, doctor, network, salience
from defocus.cli import main
from defocus.depth.builtin import MODEL_PATH
from defocus.depth.registry import load_model
from defocus.errors import DefocusError

if TYPE_CHECKING:
    from pathlib import Path

_CUDA, _TENSORRT = "CUDAExecutionProvider", "TensorrtExecutionProvider"
_COREML = "CoreMLExecutionProvider"
_DML, _ROCM = "DmlExecutionProvider", "ROCMExecutionProvider"


@pytest.fixture(autouse=True)
def automatic(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(device.ENVIRONMENT, "auto")


@pytest.mark.parametrize(
    ("available", "wanted", "provider"),
    [
        ([device.CPU], "auto", device.CPU),
        ([device.CPU], "gpu", device.CPU),
        (["AzureExecutionProvider", device.CPU], "gpu", device.CPU),
        ([_TENSORRT, _CUDA, device.CPU], "auto", _CUDA),
        ([_TENSORRT, _CUDA, device.CPU], "cpu", device.CPU),
        ([_TENSORRT, device.CPU], "auto", _TENSORRT),
        ([_ROCM, device.CPU], "auto", _ROCM),
        ([_DML, device.CPU], "gpu", _DML),
        ([_COREML, device.CPU], "auto", device.CPU),
        ([_COREML, device.CPU], "gpu", _COREML),
    ],
)
def test_the_best_provider_of_a_build(available: list[str], wanted: Any, provider: str) -> None:
    plan = device.plan(available, wanted)
    assert plan.providers[0] == provider
    assert plan.providers[-1] == device.CPU
    assert plan.uses_gpu == (provider != device.CPU)
    assert plan.why


def test_a_quantised_network_stays_on_the_processor_unless_a_gpu_is_asked_for() -> None:
    available = [_CUDA, device.CPU]
    assert not device.plan(available, "auto", is_quantised=True).uses_gpu
    assert device.plan(available, "gpu", is_quantised=True).uses_gpu


class _Build:
    """A build of ONNX Runtime with a GPU provider whose driver may be missing."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, available: list[str], fault: str) -> None:
        self.asked: list[list[str]] = []
        self.fault = fault
        self.real = onnxruntime.InferenceSession
        monkeypatch.setattr(onnxruntime, "get_available_providers", lambda: available)
        monkeypatch.setattr(onnxruntime, "InferenceSession", self.open)
        monkeypatch.setattr(onnxruntime, "set_default_logger_severity", lambda level: None)
        monkeypatch.setattr(network, "_sessions", {})

    def open(self, path: Path, options: Any, *, providers: list[str]) -> Any:
        self.asked.append(providers)
        if providers[0] != device.CPU and self.fault == "raises":
            raise RuntimeError("libcudart.so.13: cannot open shared object file")
        opened = self.real(path, options, providers=[device.CPU])
        if providers[0] != device.CPU and self.fault == "":
            opened.get_providers = lambda: providers
        return opened


@pytest.mark.parametrize(
    ("fault", "used", "words"),
    [
        ("", _CUDA, "CUDA is there"),
        ("raises", device.CPU, "CUDA is there, but does not work"),
        ("falls back", device.CPU, "CUDA is there, but does not work"),
    ],
)
def test_a_gpu_that_does_not_work_is_replaced_by_the_processor(
    monkeypatch: pytest.MonkeyPatch, fault: str, used: str, words: str
) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (60, 80, 3), dtype=np.uint8)
    expected = load_model("builtin").estimate(pixels, "fast").disparity.values
    build = _Build(monkeypatch, [_CUDA, device.CPU], fault)
    device.choose("gpu")
    got = load_model("builtin").estimate(pixels, "fast").disparity.values
    np.testing.assert_allclose(got, expected, atol=1e-5)
    assert build.asked[0] == [_CUDA, device.CPU]
    assert network.where_it_runs(MODEL_PATH) == (used, words)


@pytest.mark.parametrize("path", [MODEL_PATH, salience.MODEL_PATH])
def test_our_large_networks_are_quantised_and_stay_where_they_are_fast(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    build = _Build(monkeypatch, [_CUDA, device.CPU], "")
    used, why = network.where_it_runs(path)
    assert (used, why) == (device.CPU, "the network is quantised, for the processor")
    assert build.asked == [[device.CPU]]


def test_a_choice_holds_at_once_and_for_the_processes_that_are_started(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    build = _Build(monkeypatch, [_DML, device.CPU], "")
    for word, provider in (("gpu", _DML), ("cpu", device.CPU), ("gpu", _DML)):
        device.choose(word)  # type: ignore[arg-type]
        assert network.open_session(MODEL_PATH).get_providers()[0] == provider
    assert len(build.asked) == 2  # each session once
    code = "from defocus import device; print(device.chosen())"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "gpu\n"


def test_words_that_are_no_device_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(DefocusError, match="no device 'cuda': choose auto, cpu, gpu"):
        device.choose("cuda")  # type: ignore[arg-type]
    assert os.environ[device.ENVIRONMENT] == "auto"
    monkeypatch.setenv(device.ENVIRONMENT, "tpu")
    with pytest.raises(DefocusError, match="DEFOCUS_DEVICE is 'tpu'"):
        device.chosen()
    monkeypatch.setenv(device.ENVIRONMENT, "")
    assert device.chosen() == "auto"


@pytest.mark.parametrize("command", ["blur", "depth", "inspect"])
def test_the_flag_is_no_part_of_the_edit_and_says_if_there_is_no_gpu(
    command: str, example: Path, tmp_path: Path
) -> None:
    words = [command, str(example), "--device", "gpu", "--quality", "fast"]
    if command != "inspect":
        words += ["-o", str(tmp_path / "result.png")]
    if command == "blur":
        words += ["--save-edit", str(tmp_path / "edit.json")]
    done = CliRunner().invoke(main, words)
    assert done.exit_code == 0, done.output
    assert "no provider for a GPU" in done.stderr
    assert device.chosen() == "gpu"
    if command == "blur":
        assert "gpu" not in (tmp_path / "edit.json").read_text()
    assert CliRunner().invoke(main, [command, str(example), "--device", "x"]).exit_code == 2


def test_the_doctor_says_what_is_used_and_why() -> None:
    device.choose("cpu")
    found = doctor.examine(self_test=False)["device"]
    assert found["chosen"] == "cpu"
    assert found["built_in_network"] == f"{device.CPU} (the processor was chosen)"


def test_torch_keeps_to_the_processor_if_that_was_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    torch = pytest.importorskip("torch", reason="the extra 'torch' is not installed")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: True)
    for word, expected in (("cpu", "cpu"), ("gpu", "cuda"), ("auto", "cuda")):
        device.choose(word)  # type: ignore[arg-type]
        assert device.torch_device() == expected
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert device.torch_device() == "mps"
