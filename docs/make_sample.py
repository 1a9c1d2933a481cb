"""Makes the "after" of the studio's welcome page: ``python docs/make_sample.py``."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import defocus

STATIC = Path(__file__).parent.parent / "src" / "defocus" / "studio" / "static"


def main() -> None:
    photo = defocus.read_photo(STATIC / "sample.jpg")
    edit = defocus.Edit(lens=defocus.Lens(f_number=1.4), amount=1.5)
    portrait = replace(defocus.apply(photo, edit).photo, path=None)
    output = defocus.Output(quality=86)
    defocus.write_photo(portrait, STATIC / "sample-portrait.jpg", output=output, overwrite=True)


if __name__ == "__main__":
    main()
