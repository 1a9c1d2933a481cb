"""Draw which room of the package imports which: ``docs/pictures/architecture.svg``.

    python docs/make_architecture.py

A room is a folder or a module right below ``src/defocus``. Every import counts, also those that are
made late or for types only. ``tests/test_architecture.py`` uses the same reading to see that no two
files and no two rooms import each other.
"""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "src" / "defocus"
PICTURE = Path(__file__).with_name("pictures") / "architecture.svg"

Arrows = dict[str, set[str]]

# Rooms that everything may use and that say nothing about the way of a photo.
_COMMON = {
    "_lazy", "_maps", "_telemetry", "bilinear", "constants", "cpu", "device", "errors", "files",
    "folders", "installation", "progress", "quality",
}  # fmt: skip


def module_name(path: Path) -> str:
    """``src/defocus/depth/onnx.py`` → ``defocus.depth.onnx``."""
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@cache
def modules() -> dict[str, Path]:
    """Every module of the package."""
    return {module_name(path): path for path in sorted(PACKAGE.rglob("*.py"))}


def file_arrows() -> Arrows:
    """Module → the modules of the package that it imports, at any time and for any purpose."""
    known = modules()
    packages = {name for name, path in known.items() if path.name == "__init__.py"}
    arrows: Arrows = {}
    for name, path in known.items():
        found: set[str] = set()
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Import):
                found |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
                for alias in node.names:
                    whole = f"{node.module}.{alias.name}"
                    native = alias.name.startswith("_") and node.module in packages
                    found.add(whole if whole in known or native else node.module)
        arrows[name] = {target for target in found if target in known and target != name}
    return arrows


def room_of(module: str) -> str:
    """``defocus.depth.onnx`` → ``depth``; the package's own ``__init__`` is ``defocus``."""
    parts = module.split(".")
    return parts[1] if len(parts) > 1 else parts[0]


def room_arrows() -> Arrows:
    """Room → the rooms that it imports."""
    arrows: Arrows = {}
    for module, targets in file_arrows().items():
        room = arrows.setdefault(room_of(module), set())
        room |= {room_of(target) for target in targets} - {room_of(module)}
    return arrows


def circle(arrows: Arrows) -> list[str]:
    """Some way that leads back to where it began, or an empty list."""
    done: set[str] = set()

    def walk(at: str, way: list[str]) -> list[str]:
        if at in way:
            return [*way[way.index(at) :], at]
        if at in done:
            return []
        for target in sorted(arrows.get(at, ())):
            found = walk(target, [*way, at])
            if found:
                return found
        done.add(at)
        return []

    for start in sorted(arrows):
        found = walk(start, [])
        if found:
            return found
    return []


def floors(arrows: Arrows) -> dict[str, int]:
    """Room → its floor: one above the highest that it imports."""

    @cache
    def floor(room: str) -> int:
        return 1 + max((floor(target) for target in arrows.get(room, ())), default=-1)

    return {room: floor(room) for room in arrows}


def draw() -> str:
    """The rooms, floor by floor, as SVG."""
    arrows = {
        room: targets - _COMMON - {"defocus"}
        for room, targets in room_arrows().items()
        if room not in _COMMON | {"defocus"}
    }
    by_floor: dict[int, list[str]] = {}
    for room, floor in sorted(floors(arrows).items()):
        by_floor.setdefault(floor, []).append(room)
    width, step, box_wh = 960, 84, (104, 34)
    top = max(by_floor)
    place = {
        room: ((k + 1) * width / (len(rooms) + 1), 40 + (top - floor) * step)
        for floor, rooms in by_floor.items()
        for k, room in enumerate(rooms)
    }
    height = 60 + (top + 1) * step
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
        'font-family="system-ui, sans-serif" font-size="13">',
        f'<rect width="{width}" height="{height}" fill="#fbfaf7"/>',
    ]
    for room, targets in sorted(arrows.items()):
        x0, y0 = place[room]
        for target in sorted(targets):
            x1, y1 = place[target]
            y_from, y_to = y0 + box_wh[1] / 2, y1 - box_wh[1] / 2
            bend = (y_to - y_from) / 2
            lines.append(
                f'<path d="M{x0:.0f} {y_from:.0f} C{x0:.0f} {y_from + bend:.0f} {x1:.0f} '
                f'{y_to - bend:.0f} {x1:.0f} {y_to:.0f}" fill="none" stroke="#9aa7b5"/>'
            )
    for room, (x, y) in sorted(place.items()):
        folder = (PACKAGE / room).is_dir()
        lines.append(
            f'<rect x="{x - box_wh[0] / 2:.0f}" y="{y - box_wh[1] / 2:.0f}" width="{box_wh[0]}" '
            f'height="{box_wh[1]}" rx="5" fill="{"#dfe9f2" if folder else "#fff"}" '
            'stroke="#5b6b7b"/>'
        )
        label = f"{room}/" if folder else f"{room}.py"
        lines.append(f'<text x="{x:.0f}" y="{y + 4:.0f}" text-anchor="middle">{label}</text>')
    return "\n".join([*lines, "</svg>", ""])


if __name__ == "__main__":
    PICTURE.write_text(draw(), "utf-8")
