"""One restore into a folder at a time."""

from __future__ import annotations

import os

import pytest

from flipside.backup.errors import BackupError


def test_two_restores_into_a_folder_at_once_are_one_too_many(stored, out, monkeypatch) -> None:
    """The second would take what the first has written beside for left behind."""
    (out / "a").write_text("changed")
    real, told = os.rename, []

    def meanwhile(*args, **words):
        if not told:
            with pytest.raises(BackupError, match="another restore") as caught:
                stored.restore(out)
            told.append(caught.value)
        return real(*args, **words)

    monkeypatch.setattr(os, "rename", meanwhile)
    assert stored.restore(out).restored == 1
    assert told
    assert stored.tree(out).items() >= stored.tree().items()
    assert stored.restore(out).restored == 0


def test_a_folder_is_free_again_once_a_restore_failed(stored, out) -> None:
    with pytest.raises(BackupError, match="there is no moment"):
        stored.restore(out, id="1.7")
    (out / "a").write_text("changed")
    assert stored.restore(out).restored == 1
