"""Write the typed stubs of the native modules, from the modules themselves.

./dev python src/core/bindings/make_stubs.py    (needs nanobind: pip install nanobind)
"""

from __future__ import annotations

import importlib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
TARGETS = {
    ROOT / "src/defocus/render/_core.pyi": "defocus.render._core",
    ROOT / "src/defocus/_maps_core.pyi": "defocus._maps_core",
}


def text(module: str) -> str:
    """The stub of a native module."""
    from nanobind.stubgen import StubGen

    made = StubGen(importlib.import_module(module))
    made.put(made.module)
    typed = made.get().replace("[NDArray,", "[NDArray[Any],")
    if "Any" in typed:
        typed = typed.replace("import Annotated", "import Annotated, Any", 1)
    return "# Made by src/core/bindings/make_stubs.py.\n" + typed


def main() -> None:
    for target, module in TARGETS.items():
        target.write_text(text(module))


if __name__ == "__main__":
    main()
