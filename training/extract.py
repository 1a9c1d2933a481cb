"""Cache backbone tokens of augmented pictures: the backbone is frozen, so each runs once.

    python extract.py RENDERS CACHE --variants 3

Resumable: what is already in the cache is skipped. About 0.35 CPU-seconds and 1.5 MB a variant.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import cv2
import numpy as np
import onnxruntime
import renders
import torch
from dinov2 import MEAN, STD, load_backbone

TEACHER_LONG_SIDE = 336


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("renders", type=Path)
    parser.add_argument("cache", type=Path)
    parser.add_argument("--variants", type=int, default=3)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--backbone", type=Path, help="vit_s_focus.onnx, if not installed")
    parser.add_argument("--teacher", type=Path, required=True, help="ONNX with a person output")
    options = parser.parse_args()

    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    backbone = load_backbone(options.backbone)
    person = PersonTeacher(options.teacher, options.cache / "person")
    names = renders.names(options.renders)
    begin = time.time()
    for variant in range(options.variants):
        for count, name in enumerate(names):
            target = options.cache / f"{name}_{variant}.npz"
            if target.exists() or (variant > 0 and renders.is_validation(name)):
                continue
            image, disparity, known = renders.read(options.renders, name)
            if not has_relief(disparity):
                continue
            if known is None:
                known = person(name, image)
            pair = renders.Pair(image, disparity, known)
            if renders.is_validation(name):
                pair = renders.plain(pair)
            else:
                pair = renders.augmented(pair, renders.seeded(name, variant, options.seed))
            save(target, pair, backbone)
            if count % 200 == 0:
                print(
                    f"variant {variant}: {count}/{len(names)}, {time.time() - begin:.0f} s",
                    flush=True,
                )


def has_relief(disparity: np.ndarray) -> bool:
    """A wall seen frontally teaches nothing about depth."""
    low, high = np.percentile(disparity, (2, 98))
    return bool(high - low > 0.02 * high + 1e-6)


def save(target: Path, pair: renders.Pair, backbone: torch.nn.Module) -> None:
    """Tokens (3, N, 384) float16, picture uint8; disparity and person (uint8) at half its size."""
    height, width = pair.disparity.shape
    normalised = (pair.image - np.float32(MEAN)) / np.float32(STD)
    with torch.inference_mode():
        maps = backbone(torch.from_numpy(normalised.transpose(2, 0, 1)[None].copy()))
    half_wh = (width // 2, height // 2)
    part = target.with_name(f".{target.stem}.part.npz")
    np.savez(
        part,
        tokens=np.stack([m[0].numpy().astype(np.float16) for m in maps]),
        image=np.round(pair.image * 255).astype(np.uint8),
        disparity=cv2.resize(pair.disparity, half_wh, interpolation=cv2.INTER_NEAREST),
        person=np.round(cv2.resize(pair.person, half_wh) * 255).astype(np.uint8),
    )
    part.replace(target)


class PersonTeacher:
    """Person probabilities of clean renders by an earlier network: the renders have no labels."""

    def __init__(self, model: Path, cache: Path) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        self._session = onnxruntime.InferenceSession(model, options)
        self._cache = cache
        cache.mkdir(parents=True, exist_ok=True)

    def __call__(self, name: str, image: renders.Floats) -> renders.Floats:
        """H×W float32 in 0..1 for a picture H×W×3 in 0..1."""
        height, width = image.shape[:2]
        stored = self._cache / f"{name}.png"
        if not stored.exists():
            scale = TEACHER_LONG_SIDE / max(height, width)
            size_wh = tuple(round(n * scale / 14) * 14 for n in (width, height))
            small = cv2.resize(image, size_wh, interpolation=cv2.INTER_CUBIC).clip(0, 1)
            (person,) = self._session.run(["person"], {"image": small.transpose(2, 0, 1)[None]})
            full = cv2.resize(person[0, 0], (width, height))
            cv2.imwrite(str(stored), np.round(full * 255).astype(np.uint8))
        return cv2.imread(str(stored), cv2.IMREAD_GRAYSCALE).astype(np.float32) / 255


if __name__ == "__main__":
    main()
