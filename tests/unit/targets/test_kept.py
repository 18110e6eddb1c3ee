"""Where data is put by."""

from __future__ import annotations

from pathlib import Path

from flipside.targets.kept import KEPT, place


def test_what_was_put_by_before_is_left_alone(tmp_path: Path) -> None:
    for name in ("production", "production.2", "production.3"):
        path = place(tmp_path, "blog", "production")
        assert path == tmp_path / KEPT / "blog" / name
        path.mkdir()
