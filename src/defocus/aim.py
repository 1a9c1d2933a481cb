"""What the focus found in the picture, for people: where it lies, and what was not there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from defocus._maps import fit, resized
from defocus.phone_focus import resolved_focus
from defocus.strokes import apply_strokes

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from defocus.edit import Edit, Focus
    from defocus.faces import Face
    from defocus.focus import FocalPlane
    from defocus.scene import Scene

_WORK_PX = 384


def no_face(scene: Scene, focus: Focus) -> str | None:
    """What to tell whoever asked for faces where none was found; else None."""
    if focus.mode not in ("face", "eyes", "all") or (scene.subject and scene.subject.faces):
        return None
    return "no face was found, so the focus is as with auto: a point X,Y says where it shall lie"


def aim(scene: Scene, edit: Edit, plane: FocalPlane) -> dict[str, Any]:
    """Where in the picture the focus lies, as plain values.

    All are shares of width and height from the top left, as ``--focus`` takes them: ``at`` (x, y)
    is of a point in focus, ``box`` (left, top, right, bottom) of the subject, if there is one, and
    each of ``faces`` has its own ``box`` and ``eyes``.
    """
    subject = scene.subject
    size_wh = fit(scene.photo.size_wh, _WORK_PX)
    held = None if subject is None else resized(subject.weight, size_wh) > 0.5
    return {
        "at": _shares(*_point(scene, edit, plane, held, size_wh)),
        "box": None if held is None or not held.any() else _box(held),
        "faces": [] if subject is None else [_of_face(face) for face in subject.faces],
    }


def _point(
    scene: Scene,
    edit: Edit,
    plane: FocalPlane,
    held: NDArray[np.bool_] | None,
    size_wh: tuple[int, int],
) -> tuple[float, float]:
    """What was chosen, or the middle of what is chosen from, drawn to where the plane cuts it."""
    focus = resolved_focus(scene, edit.focus)
    if focus.mode == "point":
        return focus.at[0], focus.at[1]
    faces = () if scene.subject is None else scene.subject.faces
    if focus.mode in ("auto", "face", "all") and faces:
        return faces[0].centre
    values = resized(apply_strokes(scene.disparity.values, edit.strokes, scene.photo), size_wh)
    if focus.mode == "eyes" and faces:
        return max(faces[0].eyes, key=lambda eye: _at(values, *eye))
    away = np.abs(values - np.float32(plane.disparity))
    among = np.ones(values.shape, np.bool_)
    if focus.mode == "rectangle":
        left, top, right, bottom = focus.at
        x, y = _grid(size_wh)
        among = (x >= left) & (x <= right) & (y >= top) & (y <= bottom)
    elif plane.holds_subject and held is not None and held.any():
        among = held
    if not among.any():
        among[:] = True
    sharp = among & (away <= max(plane.range / 2, float(away[among].min())))
    rows, columns = np.nonzero(sharp)
    middle = np.median(columns), np.median(rows)
    nearest = np.argmin((columns - middle[0]) ** 2 + (rows - middle[1]) ** 2)
    return (columns[nearest] + 0.5) / size_wh[0], (rows[nearest] + 0.5) / size_wh[1]


def _grid(size_wh: tuple[int, int]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    x = (np.arange(size_wh[0]) + 0.5) / size_wh[0]
    y = (np.arange(size_wh[1]) + 0.5) / size_wh[1]
    return x[None, :], y[:, None]


def _at(values: NDArray[np.float32], x: float, y: float) -> float:
    height, width = values.shape
    column, row = int(np.clip(x * width, 0, width - 1)), int(np.clip(y * height, 0, height - 1))
    return float(values[row, column])


def _box(held: NDArray[np.bool_]) -> list[float]:
    height, width = held.shape
    columns, rows = np.nonzero(held.any(0))[0], np.nonzero(held.any(1))[0]
    return _shares(
        columns[0] / width, rows[0] / height, (columns[-1] + 1) / width, (rows[-1] + 1) / height
    )


def _of_face(face: Face) -> dict[str, list[Any]]:
    (x, y), (wide, high) = face.centre, face.size
    return {
        "box": _shares(x - wide / 2, y - high / 2, x + wide / 2, y + high / 2),
        "eyes": [_shares(*eye) for eye in face.eyes],
    }


def _shares(*values: float) -> list[float]:
    return [round(float(np.clip(value, 0, 1)), 3) for value in values]
