"""Other programs that blur by depth, called as their users would."""

from __future__ import annotations

import importlib.util
import os
import resource
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


def cpu_seconds() -> float:
    """CPU time of this process and of the programs that it ran."""
    uses = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(use.ru_utime + use.ru_stime for use in uses)


def _run(
    image: NDArray[Any], radius_px: NDArray[np.float32], command: list[str]
) -> NDArray[np.uint16]:
    """Run a command on ``{image}`` and ``{map}`` (|radius| over its maximum), both 16-bit PNG."""
    top = 255 if image.dtype == np.uint8 else 65535
    size = np.abs(radius_px)
    with tempfile.TemporaryDirectory() as folder:
        paths = {name: str(Path(folder) / f"{name}.png") for name in ("image", "map", "out")}
        picture = (image.astype(np.uint32) * 65535 // top).astype(np.uint16)
        cv2.imwrite(paths["image"], picture[..., ::-1])
        scaled = size / max(float(size.max()), 1e-6) * 65535
        cv2.imwrite(paths["map"], scaled.astype(np.uint16))
        arguments = [part.format(radius=float(size.max()), **paths) for part in command]
        subprocess.run(arguments, check=True, capture_output=True)
        result = cv2.imread(paths["out"], cv2.IMREAD_UNCHANGED)
    if result.dtype == np.uint8:
        result = result.astype(np.uint16) * 257
    return np.ascontiguousarray(result[..., 2::-1])


def gegl(image: NDArray[Any], radius_px: NDArray[np.float32]) -> NDArray[np.uint16]:
    """GEGL's lens-blur with a mask of radii (GIMP's "Lens Blur")."""
    mask = ["aux=[", "gegl:load", "path={map}", "]"]
    blur = ["gegl:lens-blur", "radius={radius}", "linear-mask=true", *mask]
    return _run(image, radius_px, ["gegl", "{image}", "-o", "{out}", "--", *blur])


def imagemagick(image: NDArray[Any], radius_px: NDArray[np.float32]) -> NDArray[np.uint16]:
    """ImageMagick's variable blur by a map, in linear light. Its Gaussian has half the radius."""
    linear = ["-colorspace", "RGB"]
    blur = ["-define", "compose:args={radius}x{radius}", "-compose", "blur", "-composite"]
    program = shutil.which("convert-im6.q16") or "magick"
    into = ["(", "{map}", "-evaluate", "multiply", "0.5", ")"]
    out = ["-colorspace", "sRGB", "-depth", "16", "{out}"]
    return _run(image, radius_px, [program, "{image}", *linear, *into, *blur, *out])


def blender(image: NDArray[Any], radius_px: NDArray[np.float32]) -> NDArray[np.uint16]:
    """Blender's Defocus node, by the ``bpy`` wheel."""
    script = str(Path(__file__).with_name("blender_defocus.py"))
    return _run(
        image, radius_px, [_blender_python(), script, "{image}", "{map}", "{out}", "{radius}"]
    )


def _blender_python() -> str:
    """A Python that has bpy: ours, or that named by BPY_PYTHON (the wheel is large and fits one
    version of Python only)."""
    here = sys.executable if importlib.util.find_spec("bpy") else ""
    return os.environ.get("BPY_PYTHON", here)


def installed() -> dict[str, Any]:
    """The peers that this machine has, by name."""
    peers: dict[str, Any] = {}
    if shutil.which("gegl"):
        peers["GEGL lens-blur"] = gegl
    if shutil.which("convert-im6.q16") or shutil.which("magick"):
        peers["ImageMagick -compose blur"] = imagemagick
    if _blender_python():
        peers["Blender Defocus"] = blender
    return peers
