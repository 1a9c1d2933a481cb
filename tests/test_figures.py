"""Figures: around a face, what the depth network lost of somebody comes back, and nothing else."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import cv2
import numpy as np
import pytest

from defocus import read_photo
from defocus.disparity import Disparity, Estimate
from defocus.faces import Face, find_faces
from defocus.figures import MODEL_PATH, find_figures
from defocus.figures._join import joined, logit
from defocus.figures._views import Box, views
from defocus.subject import people

EXAMPLE = Path(__file__).parent.parent / "examples" / "eileen-collins.png"
SIZE = 160
HELMET, SHOULDER, WALL, CORNER = (0.85, 0.85), (0.3, 0.55), (0.62, 0.12), (0.03, 0.03)
FACE = Face((0.5, 0.3), (0.1, 0.1), ((0.48, 0.28), (0.52, 0.28)), 0.9)


@pytest.fixture(scope="module")
def portrait() -> np.ndarray:
    return cv2.cvtColor(cv2.imread(str(EXAMPLE)), cv2.COLOR_BGR2RGB)


@pytest.fixture(scope="module")
def faces(portrait: np.ndarray) -> tuple[Face, ...]:
    return find_faces(portrait)


def hardly_seen(at: float = 0.15) -> np.ndarray:
    """A depth network that sees the middle of the body alone, and the rest as hardly likely."""
    person = np.full((SIZE, SIZE), 0.02, np.float32)
    person[SIZE // 8 :, SIZE // 5 : 3 * SIZE // 5] = at
    person[3 * SIZE // 4 :, SIZE // 4 : SIZE // 2] = 0.9
    return person


def value(values: np.ndarray, place: tuple[float, float]) -> float:
    return float(values[int(place[1] * values.shape[0]), int(place[0] * values.shape[1])])


def test_the_file_is_the_one_of_its_card() -> None:
    card = MODEL_PATH.with_name("MODEL_CARD.md").read_text(encoding="utf-8")
    told = re.search(r"SHA-256\s+`([0-9a-f]{64})`", card)
    assert told is not None
    assert hashlib.sha256(MODEL_PATH.read_bytes()).hexdigest() == told[1]


def test_what_was_hardly_seen_of_somebody_with_a_face_is_seen(
    portrait: np.ndarray, faces: tuple[Face, ...]
) -> None:
    found = find_figures(portrait, hardly_seen(), faces)
    for place in (faces[0].centre, SHOULDER):
        assert value(hardly_seen(), place) == pytest.approx(0.15)
        assert value(found, place) > 0.7


def test_the_wall_stays_what_it_was(portrait: np.ndarray, faces: tuple[Face, ...]) -> None:
    found = find_figures(portrait, hardly_seen(), faces)
    for place in (WALL, CORNER):
        assert value(found, place) == value(hardly_seen(), place)


def test_nobody_becomes_less_likely(portrait: np.ndarray, faces: tuple[Face, ...]) -> None:
    person = np.random.default_rng(0).random((SIZE, SIZE), np.float32)
    assert (find_figures(portrait, person, faces) >= person).all()


def test_the_mirror_image_has_the_mirrored_figure(portrait: np.ndarray) -> None:
    there = np.ascontiguousarray(portrait[:, ::-1])
    found = find_figures(portrait, hardly_seen(), find_faces(portrait)) > 0.5
    mirrored = find_figures(there, hardly_seen()[:, ::-1], find_faces(there)) > 0.5
    assert (found == mirrored[:, ::-1]).mean() > 0.98


@pytest.mark.parametrize("unsure", [(), (Face((0.44, 0.24), (0.2, 0.2), ((0, 0), (0, 0)), 0.7),)])
def test_without_a_sure_face_nothing_is_run(
    portrait: np.ndarray, unsure: tuple[Face, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("defocus.figures.MODEL_PATH", Path("nowhere.onnx"))
    person = hardly_seen()
    assert find_figures(portrait, person, unsure) is person


@pytest.mark.parametrize("shape", [(1, 1), (1, 300), (300, 1), (7, 5), (3000, 40)])
def test_any_shape_will_do(shape: tuple[int, int]) -> None:
    pixels = np.full((*shape, 3), 90, np.uint8)
    person = np.full((max(1, shape[0] // 4), max(1, shape[1] // 4)), 0.6, np.float32)
    found = find_figures(pixels, person, (FACE,))
    assert found.shape == person.shape
    assert found.dtype == np.float32
    assert np.isfinite(found).all()


def test_a_figure_counts_if_a_face_is_in_it() -> None:
    person = np.full((60, 100), 0.3, np.float32)
    figure = np.full_like(person, -4)
    figure[10:50, 40:60] = figure[10:50, 80:95] = 3  # the face is in the first
    found = joined(person, figure, (FACE,))
    assert (found[10:50, 40:60] > 0.8).all()
    assert (found[:, 70:] == person[:, 70:]).all()


def test_a_companion_without_a_face_counts_if_half_seen_by_the_depth_network() -> None:
    person = np.full((60, 100), 0.3, np.float32)
    figure = np.full_like(person, -4)
    figure[10:50, 40:60] = figure[10:50, 70:80] = figure[10:50, 85:95] = 3
    person[10:30, 70:80] = 0.8  # half of the second figure, none of the third
    found = joined(person, figure, (FACE,))
    assert (found[10:50, 70:80] > 0.6).all()
    assert (found[:, 82:] == person[:, 82:]).all()


def test_who_is_surely_nobody_needs_more_than_a_likely_figure() -> None:
    person = np.full((60, 100), 0.02, np.float32)
    for odds, is_raised in ((0.8, False), (0.98, True)):
        figure = np.full_like(person, logit(np.float32(odds)))
        assert bool((joined(person, figure, (FACE,)) > 0.5).all()) == is_raised


def test_a_small_face_is_looked_at_closely_and_its_body_as_a_whole() -> None:
    person = np.zeros((200, 200), np.float32)
    person[40:190, 80:120] = 0.9
    small = Face((0.5, 0.25), (0.05, 0.05), FACE.eyes, 0.9)
    body, close = views(person, (small,))
    assert body.top < 40 / 200
    assert body.bottom > 190 / 200
    assert close.right - close.left == pytest.approx(0.25)


def test_a_close_portrait_is_seen_well_in_the_whole() -> None:
    person = np.zeros((200, 200), np.float32)
    person[10:, 20:180] = 0.9
    assert views(person, (Face((0.5, 0.4), (0.25, 0.25), FACE.eyes, 0.9),)) == ()


def test_whoever_has_no_face_is_not_looked_at() -> None:
    person = np.zeros((200, 200), np.float32)
    person[150:190, 10:60] = 0.9
    (only,) = views(person, (FACE,))
    assert only.bottom < 0.7


def test_a_box_fades_out_where_it_ends_within_the_picture() -> None:
    box = Box(0.0, 0.25, 0.5, 0.75)
    rows, columns = box.of((100, 100))
    weight = box.weight(rows, columns, (100, 100))
    assert weight.shape == (50, 50)
    assert weight[25, 0] == weight[25, 25] == weight.max()  # at the picture's border it does not
    assert weight[25, -1] < 0.3 * weight.max()
    assert weight[0, 25] < 0.3 * weight.max()


@pytest.mark.parametrize("quality", ["fast", "default", "high"])
def test_the_subject_is_asked_for_with_it_but_for_fast(
    quality: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    def see(pixels: np.ndarray, person: np.ndarray, faces: object) -> np.ndarray:
        asked.append(faces)
        return person

    monkeypatch.setattr(people, "find_figures", see)
    photo = read_photo(EXAMPLE)
    person = hardly_seen()
    values = np.where(person > 0.1, 0.8, 0.1).astype(np.float32)
    people.subject_of(photo, Estimate(Disparity(values), person), quality)  # type: ignore[arg-type]
    assert len(asked) == (quality != "fast")
