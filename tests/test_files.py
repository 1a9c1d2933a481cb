from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from defocus import files
from defocus.files import replacing

if TYPE_CHECKING:
    from pathlib import Path


def test_success_leaves_only_the_target(tmp_path: Path) -> None:
    with replacing(tmp_path / "a.txt", overwrite=False) as temporary:
        temporary.write_text("new")
    assert [p.name for p in tmp_path.iterdir()] == ["a.txt"]


def test_failure_leaves_everything_as_it_was(tmp_path: Path) -> None:
    target = tmp_path / "a.txt"
    target.write_text("old")

    def fail() -> None:
        with replacing(target, overwrite=True) as temporary:
            temporary.write_text("half")
            raise OSError("no space")

    with pytest.raises(OSError, match="no space"):
        fail()
    assert target.read_text() == "old"
    assert len(list(tmp_path.iterdir())) == 1


@pytest.mark.parametrize("hard_links", [True, False])
def test_never_replaces_a_file_that_appears_meanwhile(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, hard_links: bool
) -> None:
    target = tmp_path / "a.txt"

    def no_links(*_: object) -> None:
        raise PermissionError("no hard links here")

    if not hard_links:
        monkeypatch.setattr(files.os, "link", no_links)

    def race() -> None:
        with replacing(target, overwrite=False) as temporary:
            temporary.write_text("ours")
            target.write_text("theirs")

    with pytest.raises(FileExistsError):
        race()
    assert target.read_text() == "theirs"
    assert len(list(tmp_path.iterdir())) == 1
