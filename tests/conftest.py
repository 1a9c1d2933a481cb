from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import settings

pytest_plugins = ("quick_studio",)

# Shared machines are slow at times; a property is about values, not about milliseconds.
settings.register_profile("defocus", deadline=None, max_examples=50)
settings.load_profile("defocus")


@pytest.fixture(scope="session")
def example() -> Path:
    """NASA's portrait of Eileen Collins, 512×512 PNG."""
    return Path(__file__).parent.parent / "examples" / "eileen-collins.png"


@pytest.fixture(autouse=True)
def private_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No test reads or writes the user's model cache or the studio's state."""
    monkeypatch.setenv("DEFOCUS_CACHE", str(tmp_path / "_cache"))
    monkeypatch.setenv("DEFOCUS_STATE", str(tmp_path / "_state"))
    monkeypatch.setenv("DEFOCUS_RUNTIME", str(tmp_path / "_runtime"))
