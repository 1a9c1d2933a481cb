"""Every picture in a folder, read by us and by ImageMagick: what differs and is not known.

    python tests/support/compare_folder.py FOLDER [PIXELS]

Prints one line for each file that differs without being of a kind in ``known_differences``, and
counts in the end. Ends with 1 if there was one. Pictures of more than PIXELS (12 million) and
files that are no pictures are left out; those that are refused are counted. Where ImageMagick reads
a format not at all (JPEG XL), the PNG of the same name beside the file is what it should look like.
"""

from __future__ import annotations

import hashlib
import sys
from collections import Counter
from dataclasses import replace
from pathlib import Path

from known_differences import File, explained
from second_reader import compared

from defocus import formats, read_photo
from defocus.errors import DefocusError, TooLargeError

_PIXELS = 12_000_000


def main(folder: Path, most_pixels: int) -> int:
    counts: Counter[str] = Counter()
    seen: set[bytes] = set()
    for path in sorted(folder.rglob("*")):
        if not path.is_file():
            continue
        data = path.read_bytes()
        digest = hashlib.sha256(data).digest()
        if digest in seen:
            continue
        seen.add(digest)
        counts[_verdict(path, data, most_pixels)] += 1
    for verdict, count in counts.most_common():
        print(f"{count:6} {verdict}")
    return int(counts["UNKNOWN"] > 0)


def _verdict(path: Path, data: bytes, most_pixels: int) -> str:
    try:
        formats.sniff(data, path.suffix.lower())
    except DefocusError:
        return "no picture"
    try:
        photo = read_photo(path, max_pixels=most_pixels)
    except TooLargeError:
        return "too large"
    except DefocusError:
        return "refused"
    difference = compared(path, photo)
    beside = path.with_suffix(".png")
    if difference.what == "unread" and beside != path and beside.exists():
        as_png = replace(photo, meta=replace(photo.meta, format="png"))
        difference = compared(beside, as_png)
    if difference.what == "same":
        return "same"
    kind = explained(File(data, photo, difference))
    if kind is None:
        print(f"{path}: {difference}; {photo.meta.notes}", flush=True)
    return f"known: {kind}" if kind else "UNKNOWN"


if __name__ == "__main__":
    folder, *more = sys.argv[1:]
    sys.exit(main(Path(folder), int(more[0]) if more else _PIXELS))
