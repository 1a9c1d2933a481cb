from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import settings

pytest_plugins = ("quick_studio",)

# Shared machines are slow at times; a property is about values, not about milliseconds.
# Where a change waits to land it is judged by the same examples as the one before it; everybody
# else tries new ones each time.
settings.register_profile("defocus", deadline=None, max_examples=50)
settings.register_profile("same", settings.get_profile("defocus"), derandomize=True)
settings.load_profile("same" if os.environ.get("DEFOCUS_SAME_EXAMPLES") else "defocus")


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
