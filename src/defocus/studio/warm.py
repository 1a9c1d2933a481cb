"""What the first photo would wait for, done before it comes."""

from __future__ import annotations

import contextlib
from pathlib import Path

from defocus.edit import Edit
from defocus.errors import DefocusError
from defocus.session.payloads import facts_of, picture_of, soft_edges_of

SAMPLE = Path(__file__).with_name("static") / "sample.jpg"


def warm_up() -> None:
    """Load modules, the network and native code."""
    from defocus.formats.reading import read_photo
    from defocus.scene import prepare

    edit = Edit()
    # What is wrong with a model is told with the photo that needs it.
    with contextlib.suppress(DefocusError):
        scene = prepare(read_photo(SAMPLE), edit)
        picture = picture_of(scene)
        facts_of(scene, edit, picture, picture.size_wh)
        soft_edges_of(scene, edit)
