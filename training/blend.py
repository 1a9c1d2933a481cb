"""Mix the weights of two heads, the start and the end of a fine-tuning.

python blend.py START.pt END.pt RESULT.pt --share 0.5
"""

from __future__ import annotations

import argparse
from pathlib import Path

import torch


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("start", type=Path)
    parser.add_argument("end", type=Path)
    parser.add_argument("result", type=Path)
    parser.add_argument("--share", type=float, default=0.5, help="of the end, 0 to 1")
    options = parser.parse_args()
    start, end = torch.load(options.start), torch.load(options.end)
    mixed = {}
    for name, value in end.items():
        if name in start:
            mixed[name] = torch.lerp(start[name], value, options.share)
        else:  # a shortcut that the start does not have: there its last layer gives nothing
            mixed[name] = options.share * value if ".second." in name else value
    torch.save(mixed, options.result)


if __name__ == "__main__":
    main()
