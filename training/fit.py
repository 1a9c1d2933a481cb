"""Train the head on cached tokens.

    python fit.py CACHE RUN --init head-0.pt --steps 3000

Reproducible by step and seed, whatever the interruptions: every 100 steps a checkpoint is written
to RUN/last.pt, and the same command goes on from it. RUN/head.pt is the result, an exponential
moving average of the weights.
"""

from __future__ import annotations

import argparse
import math
import time
from collections import defaultdict
from pathlib import Path

import numpy as np
import renders
import torch
from dinov2 import MEAN, STD, TAPS
from head import Head, load_head
from losses import disparity_loss
from torch import Tensor
from torch.nn import functional

PEAK_RATE = 1e-3
WARM_UP = 100
AVERAGE = 0.998
TOKEN_NOISE = 0.05
CHECKPOINT_EVERY = 100


class Cache:
    """Cached views, grouped by shape so that a batch can be stacked."""

    def __init__(self, folder: Path) -> None:
        self.training: dict[tuple[int, int], list[Path]] = defaultdict(list)
        self.validation: list[Path] = []
        for path in sorted(folder.glob("[!.]*.npz")):
            name = path.stem.rpartition("_")[0]
            if renders.is_validation(name):
                self.validation.append(path)
            else:
                with np.load(path) as view:
                    self.training[view["person"].shape].append(path)

    def sample(self, rng: np.random.Generator, count: int) -> list[Path]:
        """Views of one shape, shapes drawn by how many views they have."""
        shapes = sorted(self.training)
        sizes = np.array([len(self.training[shape]) for shape in shapes])
        views = self.training[shapes[rng.choice(len(shapes), p=sizes / sizes.sum())]]
        return [views[i] for i in rng.choice(len(views), count, replace=len(views) < count)]


def load_batch(paths: list[Path]) -> tuple[list[Tensor], Tensor, Tensor, Tensor]:
    """Token maps, normalised pictures, disparity and person probability."""
    views = []
    for path in paths:
        with np.load(path) as stored:
            views.append({key: stored[key] for key in stored.files})
    tokens = torch.from_numpy(np.stack([v["tokens"][: len(TAPS)] for v in views])).float()
    image = torch.from_numpy(np.stack([v["image"] for v in views])).float() / 255
    image = ((image - torch.tensor(MEAN)) / torch.tensor(STD)).permute(0, 3, 1, 2)
    disparity = torch.from_numpy(np.stack([v["disparity"] for v in views]))
    person = torch.from_numpy(np.stack([v["person"] for v in views])).float() / 255
    return list(tokens.unbind(1)), image, disparity, person


def learning_rate(step: int, steps: int) -> float:
    """Linear warm-up, then a cosine down to 2 %."""
    warm = min(1.0, (step + 1) / WARM_UP)
    return PEAK_RATE * warm * (0.49 * (1 + math.cos(math.pi * step / steps)) + 0.02)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("cache", type=Path)
    parser.add_argument("run", type=Path)
    parser.add_argument("--init", type=Path, help="weights to start from (head-0.pt)")
    parser.add_argument("--steps", type=int, default=3000)
    parser.add_argument("--batch", type=int, default=6)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()

    torch.set_num_threads(1)
    options.run.mkdir(parents=True, exist_ok=True)
    cache = Cache(options.cache)
    print({s: len(p) for s, p in cache.training.items()}, len(cache.validation), "to validate")
    torch.manual_seed(options.seed)
    head = load_head(options.init) if options.init else Head()
    average = {name: value.clone() for name, value in head.state_dict().items()}
    optimizer = torch.optim.AdamW(head.parameters(), weight_decay=0.01, betas=(0.9, 0.98))
    first = 0
    checkpoint = options.run / "last.pt"
    if checkpoint.exists():
        stored = torch.load(checkpoint)
        head.load_state_dict(stored["head"])
        optimizer.load_state_dict(stored["optimizer"])
        average, first = stored["average"], stored["step"]

    begin = time.time()
    for step in range(first, options.steps):
        parts = train_step(head, optimizer, cache, step, options)
        for name, value in head.state_dict().items():
            average[name].lerp_(value, 1 - min(AVERAGE, (step + 1) / (step + 10)))
        if (step + 1) % CHECKPOINT_EVERY == 0 or step + 1 == options.steps:
            save(
                checkpoint,
                head=head.state_dict(),
                optimizer=optimizer.state_dict(),
                average=average,
                step=step + 1,
            )
            save(options.run / "head.pt", **average)
            seconds = (time.time() - begin) / (step + 1 - first)
            print(step + 1, f"{seconds:.2f} s a step", parts, flush=True)
    head.load_state_dict(average)
    print("validation", validate(head.eval(), cache.validation))


def train_step(
    head: Head,
    optimizer: torch.optim.Optimizer,
    cache: Cache,
    step: int,
    options: argparse.Namespace,
) -> dict[str, float]:
    """One step; its random numbers depend on seed and step only."""
    rng = np.random.default_rng([options.seed, step])
    torch.manual_seed(options.seed * 1_000_003 + step)
    for group in optimizer.param_groups:
        group["lr"] = learning_rate(step, options.steps)
    tokens, image, disparity, person = load_batch(cache.sample(rng, options.batch))
    tokens = [t * (1 + TOKEN_NOISE * torch.randn(len(t), 1, t.shape[2])) for t in tokens]
    output = head(tokens, image)
    loss, parts = disparity_loss(output[:, 0], disparity)
    person_loss = functional.binary_cross_entropy_with_logits(output[:, 1], person)
    optimizer.zero_grad()
    (loss + 0.3 * person_loss).backward()
    torch.nn.utils.clip_grad_norm_(head.parameters(), 1.0)
    optimizer.step()
    return {k: round(v, 3) for k, v in (parts | {"person": person_loss.item()}).items()}


def validate(head: Head, paths: list[Path]) -> dict[str, float]:
    """Mean losses over unseen scenes."""
    torch.manual_seed(0)
    sums: dict[str, float] = defaultdict(float)
    with torch.inference_mode():
        for path in paths:
            tokens, image, disparity, person = load_batch([path])
            output = head(tokens, image)
            _, parts = disparity_loss(output[:, 0], disparity)
            same = (output[:, 1] > 0) == (person > 0.5)
            for key, value in (parts | {"person_agrees": same.float().mean().item()}).items():
                sums[key] += value / len(paths)
    return {key: round(value, 4) for key, value in sums.items()}


def save(path: Path, **content: object) -> None:
    """Written beside the target and renamed: an interruption leaves the old one."""
    part = path.with_suffix(".part")
    torch.save(content, part)
    part.replace(path)


if __name__ == "__main__":
    main()
