"""The prefix of an app's keys in memcached."""

from __future__ import annotations

from pathlib import Path

from flipside.machine.cache import prefix
from flipside.machine.layout import Layout


def test_prefix_is_an_environments_own_and_stays(tmp_path: Path) -> None:
    layout = Layout(tmp_path, tmp_path / "run")
    found = {prefix(layout, "blog", env) for env in ("production", "staging", "production")}
    assert len(found) == 2
    assert all(each.startswith("blog.") for each in found)
    assert max(map(len, found)) < 50


def test_whoever_knows_the_names_does_not_know_it(tmp_path: Path) -> None:
    one, other = (Layout(tmp_path / name, tmp_path / "run") for name in "ab")
    assert prefix(one, "blog", "production") != prefix(other, "blog", "production")
    assert (one.etc / "cache.key").stat().st_mode & 0o777 == 0o600
