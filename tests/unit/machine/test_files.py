"""Files that are never half written, locks, and times for people."""

from __future__ import annotations

import os
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from flipside.machine.files import age, locked, read_json, try_locked, write_atomic, write_json


def test_a_file_is_replaced_whole_with_the_mode_asked_for(tmp_path: Path) -> None:
    """Whatever the umask, and without leaving anything beside it."""
    path = tmp_path / "new/file"
    before = os.umask(0o077)
    try:
        write_atomic(path, b"one", 0o644)
        write_atomic(path, b"two", 0o600)
    finally:
        os.umask(before)
    assert path.read_bytes() == b"two"
    assert path.stat().st_mode & 0o777 == 0o600
    assert list(path.parent.iterdir()) == [path]


def test_a_write_that_fails_leaves_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As when the disk is full."""

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    write_atomic(tmp_path / "file", b"old")
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        write_atomic(tmp_path / "file", b"new")
    assert [path.read_bytes() for path in tmp_path.iterdir()] == [b"old"]


def test_what_a_killed_writer_left_is_swept_away(tmp_path: Path) -> None:
    """And nothing else: not what another writes right now, and not what another file's writer left."""
    path = tmp_path / "age.key"
    gone = subprocess.Popen(["true"])
    gone.wait()
    left = [f".age.key.{gone.pid}.0a1b2c3d", f".age.key.old.{gone.pid}.0a1b2c3d"]
    others = [f".age.key.{os.getpid()}.0a1b2c3d", ".age.key.1.0a1b2c3d", ".age.key.x"]
    for name in [*left, *others]:
        (tmp_path / name).touch()
    write_atomic(path, b"new")
    assert {each.name for each in tmp_path.iterdir()} == {"age.key", left[1], *others}


def test_json_goes_there_and_back(tmp_path: Path) -> None:
    """And an absent file is the default."""
    write_json(tmp_path / "a.json", {"é": [1]})
    assert read_json(tmp_path / "a.json") == {"é": [1]}
    assert read_json(tmp_path / "b.json", {}) == {}


def test_a_lock_held_is_not_had_by_another(tmp_path: Path) -> None:
    """Unless both hold it shared; and it is free afterwards."""
    lock = tmp_path / "new/lock"
    with locked(lock), try_locked(lock) as mine:
        assert not mine
    with locked(lock, shared=True), locked(lock, shared=True), try_locked(lock) as mine:
        assert not mine
    with try_locked(lock) as mine:
        assert mine


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        (-5, "just now"),
        (0.4, "just now"),
        (1, "1 second ago"),
        (119, "1 minute ago"),
        (7200, "2 hours ago"),
        (86400 * 30, "30 days ago"),
    ],
)
def test_ages_are_told_in_the_largest_unit(seconds: float, expected: str) -> None:
    """Also where clocks disagree."""
    at = datetime(2026, 11, 21, tzinfo=UTC)
    assert age(at.isoformat(), at + timedelta(seconds=seconds)) == expected
