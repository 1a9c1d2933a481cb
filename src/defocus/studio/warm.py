"""What the first photo would wait for, done before it comes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from defocus.edit import Edit
from defocus.session.memory import give_back
from defocus.session.payloads import facts_of, picture_of, soft_edges_of

if TYPE_CHECKING:
    from defocus.progress import Progress

SAMPLE = Path(__file__).with_name("static") / "sample.jpg"


def warm_up(progress: Progress) -> None:
    """Load modules, the network and native code; what is wrong with them, the first photo tells."""
    from defocus.formats.reading import read_photo
    from defocus.scene import prepare

    edit = Edit()
    scene = prepare(read_photo(SAMPLE), edit, progress=progress)
    picture = picture_of(scene)
    facts_of(scene, edit, picture, picture.size_wh)
    progress("edges", 0.0)
    soft_edges_of(scene, edit)
    del scene, picture
    give_back()
