"""The whole way from file to file, over plain decoding, one view of the network and encoding.

    python benchmarks/whole_way.py [--megapixels 12] [--runs 5] [--photo PHOTO]

CPU time, medians of interleaved runs, as ratios to the peer (Pillow reads the JPEG, the built-in
depth network looks at it, Pillow writes a JPEG): the library's ``apply`` with reading and writing,
and the command as a process of its own. Then what each stage takes, 16 bits
over 8, a second render of the same scene over the first, and peak memory beside the picture and
the result. The photo is a woman at 512 px made larger, so hair is no finer than in a real one.
"""

from __future__ import annotations

import argparse
import multiprocessing
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np
from PIL import Image
from render_peers import cpu_seconds

import defocus
from defocus import depth, pipeline
from defocus.depth.registry import load_model
from defocus.layers import make_layers

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

OWN_PHOTO = Path(__file__).with_name("marked") / "eileen-collins.jpg"

Work = dict[str, Callable[[], object]]


def enlarged(source: Path, megapixels: float, target: Path) -> None:
    """A 4:3 photo of that size with some noise, as a JPEG."""
    picture = cv2.imread(str(source))
    height = round((megapixels * 1e6 * 3 / 4) ** 0.5)
    size_wh = round(height * 4 / 3), height
    large = cv2.resize(picture, size_wh, interpolation=cv2.INTER_CUBIC).astype(np.float32)
    large += np.random.default_rng(0).normal(0, 3, (*large.shape[:2], 1)).astype(np.float32)
    rgb = np.clip(large, 0, 255).astype(np.uint8)[..., ::-1]
    Image.fromarray(np.ascontiguousarray(rgb)).save(target, quality=92)


def medians(work: Work, runs: int) -> dict[str, float]:
    times: dict[str, list[float]] = {name: [] for name in work}
    for turn in range(runs + 1):
        for name, run in work.items():
            before = cpu_seconds()
            run()
            if turn:  # the first turn warms up
                times[name].append(cpu_seconds() - before)
    return {name: statistics.median(each) for name, each in times.items()}


def peer(path: Path, target: Path) -> None:
    """What nobody can do without: the plain codec and the depth network, with all its views."""
    picture = np.asarray(Image.open(path).convert("RGB"))
    load_model("builtin").estimate(picture)
    Image.fromarray(picture).save(target, quality=95)


def ours(path: Path, target: Path) -> None:
    defocus.write_photo(
        defocus.apply(defocus.read_photo(path), defocus.Edit()).photo, target, overwrite=True
    )


def command(path: Path, target: Path) -> None:
    words = [sys.executable, "-c", "from defocus.cli import main; main()", "blur", str(path)]
    done = subprocess.run([*words, "-o", str(target), "--overwrite"], capture_output=True)
    if done.returncode:
        raise SystemExit(done.stderr.decode())


def whole(path: Path, folder: Path, runs: int) -> None:
    target = folder / "out.jpg"
    work: Work = {
        "peer": lambda: peer(path, target),
        "library": lambda: ours(path, target),
        "command": lambda: command(path, target),
    }
    took = medians(work, runs)
    for name in ("library", "command"):
        print(f"{name:10} {took[name]:5.2f} CPU-s, {took[name] / took['peer']:.2f} × the peer")


def stages(path: Path, folder: Path, runs: int) -> None:
    """Each on what those before it gave."""
    edit = defocus.Edit()
    photo = defocus.read_photo(path)
    estimate = depth.estimate(photo)
    scene = defocus.prepare(photo, edit, estimate=estimate)
    plane = pipeline.focal_plane(scene, edit)

    def fresh() -> defocus.Scene:  # a scene keeps the soft edges that were found for it
        return replace(scene)

    deep_photo = replace(photo, pixels=photo.pixels.astype(np.uint16) * 257)
    deep = replace(scene, photo=deep_photo)
    kept = fresh()
    defocus.render_scene(kept, edit)
    took = medians(
        {
            "read": lambda: defocus.read_photo(path),
            "depth, salience": lambda: depth.estimate(photo),
            "refine, subject": lambda: defocus.prepare(photo, edit, estimate=estimate),
            "matte": lambda: make_layers(fresh(), edit, plane),
            "matte and lens": lambda: defocus.render_scene(fresh(), edit),
            "second render": lambda: defocus.render_scene(kept, edit),
            "16 bits": lambda: defocus.render_scene(replace(deep), edit),
            "write": lambda: defocus.write_photo(photo, folder / "out.jpg", overwrite=True),
        },
        runs,
    )
    first = took["matte and lens"]
    for name, seconds in took.items():
        over = f", {seconds / first:.2f} × matte and lens" if name[0] in "s1" else ""
        print(f"{name:16} {seconds:5.2f} CPU-s{over}")


def taken(path: Path, target: Path, pipe: Connection) -> None:
    """Peak kilobytes of the whole way in a process of its own, beside what a tiny photo takes."""
    small = target.with_name("small.jpg")
    enlarged(path, 0.1, small)
    ours(small, target)
    before = peak_kb()
    ours(path, target)
    pipe.send(peak_kb() - before)


def peak_kb() -> int:
    """Since the last call; the kernel forgets the older peak."""
    status = Path("/proc/self/status").read_text()
    Path("/proc/self/clear_refs").write_text("5")
    return int(next(line for line in status.splitlines() if line.startswith("VmHWM")).split()[1])


def memory(path: Path, folder: Path) -> None:
    context = multiprocessing.get_context("spawn")
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(target=taken, args=(path, folder / "out.jpg", sender))
    process.start()
    kilobytes = receiver.recv()
    process.join()
    width, height = Image.open(path).size
    each = 1024 * kilobytes / (width * height) - 2 * 3  # 8 bits, three channels
    print(f"peak memory    {each:.1f} bytes a pixel beside the picture and the result")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--megapixels", type=float, default=12)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--photo", type=Path, default=OWN_PHOTO)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        path = folder / "photo.jpg"
        enlarged(args.photo, args.megapixels, path)
        whole(path, folder, args.runs)
        stages(path, folder, args.runs)
        memory(path, folder)


if __name__ == "__main__":
    main()
