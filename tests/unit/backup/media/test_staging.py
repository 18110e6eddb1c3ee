"""What is written beside its place first: a disk that fills up, a kill, rights of its own."""

from __future__ import annotations

import errno
import os
from contextlib import suppress

import pytest
from unit.backup.media.aside import kept

from flipside.backup.errors import BackupError
from flipside.backup.scan import Scan
from flipside.machine import users


def test_a_folder_that_nobody_may_write_to_is_restored_twice(world, monkeypatch) -> None:
    world.write("shut/a", "one")
    world.write("shut/b", "two")
    (world.data / "shut").chmod(0o555)
    world.once()
    out = world.folder / "out"
    world.restore(out)
    assert world.tree(out) == world.tree()
    (out / "shut").chmod(0o755)
    (out / "shut/a").write_text("changed")
    (out / "shut").chmod(0o555)
    real = os.open

    def as_anybody(path, flags, *args, **words):
        """Refuse what root alone may."""
        folder = words.get("dir_fd")
        if flags & os.O_CREAT and folder is not None and not os.fstat(folder).st_mode & 0o200:
            raise PermissionError(errno.EACCES, "Permission denied")
        return real(path, flags, *args, **words)

    monkeypatch.setattr("flipside.backup.media.target.os.open", as_anybody)
    assert world.restore(out).restored == 1
    assert kept(out) == {"shut/a": "changed"}
    assert world.tree(out).items() >= world.tree().items()


@pytest.mark.parametrize("left", [0, 1, 2])
def test_a_disk_that_fills_up_changes_nothing(stored, out, monkeypatch, left) -> None:
    for path in ("a", "sub/b"):
        (out / path).write_text("changed")
    (out / "sub/link").unlink()
    before, real, count = stored.tree(out), os.utime, iter(range(9))

    def full(*args, **words):
        if next(count) >= left:
            raise OSError(errno.ENOSPC, "No space left on device")
        real(*args, **words)

    monkeypatch.setattr("flipside.backup.media.target.os.utime", full)
    if left < 2:
        with pytest.raises(BackupError, match="No space left on device; nothing was changed"):
            stored.restore(out)
        assert stored.tree(out) == before
    else:
        with pytest.raises(BackupError, match="do it again"):
            stored.restore(out)
    monkeypatch.undo()
    stored.restore(out)
    assert stored.tree(out).items() >= stored.tree().items()
    assert not list(out.rglob("*.flipside-restore"))


def test_a_restore_that_was_killed_is_done_again(stored, out) -> None:
    (out / "a").write_text("changed")
    process = os.fork()
    if not process:
        with suppress(BaseException):
            os.rename = lambda *args, **words: os.kill(os.getpid(), 9)
            stored.restore(out)
        os._exit(1)
    assert os.waitpid(process, 0)[1] == 9
    assert len(list(out.rglob("*.flipside-restore"))) == 1
    assert Scan(out).look().left
    stored.restore(out)
    assert not list(out.rglob("*.flipside-restore"))
    assert stored.tree(out).items() >= stored.tree().items()


def test_all_can_be_given_to_somebody(stored) -> None:
    out = stored.folder / "out"
    if os.getuid() != 0:
        stored.restore(out, owner=(os.getuid(), os.getgid()))
        assert stored.tree(out) == stored.tree()
        return
    stored.restore(out, owner=(65534, 65533))
    assert {(path.lstat().st_uid, path.lstat().st_gid) for path in out.rglob("*")} == {
        (65534, 65533)
    }
    os.chown(out / "a", 0, 0)
    done = stored.restore(out, owner=(65534, 65533))
    assert (done.restored, done.kept) == (1, ())
    assert (out / "a").stat().st_uid == 65534


def test_with_an_apps_rights_it_writes_as_the_app(stored) -> None:
    """And reads the repository with its own."""
    if os.getuid() != 0:
        # Never with rights of our own instead.
        with pytest.raises(BackupError, match="cannot make the folder"):
            stored.restore(
                stored.folder / "out", acting=lambda: users.acting_as(users.Account(1, 1))
            )
        return
    for parent in (stored.folder, *stored.folder.parents):
        if parent.stat().st_uid == os.getuid():
            parent.chmod(parent.stat().st_mode | 0o011)
    nobody, out = users.Account(65534, 65534), stored.folder / "out"
    users.own_folder(out, nobody)
    (stored.folder / "repo").chmod(0o700)
    (stored.folder / "ours").mkdir(mode=0o755)
    stored.restore(out, acting=lambda: users.acting_as(nobody))
    assert {path.lstat().st_uid for path in out.rglob("*")} == {65534}
    assert stored.tree(out) == stored.tree()
    assert os.geteuid() == 0
    (out / "sub/b").write_text("changed")
    done = stored.restore(out, acting=lambda: users.acting_as(nobody))
    assert (done.restored, len(done.kept)) == (1, 1)
