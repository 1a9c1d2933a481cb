"""From a hub to a photo's depth: fetched, checked, loaded and run, against a hub on this machine.

Its repository holds a small network of the same make as the real one.
"""

from __future__ import annotations

import hashlib
import json
import threading
from dataclasses import dataclass
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.util import find_spec
from typing import TYPE_CHECKING

import numpy as np
import pytest
from click.testing import CliRunner, Result
from PIL import Image

from defocus.cli import main
from defocus.depth import hub, transformers
from defocus.depth.hub import HubPin

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.skipif(
    find_spec("torch") is None or find_spec("transformers") is None,
    reason="the extra 'torch' is not installed",
)

_COMMIT = "c0ffee" + 34 * "0"
_REPOSITORY = "Intel/dpt-large"


@dataclass
class _Repository:
    """Files of the one repository that the hub has, by how much it lies about their sizes, and how
    often anything was asked of it."""

    files: dict[str, bytes]
    claims_more: int = 0
    requests: int = 0


class _Hub(BaseHTTPRequestHandler):
    """The three kinds of request that the hub's client makes."""

    def __init__(self, repository: _Repository, *arguments: object) -> None:
        self.repository = repository
        super().__init__(*arguments)  # type: ignore[arg-type]

    def do_GET(self) -> None:
        self.repository.requests += 1
        path = self.path.partition("?")[0]
        files = self.repository.files
        if path.startswith(f"/api/models/{_REPOSITORY}/tree/"):
            listing = [
                {"type": "file", "path": n, "size": len(d), "oid": n} for n, d in files.items()
            ]
            self._json(listing)
        elif path.startswith(f"/api/models/{_REPOSITORY}"):
            size = self.repository.claims_more
            siblings = [{"rfilename": n, "size": len(d) + size} for n, d in files.items()]
            card = {"license": "apache-2.0"}
            self._json({"id": _REPOSITORY, "sha": _COMMIT, "siblings": siblings, "cardData": card})
        else:
            self._file(path)

    do_HEAD = do_GET  # noqa: N815

    def _file(self, path: str) -> None:
        data = self.repository.files.get(path.rpartition("/")[2])
        if data is None or f"/{_REPOSITORY}/resolve/" not in path:
            self.send_error(404, headers={"X-Error-Code": "EntryNotFound"})  # type: ignore[call-arg]
            return
        tag = hashlib.sha256(data).hexdigest()
        self._answer(data, {"ETag": f'"{tag}"', "X-Repo-Commit": _COMMIT})

    def _json(self, value: object) -> None:
        self._answer(json.dumps(value).encode(), {"Content-Type": "application/json"})

    def _answer(self, data: bytes, headers: dict[str, str]) -> None:
        self.send_response(200)
        for name, value in (headers | {"Content-Length": str(len(data))}).items():
            self.send_header(name, value)
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(data)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Quiet."""


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """The files of a DPT of 64 pixels, with a pickle and a program beside it."""
    import torch
    from transformers import DPTConfig, DPTForDepthEstimation
    from transformers.utils import logging

    torch.manual_seed(0)
    config = DPTConfig(
        hidden_size=16, num_hidden_layers=4, num_attention_heads=2, intermediate_size=16,
        image_size=64, backbone_out_indices=[0, 1, 2, 3], neck_hidden_sizes=[8] * 4,
        fusion_hidden_size=8, use_auxiliary_head=False,
    )  # fmt: skip
    folder = tmp_path_factory.mktemp("network")
    logging.disable_progress_bar()
    DPTForDepthEstimation(config).save_pretrained(folder)
    logging.enable_progress_bar()
    settings = {"image_processor_type": "DPTImageProcessor", "image_mean": [0.2] * 3}
    (folder / "preprocessor_config.json").write_text(json.dumps(settings))
    (folder / "pytorch_model.bin").write_bytes(b"a pickle")
    (folder / "run.py").write_text("raise SystemExit('ran')")
    return {file.name: file.read_bytes() for file in folder.iterdir()}


@pytest.fixture
def repository(network: dict[str, bytes]) -> _Repository:
    return _Repository(dict(network))


@pytest.fixture
def endpoint(repository: _Repository) -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(_Hub, repository)) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@dataclass
class _Defocus:
    """The command, with the real name pinned to what this hub has."""

    monkeypatch: pytest.MonkeyPatch
    weights: bytes

    def pin(self, commit: str = _COMMIT, *, size: bool = True, sha256: bool = True) -> None:
        digest = hashlib.sha256(self.weights).hexdigest()
        pin = HubPin(commit, len(self.weights) if size else None, digest if sha256 else None)
        self.monkeypatch.setitem(hub.PINS, _REPOSITORY, pin)
        transformers._load.cache_clear()

    def __call__(self, *arguments: object) -> Result:
        return CliRunner().invoke(main, [str(argument) for argument in arguments])


@pytest.fixture
def defocus(
    endpoint: str, tmp_path: Path, network: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> _Defocus:
    constants = "huggingface_hub.constants."
    template = endpoint + "/{repo_id}/resolve/{revision}/{filename}"
    monkeypatch.setattr(constants + "ENDPOINT", endpoint)
    monkeypatch.setattr(constants + "HUGGINGFACE_CO_URL_TEMPLATE", template)
    monkeypatch.setattr(constants + "HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.chdir(tmp_path)
    made = _Defocus(monkeypatch, network["model.safetensors"])
    made.pin()
    return made


def test_fetched_verified_loaded_and_run(defocus: _Defocus, tmp_path: Path) -> None:
    fetched = defocus("models", "fetch", "DPT_Large", "--yes")
    assert fetched.exit_code == 0, fetched.stderr
    assert "licence apache-2.0" in fetched.stderr
    assert f"Intel/dpt-large/tree/{_COMMIT}" in fetched.stderr
    names = {file.name for file in (tmp_path / "hub").rglob("snapshots/*/*")}
    assert {"model.safetensors", "config.json"} <= names
    assert not names & {"pytorch_model.bin", "run.py"}
    verified = defocus("models", "verify")
    assert verified.stdout.startswith("DPT_Large: ")
    assert verified.stdout.endswith("is whole\n")

    pixels = np.random.default_rng(0).integers(0, 256, (90, 160, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(tmp_path / "photo.png")
    done = defocus("depth", "photo.png", "--model", "DPT_Large", "-o", "map.npy")
    assert (done.exit_code, done.stderr) == (0, "")
    assert np.load(tmp_path / "map.npy").shape == (64, 128)  # in the photo's shape, by N2


def test_a_size_that_is_not_pinned_is_said(defocus: _Defocus) -> None:
    defocus.pin(sha256=False)
    assert defocus("models", "fetch", "DPT_Large", "--yes").exit_code == 0
    assert "its SHA-256 is not pinned" in defocus("models", "verify", "DPT_Large").stdout
    defocus.pin(size=False, sha256=False)
    assert "its bytes are not pinned" in defocus("models", "verify", "DPT_Large").stdout


def test_a_hub_that_offers_another_size_is_refused_before_anything_comes(
    defocus: _Defocus, repository: _Repository, tmp_path: Path
) -> None:
    repository.claims_more = 5
    done = defocus("models", "fetch", "DPT_Large", "--yes")
    assert done.exit_code == 2
    assert "offers another file than the pinned one" in done.stderr
    assert not (tmp_path / "hub").exists()


def test_other_bytes_of_the_same_size_are_refused_when_fetched_and_when_loaded(
    defocus: _Defocus, repository: _Repository, tmp_path: Path
) -> None:
    data = repository.files["model.safetensors"]
    repository.files["model.safetensors"] = data[:-1] + bytes([data[-1] ^ 1])
    done = defocus("models", "fetch", "DPT_Large", "--yes")
    assert done.exit_code == 2
    assert "damaged or another file" in done.stderr
    Image.new("RGB", (64, 64)).save(tmp_path / "photo.png")
    loaded = defocus("depth", "photo.png", "--model", "DPT_Large")
    assert loaded.exit_code == 2
    assert "damaged or another file" in loaded.stderr
    assert not (tmp_path / "photo-disparity.png").exists()


def test_a_commit_that_was_not_fetched_is_not_replaced_by_another(
    defocus: _Defocus, tmp_path: Path
) -> None:
    assert defocus("models", "fetch", "DPT_Large", "--yes").exit_code == 0
    defocus.pin("f" * 40, size=False, sha256=False)
    Image.new("RGB", (64, 64)).save(tmp_path / "photo.png")
    done = defocus("depth", "photo.png", "--model", "DPT_Large")
    assert done.exit_code == 2
    assert "not on disk: run 'defocus models fetch DPT_Large'" in done.stderr


@pytest.mark.parametrize("name", ["owner/pickled", "owner/pickled@main"])
def test_nobody_is_asked_about_a_model_that_lies_here_as_a_pickle(
    defocus: _Defocus, repository: _Repository, tmp_path: Path, name: str
) -> None:
    # transformers would ask a bot on the hub to convert it.
    cached = tmp_path / "hub" / "models--owner--pickled"
    (cached / "refs").mkdir(parents=True)
    (cached / "refs" / "main").write_text(_COMMIT)
    snapshot = cached / "snapshots" / _COMMIT
    snapshot.mkdir(parents=True)
    for file in ("config.json", "preprocessor_config.json", "pytorch_model.bin"):
        (snapshot / file).write_bytes(repository.files[file])
    Image.new("RGB", (64, 64)).save(tmp_path / "photo.png")
    done = defocus("depth", "photo.png", "--model", name)
    assert done.exit_code == 2
    assert "defocus models fetch owner/pickled" in done.stderr
    assert repository.requests == 0
