"""Transfer curves."""

from __future__ import annotations

import numpy as np
import pytest

from defocus.transfer import SRGB, Transfer, gamma


def test_srgb_has_its_published_values() -> None:
    light = SRGB.decode(np.array([0, 0.04045, 0.5, 1], np.float32))
    assert light == pytest.approx([0, 0.0031308, 0.2140411, 1], abs=1e-6)


@pytest.mark.parametrize("transfer", [SRGB, gamma(1.8), gamma(2.19921875), gamma(1.0)])
@pytest.mark.parametrize("levels", [256, 65536])
def test_every_code_value_survives_a_round_trip(transfer: Transfer, levels: int) -> None:
    table = transfer.decode_table(levels)
    assert table.dtype == np.float32
    assert table[0] == 0
    assert table[-1] == pytest.approx(1)
    assert np.all(np.diff(table) >= 0)
    codes = transfer.encode(table) * (levels - 1)
    worst = 0.01 if levels == 256 else 20  # 4,096 samples are coarse near black
    assert np.abs(codes - np.arange(levels)).max() < worst


def test_encode_clips() -> None:
    assert SRGB.encode(np.array([-1, 2], np.float32)) == pytest.approx([0, 1])
