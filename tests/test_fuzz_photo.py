"""Damaged files of every format: a Photo or a clear refusal, in bounded time and memory.

``DEFOCUS_FUZZ=1000 pytest tests/test_fuzz_photo.py`` tries more.
"""

from __future__ import annotations

import os
import random
import resource
import time
from functools import cache
from importlib.util import find_spec
from tempfile import NamedTemporaryFile
from typing import TYPE_CHECKING

import numpy as np
import photo_files as made
from photo_samples import SAMPLES, dng, sample

from defocus import read_photo, write_photo
from defocus.errors import DefocusError

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

COUNT = int(os.environ.get("DEFOCUS_FUZZ", "150"))
MOST_SECONDS = 5.0  # of this process: a busy machine makes nobody slow
MOST_BYTES = 2 << 30


@cache
def seeds() -> list[tuple[str, bytes]]:
    """(suffix, bytes) of a valid file of every kind."""
    depth = made.stored_depth()
    disparity = made.APPLE_DISPARITY.format(accuracy="relative")
    phones = [
        made.gdepth_jpeg(depth),
        made.gdepth_jpeg(depth, extended=True, original=made.jpeg(made.picture())),
        made.dynamic_depth_jpeg(depth, gain_map=made.jpeg(depth)),
        made.apple_jpeg([(depth, disparity), (depth, made.APPLE_GAIN_MAP)], orientation=6),
    ]
    plain = [(name.split("-")[0], sample(name)) for name in SAMPLES]
    packed = [("exr", data) for data in packed_exr()]
    return [*plain, *(("jpg", phone) for phone in phones), ("dng", dng()), *packed]


def packed_exr() -> list[bytes]:
    """By the library of the extra ``exr``: none without it."""
    if find_spec("OpenEXR") is None:
        return []
    import OpenEXR

    light = made.picture(48, 32).astype(np.float16) / 255
    files = []
    for packing in (OpenEXR.PIZ_COMPRESSION, OpenEXR.DWAA_COMPRESSION, OpenEXR.B44_COMPRESSION):
        header = {"compression": packing, "type": OpenEXR.scanlineimage, "name": "a"}
        tiled = header | {"type": OpenEXR.tiledimage, "tiles": OpenEXR.TileDescription()}
        parts = [OpenEXR.Part(tiled, {"RGB": light}), OpenEXR.Part(header | {"name": "b"}, {
            "Z": light[..., 0].copy()
        })]  # fmt: skip
        for stored in (parts[:1], parts):
            with NamedTemporaryFile(suffix=".exr") as file, OpenEXR.File(stored) as exr:
                exr.write(file.name)
                files.append(file.read())
    return files


def mutated(data: bytes, other: bytes, chance: random.Random) -> bytes:
    """One of: flipped bits, cut off, a piece of another file, zeroed, repeated, extreme numbers."""
    out = bytearray(data)
    kind = chance.randrange(6)
    at = chance.randrange(len(out))
    # Headers are where the interesting damage is.
    near = chance.randrange(min(len(out), 400))
    if kind == 0:
        for _ in range(chance.randint(1, 20)):
            place = chance.choice((near, chance.randrange(len(out))))
            out[place] ^= 1 << chance.randrange(8)
    elif kind == 1:
        del out[at:]
    elif kind == 2:
        size = chance.randint(1, min(200, len(other)))
        start = chance.randrange(len(other) - size + 1)
        out[near : near + size] = other[start : start + size]
    elif kind == 3:
        size = chance.randint(1, 64)
        out[at : at + size] = bytes(size)
    elif kind == 4:
        out[near:near] = out[near : near + chance.randint(1, 100)]
    else:
        extreme = chance.choice(
            (b"\xff\xff\xff\xff", b"\x7f\xff\xff\xff", b"\0\0\0\0", b"\xff\xff")
        )
        out[near : near + len(extreme)] = extreme
    return bytes(out)


def cases() -> list[tuple[int, str, bytes]]:
    chance = random.Random(2026)
    found = seeds()
    made_cases = []
    for number in range(COUNT):
        suffix, data = found[number % len(found)]
        other = chance.choice(found)[1]
        made_cases.append((number, suffix, mutated(data, other, chance)))
    return made_cases


def peak_bytes() -> int:
    """The most memory that this process has had."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def test_a_photo_or_a_clear_refusal(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    before = peak_bytes()
    outcomes = {"read": 0, "refused": 0}
    messages: list[tuple[str, str]] = []
    for number, suffix, data in cases():
        path = tmp_path / f"{number}.{suffix}"
        path.write_bytes(data)
        begin = time.process_time()
        try:
            photo = read_photo(path, max_pixels=50_000_000)
        except DefocusError as error:
            outcomes["refused"] += 1
            messages.append((str(path), str(error)))
        else:
            outcomes["read"] += 1
            assert photo.pixels.dtype in (np.uint8, np.uint16)
            assert photo.pixels.ndim == 3
            target = tmp_path / "again.png"
            write_photo(photo, target, overwrite=True)
            assert read_photo(target).size_wh == photo.size_wh
        assert time.process_time() - begin < MOST_SECONDS, f"case {number} ({suffix})"
        path.unlink()
        output, complaints = capfd.readouterr()
        assert output == ""
        # The libtiff inside Pillow and OpenCV cannot be told to be quiet about damaged LZW or JPEG,
        # nor LibRaw and OpenEXR about what is cut off.
        assert complaints == "" or suffix in ("tif", "dng", "exr")
    assert all(name in message and "\n" not in message for name, message in messages)
    assert peak_bytes() - before < MOST_BYTES
    assert min(outcomes.values()) > COUNT // 20  # the mutations are neither harmless nor fatal
