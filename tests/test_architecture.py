"""The package is built in floors: nothing imports what imports it, and the docs show it."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "docs"))
import make_architecture as architecture

sys.path.pop(0)


def test_no_two_files_import_each_other() -> None:
    assert architecture.circle(architecture.file_arrows()) == []


def test_no_two_rooms_import_each_other() -> None:
    arrows = architecture.room_arrows()
    del arrows["defocus"]  # its lazy table names everything
    assert architecture.circle(arrows) == []


@pytest.mark.parametrize("way", [["a"], ["a", "b"], ["a", "b", "c"]])
def test_a_circle_of_any_length_is_found(way: list[str]) -> None:
    arrows = {"before": {"a"}, "beside": set(), "c": set(), "b": set()}
    arrows |= {name: {way[(k + 1) % len(way)]} for k, name in enumerate(way)}
    found = architecture.circle(arrows)
    assert found[0] == found[-1]
    assert set(found) == set(way)


def test_the_record_of_a_photo_knows_no_file() -> None:
    arrows = architecture.file_arrows()
    assert not {t for t in arrows["defocus.photo"] if t.startswith("defocus.formats")}


def test_only_the_hosts_know_a_host() -> None:
    """The library never imports the command line or the studio; they do not import each other's."""
    for room, targets in architecture.room_arrows().items():
        if room not in ("cli", "studio", "__main__"):
            assert not targets & {"cli", "studio"}, room
    assert "cli" not in architecture.room_arrows()["studio"]


def test_the_picture_is_up_to_date() -> None:
    assert architecture.PICTURE.read_text("utf-8") == architecture.draw(), (
        "run: python docs/make_architecture.py"
    )
