"""Train the branch of ``glance.py`` on what ``features.py`` writes, while it writes.

    python fit_glance.py RUN CACHE --steps 3000

A checkpoint is written every 50 steps to RUN/last.pt, and the same command goes on from it.
RUN/glance.pt is the result, an exponential moving average. Batches follow from seed and step once
the features are there; while they come, from what has come as well.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import numpy as np
import torch
from features import DRAWN, KEYS
from fit import save, schedule
from glance import Glance
from torch import Tensor
from torch.nn import functional

RATE = 2e-3
AVERAGE = 0.99
LEAST = 0.5  # weight, where geometry is in doubt and the network's own word is taught
SOMEBODY = 0.005  # of a view's pixels
EMPTY = 1.2  # weight in a view of nobody: what rises there is a false subject
RECENT = 700  # views: as many as fit into memory
CHECKPOINT_EVERY = 50
Batch = tuple[list[Tensor], Tensor, Tensor, Tensor]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("run", type=Path)
    parser.add_argument("cache", type=Path)
    parser.add_argument("--steps", type=int, default=3000)
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--rate", type=float, default=1.0)
    parser.add_argument("--init", type=Path, help="a branch to start from")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    torch.set_num_threads(1)
    options.run.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(options.seed)
    branch = Glance()
    if options.init:
        branch.load_state_dict(torch.load(options.init))
    average = {name: value.detach().clone() for name, value in branch.state_dict().items()}
    optimizer = torch.optim.AdamW(branch.parameters(), RATE, betas=(0.9, 0.98), weight_decay=0.02)
    checkpoint, first = options.run / "last.pt", 0
    if checkpoint.exists():
        stored = torch.load(checkpoint)
        branch.load_state_dict(stored["weights"])
        optimizer.load_state_dict(stored["optimizer"])
        average, first = stored["average"], stored["step"]

    begin, sums = time.process_time(), np.zeros(4)
    for step in range(first, options.steps):
        rng = np.random.default_rng([options.seed, step])
        for group in optimizer.param_groups:
            group["lr"] = RATE * options.rate * schedule(step, options.steps)
        sums += train_step(branch, optimizer, read(options.cache, options.batch, rng))
        for name, value in branch.state_dict().items():
            average[name].lerp_(value.detach(), 1 - min(AVERAGE, (step + 1) / (step + 10)))
        if (step + 1) % CHECKPOINT_EVERY == 0 or step + 1 == options.steps:
            save(
                checkpoint,
                weights=branch.state_dict(),
                optimizer=optimizer.state_dict(),
                average=average,
                step=step + 1,
            )
            save(options.run / "glance.pt", **average)
            seconds = (time.process_time() - begin) / (step + 1 - first)
            names = ("loss", "before", "missed", "invented")
            told = zip(names, sums / CHECKPOINT_EVERY, strict=True)
            print(step + 1, f"{seconds:.2f} CPU-s", *(f"{n} {v:.4f}" for n, v in told), flush=True)
            sums[:] = 0


def read(cache: Path, count: int, rng: np.random.Generator) -> Batch:
    """Views of one shape."""
    names = [path.name for path in cache.glob("*.npz")]
    names = sorted(names, key=lambda name: name.partition("-")[2])[-RECENT:]
    shape = names[rng.integers(len(names))].partition("-")[0]
    names = [name for name in names if name.startswith(shape)]
    chosen = [names[k] for k in rng.integers(len(names), size=count)]
    views = [dict(np.load(cache / name)) for name in chosen]

    def stacked(key: str) -> Tensor:
        return torch.from_numpy(np.stack([view[key] for view in views]))

    inputs = [stacked(key).float() for key in KEYS[:-1]]
    target = stacked("target").float()[:, None] / 255
    weight = stacked("weight").float()[:, None]
    return inputs, stacked("logit").float(), target, weight


def without_people(before: Tensor, target: Tensor, weight: Tensor) -> tuple[Tensor, Tensor]:
    """Where nobody is in a view, the network's own word is all that is taught, of drawn things too:
    a cup or a flower may be what is looked at, and nobody is there whose it could be."""
    empty = (target > 0.9).flatten(1).float().mean(1) < SOMEBODY
    empty = empty[:, None, None, None]
    return (
        torch.where(empty, before.sigmoid(), target),
        torch.where(empty, torch.full_like(weight, EMPTY), weight),
    )


def train_step(branch: Glance, optimizer: torch.optim.Optimizer, batch: Batch) -> np.ndarray:
    inputs, before, target, weight = batch
    target, weight = without_people(before, target, weight)
    weight = torch.where(weight > DRAWN, weight, weight.clamp_min(LEAST))
    with torch.autocast("cpu", torch.bfloat16):
        added = branch(*inputs)
    after = before + added.float()
    cross = functional.binary_cross_entropy_with_logits(after, target, reduction="none")
    loss = (cross * weight).sum() / weight.sum()
    optimizer.zero_grad()
    loss.backward()
    torch.nn.utils.clip_grad_norm_(branch.parameters(), 1.0)
    optimizer.step()
    with torch.no_grad():
        old = functional.binary_cross_entropy_with_logits(before, target, reduction="none")
        old = (old * weight).sum() / weight.sum()
        wanted, found = target > 0.9, after > 0
        missed = (wanted & ~found).sum() / wanted.sum().clamp_min(1)
        invented = ((target < 0.1) & found).sum() / (target < 0.1).sum().clamp_min(1)
    return np.array([loss.item(), old.item(), missed.item(), invented.item()])


if __name__ == "__main__":
    main()
