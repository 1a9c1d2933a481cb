from __future__ import annotations

import os
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

if TYPE_CHECKING:
    from collections.abc import Iterator

pytest_plugins = ("quick_studio", "remembered_networks")

# Shared machines are slow at times; a property is about values, not about milliseconds.
# Where a change waits to land it is judged by the same examples as the one before it; everybody
# else tries new ones each time.
settings.register_profile("defocus", deadline=None, max_examples=50)
settings.register_profile("same", settings.get_profile("defocus"), derandomize=True)
settings.load_profile("same" if os.environ.get("DEFOCUS_SAME_EXAMPLES") else "defocus")


# Files that take a minute or more alone, the longest first. Where files are dealt out to several
# processes (pytest-xdist) they come before all others: one that begins last is waited for, alone.
LONG = (
    "test_nothing_sent.py",
    "test_batch_ray.py",
    "test_notebook.py",
    "test_docs_commands.py",
    "test_cli_pipes.py",
    "test_batch_kill.py",
    "test_batch_hostile.py",
    "test_faults.py",
    "test_doctor.py",
    "test_docs_passes.py",
    "test_contributing.py",
)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if hasattr(config, "workerinput"):
        places = {name: place for place, name in enumerate(LONG)}
        items.sort(key=lambda item: places.get(item.path.name, len(LONG)))


@pytest.fixture(scope="session")
def example() -> Path:
    """NASA's portrait of Eileen Collins, 512×512 PNG."""
    return Path(__file__).parent.parent / "examples" / "eileen-collins.png"


@pytest.fixture
def tracing() -> Iterator[None]:
    """PyTorch traces a network and grumbles. A mark that names its warnings would need PyTorch."""
    torch = pytest.importorskip("torch")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        warnings.simplefilter("ignore", torch.jit.TracerWarning)
        yield


@pytest.fixture(autouse=True)
def private_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No test reads or writes the user's model cache or the studio's state."""
    monkeypatch.setenv("DEFOCUS_CACHE", str(tmp_path / "_cache"))
    monkeypatch.setenv("DEFOCUS_STATE", str(tmp_path / "_state"))
    monkeypatch.setenv("DEFOCUS_RUNTIME", str(tmp_path / "_runtime"))
