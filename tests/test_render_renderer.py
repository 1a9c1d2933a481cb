"""A renderer is kept: for frame after frame, for many callers, through failures and forks."""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING

import numpy as np
import pytest

from defocus.errors import EditError
from defocus.optics import Lens
from defocus.render import Renderer, render_lens
from defocus.render import lens as lens_module

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Frame = tuple[NDArray[np.uint8], NDArray[np.float32]]


def frame(height: int = 90, width: int = 140, seed: int = 1) -> Frame:
    rng = np.random.default_rng(seed)
    radius = np.linspace(-30, 12, width, dtype=np.float32) * np.ones((height, 1), np.float32)
    radius[:, width // 2 : width // 2 + 20] = 0
    return rng.integers(0, 256, (height, width, 3), np.uint8), radius


def test_frames_of_any_size_and_type_follow_each_other() -> None:
    renderer = Renderer(2, soil=True)
    for height, width in ((90, 140), (300, 20), (1, 1), (90, 140)):
        image, radius = frame(height, width) if width > 40 else frame(height, 140)
        image, radius = image[:, :width].copy(), radius[:, :width].copy()
        for picture in (image, image.astype(np.uint16) * 257, image.astype(np.float32) / 64):
            again = renderer.render(picture, radius, Lens(blades=5))
            assert np.array_equal(again, Renderer(1).render(picture, radius, Lens(blades=5)))


def test_callers_of_one_renderer_and_of_several_do_not_meet() -> None:
    frames = [frame(seed=seed) for seed in range(4)]
    expected = [render_lens(*each) for each in frames]
    shared, own = Renderer(2), [Renderer(1) for _ in frames]
    got: dict[int, list[NDArray[np.uint8]]] = {k: [] for k in range(len(frames))}

    def call(k: int) -> None:
        for renderer in (shared, own[k], shared):
            got[k].append(renderer.render(*frames[k]))
        got[k].append(render_lens(*frames[k]))

    callers = [threading.Thread(target=call, args=(k,)) for k in got]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join()
    for k, pictures in got.items():
        assert len(pictures) == 4
        for picture in pictures:
            assert np.array_equal(picture, expected[k])


def test_a_renderer_lives_on_after_what_it_refuses_or_is_stopped() -> None:
    image, radius = frame()
    renderer = Renderer(2)
    expected = renderer.render(image, radius)
    bad = radius.copy()
    bad[3, 5] = np.nan
    with pytest.raises(EditError, match="x=5, y=3"):
        renderer.render(image, bad)

    def stop(stage: str, done: float) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        renderer.render(image, radius, progress=stop)
    assert np.array_equal(renderer.render(image, radius), expected)


def test_calls_share_a_few_renderers() -> None:
    image, radius = frame()
    render_lens(image, radius, threads=3)
    (kept,) = lens_module._IDLE[3]
    render_lens(image, radius, threads=3)
    assert lens_module._IDLE[3] == [kept]
    with pytest.raises(EditError):
        render_lens(image[..., :2], radius, threads=3)
    assert lens_module._IDLE[3] == [kept]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="nothing forks on this system")
@pytest.mark.filterwarnings("ignore:.*multi-threaded:DeprecationWarning")  # from Python 3.12 on
def test_a_forked_process_renders_on() -> None:
    image, radius = frame()
    renderer = Renderer(3)
    expected = renderer.render(image, radius)
    assert np.array_equal(render_lens(image, radius), expected)
    child = os.fork()
    if child == 0:
        try:
            pictures = [renderer.render(image, radius), render_lens(image, radius)]
            os._exit(0 if all(np.array_equal(p, expected) for p in pictures) else 1)
        finally:
            os._exit(2)
    assert os.waitpid(child, 0)[1] == 0
    assert np.array_equal(renderer.render(image, radius), expected)
