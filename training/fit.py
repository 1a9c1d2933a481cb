"""Train the head and the backbone's last blocks.

    python fit.py RUN RENDERS [RENDERS …] --labels LABELS --init weights.pt --steps 3000

Batches follow from seed and step, whatever the interruptions: every 20 steps a checkpoint is
written to RUN/last.pt, and the same command goes on from it. RUN/weights.pt is the result, an
exponential moving average of what was tuned.
"""

from __future__ import annotations

import argparse
import math
import time
from collections import defaultdict
from pathlib import Path

import renders
import torch
from losses import disparity_loss
from network import Network, load_network
from torch import Tensor
from torch.nn import functional
from views import Renders, Steps, as_batch, loader

HEAD_RATE = 1e-3
BACKBONE_RATE = 2e-5  # a nudge: Meta's pictures say more about the world than our renders
WARM_UP = 100
AVERAGE = 0.995  # its weight lives 200 steps: runs from a trained network are short
TOKEN_NOISE = 0.05
PERSON = 0.5  # times its loss, beside that of disparity
CHECKPOINT_EVERY = 20


def schedule(step: int, steps: int) -> float:
    """Share of the peak rate: linear warm-up, then a cosine down to 2 %."""
    warm = min(1.0, (step + 1) / WARM_UP)
    return warm * (0.49 * (1 + math.cos(math.pi * step / steps)) + 0.02)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("run", type=Path)
    parser.add_argument("renders", type=Path, nargs="+")
    parser.add_argument("--labels", type=Path, required=True, help="as label.py writes them")
    parser.add_argument("--init", type=Path, help="weights to start from")
    parser.add_argument("--steps", type=int, default=3000)
    parser.add_argument("--batch", type=int, default=6)
    parser.add_argument("--rate", type=float, default=1.0, help="times the learning rates")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=1, help="of the training itself")
    parser.add_argument("--workers", type=int, default=1, help="processes that make views")
    parser.add_argument("--backbone", type=Path, help="vit_s_focus.onnx, if not installed")
    options = parser.parse_args()

    torch.set_num_threads(options.threads)
    options.run.mkdir(parents=True, exist_ok=True)
    source = Renders(options.renders, options.labels)
    torch.manual_seed(options.seed)
    network = load_network(options.init, options.backbone)
    tuned = network.tuned()
    average = {name: value.detach().clone() for name, value in tuned.items()}
    optimizer = torch.optim.AdamW(
        [
            {"params": [v for n, v in tuned.items() if n.startswith("head.")], "peak": HEAD_RATE},
            {
                "params": [v for n, v in tuned.items() if n.startswith("backbone.")],
                "peak": BACKBONE_RATE,
            },
        ],
        weight_decay=0.01,
        betas=(0.9, 0.98),
    )
    first = 0
    checkpoint = options.run / "last.pt"
    if checkpoint.exists():
        stored = torch.load(checkpoint)
        network.load_state_dict(stored["weights"], strict=False)
        optimizer.load_state_dict(stored["optimizer"])
        average, first = stored["average"], stored["step"]

    begin = time.time()
    steps = Steps(source, options.seed, first, options.steps, options.batch)
    for step, batch in enumerate(loader(steps, options.workers), first):
        torch.manual_seed(options.seed * 1_000_003 + step)
        for group in optimizer.param_groups:
            group["lr"] = group["peak"] * options.rate * schedule(step, options.steps)
        parts = train_step(network, optimizer, *batch)
        for name, value in tuned.items():
            average[name].lerp_(value.detach(), 1 - min(AVERAGE, (step + 1) / (step + 10)))
        if (step + 1) % CHECKPOINT_EVERY == 0 or step + 1 == options.steps:
            save(
                checkpoint,
                weights={name: value.detach() for name, value in tuned.items()},
                optimizer=optimizer.state_dict(),
                average=average,
                step=step + 1,
            )
            save(options.run / "weights.pt", **average)
            seconds = (time.time() - begin) / (step + 1 - first)
            print(step + 1, f"{seconds:.2f} s a step", parts, flush=True)
    network.load_state_dict(average, strict=False)
    print("validation", validate(network.eval(), source))


def train_step(
    network: Network,
    optimizer: torch.optim.Optimizer,
    image: Tensor,
    disparity: Tensor,
    person: Tensor,
    weight: Tensor,
) -> dict[str, float]:
    with torch.autocast("cpu", torch.bfloat16):  # 1.7 times as fast with AVX-512 BF16, 2 with AMX
        output = network.logits(image, TOKEN_NOISE)
    output = output.float()
    loss, parts = disparity_loss(output[:, 0], disparity, weight.clamp_min(1))
    cross = functional.binary_cross_entropy_with_logits(output[:, 1], person, reduction="none")
    person_loss = (cross * weight).sum() / weight.sum()
    optimizer.zero_grad()
    (loss + PERSON * person_loss).backward()
    torch.nn.utils.clip_grad_norm_(network.tuned().values(), 1.0)
    optimizer.step()
    return {k: round(v, 3) for k, v in (parts | {"person": person_loss.item()}).items()}


def validate(network: Network, source: Renders) -> dict[str, float]:
    """Mean losses over unseen scenes."""
    torch.manual_seed(0)
    sums: dict[str, float] = defaultdict(float)
    with torch.inference_mode():
        for path in source.validation:
            image, disparity, person, weight = as_batch([renders.plain(source.read(path))])
            output = network.logits(image)
            _, parts = disparity_loss(output[:, 0], disparity, weight.clamp_min(1))
            same = ((output[:, 1] > 0) == (person > 0.5)).float()
            agrees = ((same * weight).sum() / weight.sum()).item()
            for key, value in (parts | {"person_agrees": agrees}).items():
                sums[key] += value / len(source.validation)
    return {key: round(value, 4) for key, value in sums.items()}


def save(path: Path, **content: object) -> None:
    """Written beside the target and renamed: an interruption leaves the old one."""
    part = path.with_suffix(".part")
    torch.save(content, part)
    part.replace(path)


if __name__ == "__main__":
    main()
