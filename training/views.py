"""What each step of the training sees: augmented views of renders, made while it runs."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

import cv2
import numpy as np
import renders
import torch
from cloth import perhaps_cloth
from company import before_backdrop, joined, shrunk
from fences import perhaps_fenced
from held import perhaps_held
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

if TYPE_CHECKING:
    from pathlib import Path

OTHER_SHAPE = 0.15
JOINED, SMALL, BACKDROP = 0.2, 0.15, 0.1  # shares of the views
BOUNDARY = 2.0  # times the weight of what is beside the outline of a person
LARGE_SHARE = 0.35
TRIES = 20


class Renders:
    """Folders of renders, each counting the same, split into training and validation."""

    def __init__(self, folders: list[Path], labels: Path) -> None:
        self._labels = labels
        self.training: list[dict[str, list[Path]]] = []
        self.validation: list[Path] = []
        for folder in folders:
            by_shape: dict[str, list[Path]] = defaultdict(list)
            for name in renders.names(folder):
                if renders.is_validation(name):
                    self.validation.append(folder / name)
                else:
                    small = cv2.imread(f"{folder / name}.jpg", cv2.IMREAD_REDUCED_GRAYSCALE_8)
                    by_shape[renders.shape_of(small)].append(folder / name)
            self.training.append(dict(by_shape))
        self._everything = [[path for group in f.values() for path in group] for f in self.training]
        counts = [sum(len(f.get(shape, ())) for f in self.training) for shape in renders.SIZES_HW]
        self._shares = np.array(counts) / sum(counts)

    def read(self, path: Path) -> renders.Pair:
        return renders.read_labelled(path.parent, path.name, self._labels)

    def views(self, rng: np.random.Generator, count: int) -> list[renders.Pair]:
        """Augmented views of one shape, most of them of renders of that shape."""
        shape = list(renders.SIZES_HW)[rng.choice(len(self._shares), p=self._shares)]
        size_hw = (renders.LARGE_HW if rng.random() < LARGE_SHARE else renders.SIZES_HW)[shape]
        return [self._view(rng, shape, size_hw) for _ in range(count)]

    def _view(self, rng: np.random.Generator, shape: str, size_hw: tuple[int, int]) -> renders.Pair:
        pair = self._cropped(rng, shape, size_hw)
        if rng.random() < JOINED:
            pair = joined(pair, self._cropped(rng, shape, size_hw), rng)
        if rng.random() < SMALL:
            pair = joined(pair, shrunk(self._cropped(rng, shape, size_hw), rng), rng)
        if rng.random() < BACKDROP:
            pair = before_backdrop(pair, rng)
        pair = perhaps_held(perhaps_cloth(pair, rng), rng)
        return renders.photographed(perhaps_fenced(pair, rng), rng)

    def _cropped(
        self, rng: np.random.Generator, shape: str, size_hw: tuple[int, int]
    ) -> renders.Pair:
        for _ in range(TRIES):
            number = rng.integers(len(self.training))
            paths = self.training[number].get(shape)
            if paths is None or rng.random() <= OTHER_SHAPE:
                paths = self._everything[number]
            pair = self.read(paths[rng.integers(len(paths))])
            if has_relief(pair.disparity):
                break
        return renders.cropped(pair, size_hw, rng)


class Steps(Dataset[tuple[Tensor, ...]]):
    """The batch of each step; its random numbers follow from seed and step alone."""

    def __init__(self, source: Renders, seed: int, first: int, steps: int, count: int) -> None:
        self._source, self._seed, self._first = source, seed, first
        self._steps, self._count = steps, count

    def __len__(self) -> int:
        return self._steps - self._first

    def __getitem__(self, index: int) -> tuple[Tensor, ...]:
        cv2.setNumThreads(1)
        rng = np.random.default_rng([self._seed, self._first + index])
        return as_batch(self._source.views(rng, self._count))


def as_batch(pairs: list[renders.Pair]) -> tuple[Tensor, ...]:
    """Pictures (B, 3, H, W) in 0..1; disparity, person and the person's weight (B, H/2, W/2)."""
    half_wh = pairs[0].disparity.shape[1] // 2, pairs[0].disparity.shape[0] // 2

    def halved(maps: list[renders.Floats]) -> Tensor:
        means = [cv2.resize(m, half_wh, interpolation=cv2.INTER_AREA) for m in maps]
        return torch.from_numpy(np.stack(means).astype(np.float32))

    return (
        torch.from_numpy(np.stack([pair.image.transpose(2, 0, 1) for pair in pairs])),
        halved([pair.disparity for pair in pairs]),
        halved([pair.person for pair in pairs]),
        halved([pair.weight * _boundary(pair.person) for pair in pairs]),
    )


def _boundary(person: renders.Floats) -> renders.Floats:
    """``BOUNDARY`` on both sides of an outline, 1 elsewhere."""
    mask, around = (person > 0.5).astype(np.uint8), np.ones((9, 9), np.uint8)
    beside = cv2.dilate(mask, around) != cv2.erode(mask, around)
    return np.where(beside, np.float32(BOUNDARY), np.float32(1))


def loader(steps: Steps, workers: int) -> DataLoader[tuple[Tensor, ...]]:
    """Batches in order, made ahead by other processes."""
    return DataLoader(steps, batch_size=None, num_workers=workers)


def has_relief(disparity: renders.Floats) -> bool:
    """A wall seen frontally teaches nothing about depth."""
    low, high = np.percentile(disparity, (2, 98))
    return bool(high - low > 0.02 * high + 1e-6)
