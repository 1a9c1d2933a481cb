"""The package's large networks lie packed: what is unpacked is the ONNX file, or nothing is."""

from __future__ import annotations

import gzip
import hashlib
import re
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from defocus import network
from defocus.depth import builtin
from defocus.errors import ModelError
from defocus.network import onnx_bytes, open_session

if TYPE_CHECKING:
    from pathlib import Path

MODEL = bytes(range(256)) * 40
PACKED = gzip.compress(MODEL, mtime=0)


def test_the_depth_network_is_the_one_of_its_card() -> None:
    card = builtin.MODEL_PATH.with_name("MODEL_CARD.md").read_text(encoding="utf-8")
    told = re.search(r"SHA-256 of the ONNX file:\s+`([0-9a-f]{64})`", card)
    assert told is not None
    assert hashlib.sha256(onnx_bytes(builtin.MODEL_PATH)).hexdigest() == told[1]


def test_a_packed_model_is_unpacked_and_any_other_file_is_read(tmp_path: Path) -> None:
    (tmp_path / "m.onnx.gz").write_bytes(PACKED)
    (tmp_path / "m.onnx").write_bytes(PACKED)
    assert onnx_bytes(tmp_path / "m.onnx.gz") == MODEL
    assert onnx_bytes(tmp_path / "m.onnx") == PACKED


def test_a_network_that_is_loaded_keeps_no_second_copy_of_its_file() -> None:
    session = open_session(builtin.MODEL_PATH)
    size = len(onnx_bytes(builtin.MODEL_PATH))
    assert not [name for name, value in vars(session).items() if _length(value) == size]


def _length(value: object) -> int:
    return len(value) if isinstance(value, bytes) else 0


@pytest.mark.parametrize(
    "data",
    [
        b"",
        MODEL,
        PACKED[:-1],
        PACKED[: len(PACKED) // 2],
        PACKED + b"\0",
        PACKED[:-8] + b"\0\0\0\0" + PACKED[-4:],
        PACKED[:-4] + b"\1\0\0\0",
        PACKED[:40] + bytes([PACKED[40] ^ 64]) + PACKED[41:],
    ],
    ids=[
        "nothing",
        "not packed",
        "a byte short",
        "half",
        "a byte long",
        "checksum",
        "length",
        "bit",
    ],
)
def test_a_damaged_one_is_refused(data: bytes, tmp_path: Path) -> None:
    path = tmp_path / "m.onnx.gz"
    path.write_bytes(data)
    with pytest.raises(ModelError, match=r"the model .*m\.onnx\.gz is damaged: ."):
        open_session(path)


def test_no_more_is_unpacked_than_any_of_ours_needs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "m.onnx.gz").write_bytes(PACKED)
    monkeypatch.setattr(network, "_MOST_UNPACKED_BYTES", len(MODEL) - 1)
    with pytest.raises(ModelError, match=r"more than .* MB: unpack it with gunzip"):
        onnx_bytes(tmp_path / "m.onnx.gz")
    monkeypatch.setattr(network, "_MOST_UNPACKED_BYTES", len(MODEL))
    assert onnx_bytes(tmp_path / "m.onnx.gz") == MODEL


def test_memory_that_does_not_suffice_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def starved(path: Path) -> bytes:
        raise MemoryError

    (tmp_path / "m.onnx.gz").write_bytes(PACKED)
    monkeypatch.setattr(network, "onnx_bytes", starved)
    with pytest.raises(Exception, match="there is not enough memory"):
        open_session(tmp_path / "m.onnx.gz")


def test_who_portrays_nothing_unpacks_nothing() -> None:
    code = (
        "import zlib; zlib.decompressobj = None; import sys; sys.argv = ['defocus', '--help'];"
        "import defocus, defocus.depth.builtin, defocus.salience, defocus.cli; defocus.cli.main()"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
