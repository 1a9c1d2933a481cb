"""Edits survive a restart."""

from __future__ import annotations

import json

import pytest

from defocus.edit import Edit, Focus
from defocus.errors import EditError
from defocus.folders import state_dir
from defocus.session.kept import (
    Version,
    kept_key,
    load_edit,
    load_versions,
    save_edit,
    save_versions,
    versions_from_json,
)

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


def test_a_copy_has_an_edit_of_its_own() -> None:
    save_edit(kept_key(KEY, 1), Edit())
    save_edit(kept_key(KEY, 2), Edit(focus=Focus("far")))
    assert load_edit(KEY) == Edit()
    assert load_edit(kept_key(KEY, 2)) == Edit(focus=Focus("far"))


def test_versions_come_back_by_their_names() -> None:
    assert load_versions(KEY) == ()
    versions = (Version("soft", Edit(focus=Focus("near"))), Version("für später", Edit()))
    save_versions(KEY, versions)
    assert load_versions(KEY) == versions
    assert load_edit(KEY) is None  # they are no edit
    (state_dir() / "edits" / f"{KEY}.versions.json").write_text("[{")
    assert load_versions(KEY) == ()


@pytest.mark.parametrize(
    "text",
    ["{", "{}x", '[{"name": "a"}]',
      '{"a": 1}', "[1]", "[{}]", '[{"name": "", "edit": {}}]', '[{"name": 1, "edit": {}}]',
     '[{"name": "a", "edit": {"unknown": 1}}]', json.dumps([{"name": "a" * 81, "edit": {}}]),
     json.dumps([{"name": "a", "edit": {}}] * 51)],
)  # fmt: skip
def test_senseless_versions_are_refused(text: str) -> None:
    with pytest.raises(EditError):
        versions_from_json(text.encode())
