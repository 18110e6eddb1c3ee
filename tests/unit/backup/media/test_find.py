"""Which moment is meant."""

from __future__ import annotations

import pytest

from flipside.backup.errors import BackupError


def test_no_such_moment_or_folder_is_said(stored) -> None:
    out = stored.folder / "out"
    for wanted in ({"id": "1.2"}, {"id": "2.1"}, {"at": stored.now - 1}):
        with pytest.raises(BackupError, match="there is no moment"):
            stored.restore(out, **wanted)
    with pytest.raises(BackupError, match="cannot make the folder"):
        stored.restore(out / "deeper")
    out.write_text("a file")
    with pytest.raises(BackupError, match="cannot make the folder"):
        stored.restore(out)
