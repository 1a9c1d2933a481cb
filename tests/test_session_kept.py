"""Edits survive a restart."""

from __future__ import annotations

import pytest

from defocus.edit import Edit, Focus
from defocus.folders import state_dir
from defocus.session.kept import load_edit, save_edit

KEY = "0123456789abcdef" * 4


def test_an_edit_comes_back() -> None:
    edit = Edit(focus=Focus("near"))
    assert load_edit(KEY) is None
    save_edit(KEY, edit)
    assert load_edit(KEY) == edit


def test_a_damaged_file_is_no_edit() -> None:
    save_edit(KEY, Edit())
    (state_dir() / "edits" / f"{KEY}.json").write_text('{"defocus_edit": 1, "model"')
    assert load_edit(KEY) is None


@pytest.mark.parametrize("key", ["", "../../etc/passwd", KEY.upper(), KEY + "0"])
def test_only_a_hash_names_a_file(key: str) -> None:
    with pytest.raises(ValueError, match="SHA-256"):
        save_edit(key, Edit())
