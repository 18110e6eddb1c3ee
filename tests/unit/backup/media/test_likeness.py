"""What is there already is left as it is, or given its mode and time."""

from __future__ import annotations

import os


def test_what_is_there_already_is_left_alone(stored, out) -> None:
    inodes = {path: path.lstat().st_ino for path in out.rglob("*")}
    done = stored.restore(out)
    assert (done.moment.id, done.restored, done.unchanged) == ("1.1", 0, 3)
    assert (done.kept, done.others, done.torn, done.skipped) == ((), (), (), ())
    assert {path: path.lstat().st_ino for path in out.rglob("*")} == inodes
    assert stored.tree(out) == stored.tree()


def test_the_right_content_gets_its_mode_and_time_back(stored, out) -> None:
    inode = (out / "a").stat().st_ino
    (out / "a").chmod(0o4777)
    os.utime(out / "sub/link", ns=(5, 5), follow_symlinks=False)
    (out / "empty").chmod(0o777)
    done = stored.restore(out)
    assert (done.restored, done.unchanged, done.kept) == (2, 1, ())
    assert (out / "a").stat().st_ino == inode
    assert stored.tree(out) == stored.tree()
