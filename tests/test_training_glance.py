"""The branch for held things and heads: what it is taught, and that it changes people alone."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from defocus.depth.builtin import MODEL_PATH
from defocus.network import onnx_bytes

if TYPE_CHECKING:
    from types import ModuleType

TRAINING = Path(__file__).parents[1] / "training"
SEEDS = st.integers(0, 2**32 - 1)
QUICK = settings(max_examples=25, deadline=None)


@pytest.fixture(scope="module", autouse=True)
def _training_on_the_path():
    sys.path.insert(0, str(TRAINING))
    yield
    sys.path.remove(str(TRAINING))


def training(name: str) -> ModuleType:
    return importlib.import_module(name)


def learning(name: str) -> ModuleType:
    """A module that needs what only training needs."""
    for needed in ("torch", "onnx"):
        pytest.importorskip(needed)
    return training(name)


def somebody():
    """A grey figure, 1 m away, before a lighter wall 5 m away."""
    height, width = 120, 160
    mask = np.zeros((height, width), bool)
    mask[30:, 60:100] = True
    image = np.where(mask[..., None], 0.4, 0.7).astype(np.float32).repeat(3, -1)
    person = mask.astype(np.float32)
    depths = np.where(mask, 1.0, 0.2).astype(np.float32)
    return training("renders").Pair(image, depths, person, np.ones_like(person)), mask


@QUICK
@given(SEEDS)
def test_cloth_hangs_behind_people_and_is_nobodys(seed):
    pair, mask = somebody()
    hung = training("cloth").hung(pair, np.random.default_rng(seed))
    assert np.array_equal(hung.image[mask], pair.image[mask])
    assert np.array_equal(hung.person, pair.person)
    assert (hung.disparity[~mask] < 1).all()
    changed = hung.disparity != pair.disparity
    assert (hung.weight[changed] > 1).all()


def test_cloth_covers_much_of_many_views():
    pair, _ = somebody()
    hung = [training("cloth").hung(pair, np.random.default_rng(seed)) for seed in range(20)]
    shares = [float((view.disparity != pair.disparity).mean()) for view in hung]
    assert np.mean(shares) > 0.2
    assert np.mean([np.abs(view.image - pair.image).mean() for view in hung]) > 0.03


@QUICK
@given(SEEDS)
def test_a_companion_far_back_is_smaller_and_whole_only_within_the_frame(seed):
    pair, mask = somebody()
    small = training("company").shrunk(pair, np.random.default_rng(seed))
    assert small.person.sum() < 0.6 * mask.sum()
    assert small.disparity.max() < 0.75
    assert (small.person[small.disparity < 1e-3] == 0).all()


def test_many_companions_far_back_are_seen():
    pair, _ = somebody()
    seen = [
        training("company").shrunk(pair, np.random.default_rng(seed)).person.sum() > 30
        for seed in range(20)
    ]
    assert np.mean(seen) > 0.7


def test_what_is_drawn_and_what_is_sure_is_taught_and_else_the_networks_own_word():
    wanted = learning("features").wanted
    label = np.float32([1.0, 0.0, 0.5, 0.4])
    weight = np.float32([1.0, 1.0, 0.0, 3.0])  # a person, nobody, in doubt, half covered by a thing
    own = np.float32([0.2, 0.8, 0.7, 0.1])
    assert np.array_equal(wanted(label, weight, own), np.float32([1.0, 0.0, 0.7, 0.4]))


def test_a_cup_in_a_view_of_nobody_may_stay_what_is_looked_at():
    without_people = learning("fit_glance").without_people
    import torch

    before = torch.tensor([2.0, -1.0]).repeat(50).view(1, 1, 10, 10)
    somebodys = torch.zeros(1, 1, 10, 10)
    somebodys[..., :3] = 1
    taught, weight = without_people(
        before, torch.zeros(1, 1, 10, 10), torch.full((1, 1, 10, 10), 3.0)
    )
    assert torch.allclose(taught, before.sigmoid())
    assert (weight < 3).all()
    taught, weight = without_people(before, somebodys, torch.full((1, 1, 10, 10), 3.0))
    assert torch.equal(taught, somebodys)
    assert (weight == 3).all()


@pytest.fixture(scope="module")
def photo() -> np.ndarray:
    coarse = np.random.default_rng(5).random((1, 3, 18, 24), np.float32)
    return coarse.repeat(14, 2).repeat(14, 3)


def run(model, photo: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    import onnxruntime

    session = onnxruntime.InferenceSession(model.SerializeToString())
    disparity, person = session.run(["disparity", "person"], {"image": photo})
    return disparity, person


def branch(seed: int | None):
    """A branch that adds nothing, as training starts, or one of random weights."""
    import torch

    made = learning("glance").Glance().eval()
    if seed is not None:
        torch.manual_seed(seed)
        for weights in made.parameters():
            torch.nn.init.normal_(weights, 0, 0.05)
    return made


def shipped_model():
    onnx = pytest.importorskip("onnx")
    return onnx.load_model_from_string(onnx_bytes(MODEL_PATH))


def with_branch(seed: int | None):
    return learning("graft").grafted(shipped_model(), branch(seed))


@pytest.mark.usefixtures("tracing")
def test_a_branch_changes_who_is_a_person_and_no_bit_of_disparity(photo):
    import onnxruntime

    session = onnxruntime.InferenceSession(onnx_bytes(MODEL_PATH))
    (shipped,) = session.run(["disparity"], {"image": photo})
    nothing, something = run(with_branch(None), photo), run(with_branch(3), photo)
    assert np.array_equal(nothing[0], shipped)
    assert np.array_equal(something[0], shipped)
    assert np.abs(nothing[1] - something[1]).max() > 0.05


@pytest.mark.usefixtures("tracing")
def test_the_trained_branch_fits(photo):
    import torch

    trained = branch(None)
    trained.load_state_dict(torch.load(TRAINING / "glance-1.pt"))
    found = run(learning("graft").grafted(shipped_model(), trained), photo)
    assert not np.array_equal(found[1], run(with_branch(None), photo)[1])


@pytest.mark.usefixtures("tracing")
def test_a_second_branch_takes_the_place_of_the_first(photo):
    graft = learning("graft")
    twice = graft.grafted(with_branch(3), branch(None))
    assert np.array_equal(run(twice, photo)[1], run(with_branch(None), photo)[1])


@pytest.mark.usefixtures("tracing")
def test_the_weights_of_a_branch_come_back_out_of_the_network():
    import torch

    weights = branch(3).state_dict()
    found = learning("recover").branch_weights(with_branch(3).graph)
    assert found.keys() == weights.keys()
    assert all(torch.equal(found[name], value) for name, value in weights.items())
