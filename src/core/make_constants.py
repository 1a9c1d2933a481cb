"""Write the C++ and the JavaScript copy of ``src/defocus/constants.py``.

./dev python src/core/make_constants.py
"""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "src/defocus/constants.py"
TARGETS = {
    ROOT / "src/core/include/defocus/constants.hpp": "cpp",
    ROOT / "src/defocus/studio/static/constants.js": "js",
}
_HEADS = {
    "cpp": "#pragma once\n\nnamespace defocus::constants {\n\n",
    "js": "\n",
}
_TAILS = {"cpp": "\n}  // namespace defocus::constants\n", "js": ""}
_LINES = {
    "cpp": lambda name, value: f"constexpr double k{name.title().replace('_', '')} = {value!r};",
    "js": lambda name, value: f"export const {name} = {value:g};",
}


def text(language: str) -> str:
    """The copy for one language: ``cpp`` or ``js``."""
    lines = []
    body = SOURCE.read_text().split('"""', 2)[2]
    for line in body.strip().splitlines():
        if line.startswith("#"):
            lines.append("//" + line[1:])
        elif line:
            name, value = line.split(" = ")
            lines.append(_LINES[language](name, float(value)))
        else:
            lines.append("")
    head = "// The numbers of src/defocus/constants.py: made by src/core/make_constants.py.\n"
    return head + _HEADS[language] + "\n".join(lines) + "\n" + _TAILS[language]


def main() -> None:
    for target, language in TARGETS.items():
        target.write_text(text(language))


if __name__ == "__main__":
    main()
