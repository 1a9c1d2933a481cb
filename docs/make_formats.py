"""Write the tables of docs/formats.md from the formats' records; a test checks their freshness.

./dev python docs/make_formats.py
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from defocus.formats import FORMATS

if TYPE_CHECKING:
    from defocus.formats.codec import Holds

TARGET = Path(__file__).parent / "formats.md"
_TABLE = re.compile(r"(<!-- (reads|holds): made by docs/make_formats\.py -->\n)[^<]*(<!-- end -->)")


def reads() -> str:
    """What is read and written, one line a format."""
    lines = ["| format | reads | writes | needs |", "|---|---|---|---|"]
    for known in FORMATS:
        needs = f"extra `{known.extra}`" if known.extra else "–"
        lines.append(f"| {known.title} | {known.reads} | {known.writes or '–'} | {needs} |")
    return "\n".join(lines) + "\n"


def holds() -> str:
    """What a written file keeps, one line a format."""
    columns = {
        "bits": lambda held: str(held.bits),
        "alpha": lambda held: _yes(held.alpha),
        "grey": lambda held: _yes(held.grey),
        "resolution": lambda held: _yes(held.dpi),
        "IPTC": lambda held: _yes(held.iptc),
        "comment": lambda held: _yes(held.comment),
        "PNG text": lambda held: _yes(held.text),
        "gain map": lambda held: _yes(held.gain_map),
        "PQ, HLG": lambda held: _yes(held.hdr),
        "layers": lambda held: _yes(held.layers),
        "depth": lambda held: _yes(held.depth),
        "profile, XMP": lambda held: _yes(held.metadata),
        "EXIF": _exif,
        "pixels a side": lambda held: f"≤ {held.side_px:,}" if held.side_px else "–",
    }
    lines = [f"| | {' | '.join(columns)} |", "|---" * (len(columns) + 1) + "|"]
    for known in FORMATS:
        if known.holds is not None:
            cells = " | ".join(cell(known.holds) for cell in columns.values())
            lines.append(f"| `{known.suffixes[0]}` | {cells} |")
    return "\n".join(lines) + "\n"


def _exif(held: Holds) -> str:
    return f"≤ {held.exif_bytes:,} bytes" if held.exif_bytes else _yes(held.metadata)


def _yes(held: bool) -> str:
    return "yes" if held else "no"


def text(page: str) -> str:
    """The page with fresh tables."""
    tables = {"reads": reads, "holds": holds}
    return _TABLE.sub(lambda found: found[1] + tables[found[2]]() + found[3], page)


if __name__ == "__main__":
    TARGET.write_text(text(TARGET.read_text()))
