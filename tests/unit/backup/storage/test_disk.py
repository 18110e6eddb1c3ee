"""Files that outlive a power cut, and what a disk refuses in words that say what to do."""

from __future__ import annotations

import errno
import os
import socket
import subprocess
from pathlib import Path

import pytest

from flipside.backup.errors import BackupError
from flipside.backup.storage.disk import telling, written


@pytest.mark.parametrize(
    ("number", "advice"),
    [
        (errno.ENOSPC, "make room"),
        (errno.EDQUOT, "make room"),
        (errno.EFBIG, "ulimit"),
        (errno.EACCES, "let this user write"),
        (errno.EPERM, "hard links"),
        (errno.EROFS, "writable"),
        (errno.ENOLCK, "hard links"),
        (errno.EISDIR, "move it away"),
        (errno.EIO, "dmesg"),
        (errno.ESTALE, "mounted and well"),
    ],
)
def test_what_is_refused_is_told_with_what_to_do(number, advice) -> None:
    with pytest.raises(BackupError) as caught, telling("write", Path("/srv/x")):
        raise OSError(number, os.strerror(number))
    error = caught.value
    assert error.what == f"cannot write: {os.strerror(number)}"
    assert error.where == "/srv/x"
    assert advice in error.next


def test_an_error_without_words_or_of_another_kind_is_not_hidden() -> None:
    with pytest.raises(BackupError, match="cannot read: odd"), telling("read", Path("x")):
        raise OSError("odd")
    with pytest.raises(ValueError, match="a mistake"), telling("read", Path("x")):
        raise ValueError("a mistake")


def test_it_is_there_for_as_long_as_it_is_held_and_for_its_user_alone(tmp_path) -> None:
    folder = tmp_path / "tmp"
    with written(folder, b"data") as path:
        assert path.parent == folder
        assert path.read_bytes() == b"data"
        assert path.stat().st_mode & 0o777 == 0o600
    assert list(folder.iterdir()) == []
    with pytest.raises(KeyError), written(folder, b"data"):
        raise KeyError
    assert list(folder.iterdir()) == []


def test_it_may_be_renamed_while_it_is_held(tmp_path) -> None:
    with written(tmp_path / "tmp", b"data") as path:
        path.rename(tmp_path / "there")
    assert (tmp_path / "there").read_bytes() == b"data"


def test_what_it_holds_is_on_the_disk_before_it_is_handed_out(tmp_path, monkeypatch) -> None:
    synced = []
    monkeypatch.setattr(os, "fsync", lambda file: synced.append(os.fstat(file).st_size))
    with written(tmp_path / "tmp", b"data"):
        assert synced == [4]


def test_what_the_dead_left_here_is_swept_and_nothing_else(tmp_path) -> None:
    host = socket.gethostname()
    with subprocess.Popen(["true"]) as process:
        process.wait()
    dead = f"{host}.{process.pid}.0123abcd"
    others = {f"{host}.{os.getpid()}.0123abcd", f"other.{process.pid}.0123abcd", f"{host}.x.1", "x"}
    for name in (dead, *others):
        (tmp_path / name).touch()
    with written(tmp_path, b"data") as path:
        assert {each.name for each in tmp_path.iterdir()} == {*others, path.name}
