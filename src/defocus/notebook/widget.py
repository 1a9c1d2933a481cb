"""A photo that is focused by a click in a notebook."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from defocus.edit import Edit
from defocus.edit.looks import looks
from defocus.errors import MissingExtraError
from defocus.formats.reading import read_photo
from defocus.pipeline import render_scene
from defocus.progress import silent
from defocus.scene import Scene, prepare
from defocus.session.payloads import facts_of, picture_of

try:
    import anywidget
    import traitlets
except ModuleNotFoundError:
    raise MissingExtraError("defocus.notebook", "notebook") from None

if TYPE_CHECKING:
    from defocus.photo import Photo
    from defocus.progress import Progress

_STATIC = Path(__file__).with_name("static")


def _to_page(edit: Edit, widget: object) -> dict[str, Any]:
    choices: dict[str, Any] = json.loads(edit.to_json())
    return choices


def _from_page(choices: dict[str, Any], widget: object) -> Edit:
    return Edit.from_json(json.dumps(choices))


class Refocus(anywidget.AnyWidget):  # type: ignore[misc]
    """Click to focus, choose an aperture or a look, compare; rendered by the browser.

    The photo and its disparity are sent once; after that only the edit goes to and fro.

    Args:
        photo: a photo, its file, or a scene that was prepared before.
        edit: to begin with; its model, quality and ``invert`` decide about the depth.
        progress: of estimating the depth.

    Attributes:
        edit: what the cell shows; set it, and the cell follows.
        scene: the photo with its depth, for :func:`defocus.render_scene`.

    Raises:
        MissingExtraError: the extra ``notebook`` is not installed.
        DefocusError: the photo or its depth cannot be had.
    """

    _esm = _STATIC / "refocus.js"
    _css = _STATIC / "refocus.css"
    edit = traitlets.Instance(Edit).tag(sync=True, to_json=_to_page, from_json=_from_page)
    _picture = traitlets.Bytes().tag(sync=True)
    _lamps = traitlets.Bytes().tag(sync=True)
    _facts = traitlets.Dict().tag(sync=True)
    _looks = traitlets.List().tag(sync=True)

    def __init__(
        self,
        photo: Photo | Scene | str | Path,
        edit: Edit | None = None,
        *,
        progress: Progress = silent,
    ) -> None:
        edit = edit or Edit()
        if isinstance(photo, str | Path):
            photo = read_photo(photo)
        scene = photo if isinstance(photo, Scene) else prepare(photo, edit, progress=progress)
        self.scene = scene
        picture = picture_of(scene)
        # The disparity as it is: the page lays the strokes over it itself.
        plain = replace(edit, strokes=())
        super().__init__(
            edit=edit,
            _picture=picture.packed(),
            _lamps=picture.lamps.cells.tobytes() if picture.lamps is not None else b"",
            _facts=facts_of(scene, plain, picture, scene.photo.size_wh),
            _looks=[{"title": look.title, "edit": dict(look.edit)} for look in looks().values()],
        )

    def result(self, *, progress: Progress | None = None) -> Photo:
        """The portrait at full size, by the renderer of ``defocus blur``."""
        return render_scene(self.scene, self.edit, progress=progress)
