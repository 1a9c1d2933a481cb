"""What a bug report needs to know: versions, libraries, folders, memory, and whether it works."""

from __future__ import annotations

import importlib
import importlib.metadata
import importlib.util
import io
import os
import platform
import shutil
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import defocus
from defocus import folders
from defocus.blame import LIBRARIES, blamed, described
from defocus.cpu import cpu_count
from defocus.installation import to_install

if TYPE_CHECKING:
    from collections.abc import Callable

# Without these nothing works; the others belong to extras.
CORE = (
    "PIL", "click", "cv2", "defusedxml", "filelock", "numpy", "onnxruntime", "platformdirs", "tqdm",
)  # fmt: skip
# The photo of the self-test, which the studio shows too.
_SAMPLE = Path(__file__).parent / "studio" / "static" / "sample.jpg"
_LEAST_FREE = 1 << 30


def examine(*, self_test: bool = True) -> dict[str, Any]:
    """All facts, JSON-able; the home folder is written ``~``.

    Args:
        self_test: also blur the sample, which takes a second or two.

    Returns:
        By topic; ``problems`` lists for people what is not as it should be.
    """
    problems: list[str] = []
    facts: dict[str, Any] = {
        "defocus": defocus.__version__,
        "installed_in": _for_people(Path(defocus.__file__).parent),
        "python": f"{platform.python_version()} ({_for_people(Path(sys.executable))})",
        "system": platform.platform(),
        "processor": f"{platform.machine()}, {cpu_count()} CPUs for this process",
        "memory": _memory(problems),
        "libraries": {module: _library(module, problems) for module in sorted(LIBRARIES)},
        "opencv_packages": _opencv_packages(problems),
        "providers": _tried(_providers, problems),
        "device": _tried(_device, problems),
        "formats": _tried(_formats, problems),
        "models": _tried(_models, problems),
        "folders": {
            name: _folder(find, problems)
            for name, find in (
                ("state", folders.state_dir),
                ("cache", folders.cache_dir),
                ("runtime", folders.runtime_dir),
            )
        },
        "environment": {
            name: value
            for name, value in sorted(os.environ.items())
            if name.startswith(("DEFOCUS_", "XDG_", "OMP_"))
        },
    }
    if self_test:
        facts["self_test"] = _tried(_self_test, problems)
    facts["problems"] = problems
    return facts


def _tried(examine_one: Callable[[], Any], problems: list[str]) -> Any:
    """What was found; None and a problem, whatever went wrong."""
    try:
        return examine_one()
    except Exception as error:  # this is where broken installations come to be looked at
        problems.append(str(blamed(error) or described(error)))
        return None


def _library(module: str, problems: list[str]) -> dict[str, Any] | None:
    """Version, licence and what its wheel brings along; None if it is not installed."""
    title, package = LIBRARIES[module]
    name = package.partition("[")[0]
    try:
        distribution = importlib.metadata.distribution(name)
    except importlib.metadata.PackageNotFoundError:
        if module in CORE and importlib.util.find_spec(module) is None:
            problems.append(f"{title} is not installed: {to_install(package)}")
        return None
    found: dict[str, Any] = {"version": distribution.version, "licence": _licence(distribution)}
    if bundled := bundled_libraries(distribution):
        found["bundles"] = bundled
    try:
        importlib.import_module(module)
    except Exception as error:  # an extension may raise anything while it loads
        found["broken"] = " ".join(str(error).split())
        problems.append(str(blamed(error) or described(error)))
    return found


def _licence(distribution: importlib.metadata.Distribution) -> str | None:
    about = distribution.metadata
    said = [*(about.get_all("License-Expression") or []), *(about.get_all("License") or [])]
    if said and said[0].strip() and "\n" not in said[0].strip():
        return str(said[0]).strip()
    kinds = [kind for kind in about.get_all("Classifier") or [] if kind.startswith("License ::")]
    return ", ".join(kind.rpartition("::")[2].strip() for kind in kinds) or None


def bundled_libraries(distribution: importlib.metadata.Distribution) -> list[str]:
    """The shared libraries of others that a wheel carries (``PACKAGE.libs``), by their names."""
    names = {
        Path(file).name.partition(".so")[0].partition("-")[0]
        for file in distribution.files or ()
        if ".libs/" in str(file) and ".so" in str(file)
    }
    return sorted(names)


def _opencv_packages(problems: list[str]) -> list[str]:
    """Which packages brought ``cv2``; of two, the one that is removed takes the other's files."""
    found = sorted(set(importlib.metadata.packages_distributions().get("cv2", ())))
    if len(found) > 1:
        problems.append(
            f"{' and '.join(found)} are installed over each other: uninstall all of them, then "
            f"{to_install('opencv-python-headless')}"
        )
    return found


def _providers() -> list[str]:
    import onnxruntime

    return list(onnxruntime.get_available_providers())


def _device() -> dict[str, str]:
    """What runs the built-in network, and models of torch."""
    from defocus import device
    from defocus.depth.builtin import MODEL_PATH
    from defocus.network import where_it_runs

    used, why = where_it_runs(MODEL_PATH)
    found = {"chosen": device.chosen(), "built_in_network": f"{used} ({why})"}
    if importlib.util.find_spec("torch") is not None:
        found["torch"] = device.torch_device()
    return found


def _formats() -> dict[str, str]:
    """What can be read and written here."""
    from defocus.formats import FORMATS

    return {
        known.name: ("read and written" if known.writable else "read")
        if known.is_installed
        else f"needs the extra '{known.extra}'"
        for known in FORMATS
    }


def _models() -> dict[str, Any]:
    from defocus.depth.builtin import MODEL_PATH
    from defocus.depth.store import MODELS, is_on_disk

    on_disk = [name for name, model in MODELS.items() if is_on_disk(model)]
    return {"builtin_bytes": MODEL_PATH.stat().st_size, "on_disk": on_disk}


def _memory(problems: list[str]) -> dict[str, int]:
    """In MiB."""
    from defocus.batch.memory import available

    free = available()
    if free < _LEAST_FREE:
        problems.append(f"only {free >> 20} MiB of memory are free: close other programs")
    return {"usable_mib": free >> 20}


def _folder(find: Callable[[], Path], problems: list[str]) -> dict[str, Any]:
    """Where it is, and whether it can be written to; it need not exist."""
    try:
        folder = find()
    except OSError as error:
        problems.append(described(error))
        return {"path": None}
    nearest = next(path for path in (folder, *folder.parents) if os.path.lexists(path))
    writable = os.access(nearest, os.W_OK | os.X_OK) and nearest.is_dir()
    free = shutil.disk_usage(nearest).free
    if not writable:
        problems.append(f"{_for_people(folder)} cannot be written: check who may")
    if free < _LEAST_FREE:
        problems.append(f"the disk of {_for_people(folder)} has only {free >> 20} MiB free")
    return {
        "path": _for_people(folder),
        "exists": nearest == folder,
        "writable": writable,
        "free_mib": free >> 20,
    }


def _self_test() -> dict[str, Any]:
    """Blur the sample: its subject must stay, what is behind must change, and a JPEG come out."""
    import numpy as np

    from defocus.edit import Edit
    from defocus.errors import DefocusError
    from defocus.formats import jpeg
    from defocus.formats.codec import Save
    from defocus.formats.reading import read_photo
    from defocus.pipeline import apply

    started = time.perf_counter()
    photo = read_photo(_SAMPLE)
    result = apply(photo, Edit(model="builtin", quality="fast"))
    written = io.BytesIO()
    jpeg.write(written, result.photo, Save())
    jpeg.read(written.getvalue(), photo.pixels.size)
    changed = np.abs(result.photo.pixels.astype(int) - photo.pixels).mean(axis=2)
    subject = result.scene.subject
    if subject is None:
        raise DefocusError("the self-test failed: no subject was found in the sample")
    held, behind = changed[subject.weight > 0.9].mean(), changed[subject.weight < 0.1].mean()
    if not held < 1.0 < behind:
        raise DefocusError(
            f"the self-test failed: the subject changed by {held:.2f} code values, what is behind "
            f"it by {behind:.2f}"
        )
    return {"seconds": round(time.perf_counter() - started, 2), "size_wh": list(photo.size_wh)}


def _for_people(path: Path) -> str:
    """The path with the home folder as ``~``: reports are public, user names need not be."""
    text, home = str(path), os.path.expanduser("~")  # noqa: PTH111 - no error without a home
    return "~" + text[len(home) :] if len(home) > 1 and text.startswith(home + os.sep) else text
