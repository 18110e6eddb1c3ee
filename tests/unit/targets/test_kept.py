"""Where data is put by."""

from __future__ import annotations

from pathlib import Path

import pytest

from flipside.targets.kept import KEPT, arriving, place


def test_what_was_put_by_before_is_left_alone(tmp_path: Path) -> None:
    for name in ("production", "production.2", "production.3"):
        path = place(tmp_path, "blog", "production")
        assert path == tmp_path / KEPT / "blog" / name
        path.mkdir()


def cut(fresh: Path) -> None:
    fresh.mkdir()
    (fresh / "half").touch()
    raise OSError("full")


def test_copy_that_was_cut_is_not_taken_for_a_whole_one(tmp_path: Path) -> None:
    folder = "/srv/flipside/apps/blog/production/data"
    with pytest.raises(OSError, match="full"), arriving(tmp_path, folder) as fresh:
        cut(fresh)
    with arriving(tmp_path, folder) as fresh:
        fresh.mkdir()
        (fresh / "whole").touch()
    kept = tmp_path / KEPT / "blog"
    assert [path.name for path in kept.iterdir()] == ["production"]
    assert [path.name for path in (kept / "production").iterdir()] == ["whole"]
