"""The command in this process, and the small files that its tests give it."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import numpy as np
from click.testing import CliRunner, Result
from PIL import Image
from waiting import PATIENCE_S

from defocus.cli import main

if TYPE_CHECKING:
    from pathlib import Path


def run(*words: object) -> Result:
    """``defocus`` with these words."""
    return CliRunner().invoke(main, [str(word) for word in words])


def start(
    *words: object, cwd: Path, env: dict[str, str] | None = None, **options: Any
) -> subprocess.CompletedProcess[bytes]:
    """``defocus`` with these words in a process of its own, as a shell starts it."""
    code = "from defocus.cli import main; main()"
    options = {"capture_output": True, "timeout": PATIENCE_S, **options}
    return subprocess.run(
        [sys.executable, "-c", code, *(os.fspath(word) for word in words)],  # type: ignore[arg-type]
        cwd=cwd, env={**os.environ, **(env or {})}, check=False, **options,
    )  # fmt: skip


def noise(path: Path, *, seed: int = 1, width: int = 80) -> Path:
    """A photo of noise, ¾ as high as wide; its suffix decides about the format."""
    shape = (width * 3 // 4, width, 3)
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.random.default_rng(seed).integers(0, 256, shape, np.uint8)).save(path)
    return path


def halves(path: Path) -> Path:
    """A depth map for any 4:3 photo: the left half far, the right half near."""
    values = np.zeros((60, 80), np.float32)
    values[:, 40:] = 1
    np.save(path, values)
    return path
