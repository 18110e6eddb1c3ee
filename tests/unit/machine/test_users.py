"""Names of apps' users, and acting as one: for real where the tests are root's."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from flipside.machine import users
from flipside.machine.layout import Layout

NOBODY = users.Account(65534, 65534)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder that anybody can reach, as those of apps are; given to root's tests alone."""
    for parent in (tmp_path, *tmp_path.parents):
        if parent.stat().st_uid == os.getuid():
            parent.chmod(parent.stat().st_mode | 0o011)
    return tmp_path


def test_names_fit_and_are_an_apps_own() -> None:
    long = "a-very-long-name-of-an-app-that-goes-on"
    assert users.name_of("blog") == "app-blog"
    names = {users.name_of(long), users.name_of(long + "1"), users.name_of(long[:23])}
    assert len(names) == 3
    assert {len(name) for name in names} <= set(range(33))
    assert [name for name in names if "_" in name] != []


def test_a_local_platform_has_no_users(layout: Layout) -> None:
    assert users.account(layout, "blog") is None
    with users.acting_as(None):
        assert os.geteuid() == os.getuid()


def test_acting_as_somebody_writes_as_him_and_no_further(folder: Path) -> None:
    if os.getuid() != 0:
        # Never with rights of our own instead.
        with pytest.raises(PermissionError), users.acting_as(NOBODY):
            raise AssertionError
        return
    (folder / "ours").mkdir(mode=0o755)
    users.own_folder(folder / "data", NOBODY)
    with users.acting_as(NOBODY):
        (folder / "data/new").write_text("x")
        with pytest.raises(PermissionError):
            (folder / "ours/new").write_text("x")
    found = (folder / "data/new").stat()
    assert (found.st_uid, stat.S_IMODE(found.st_mode)) == (65534, 0o640)
    assert (os.geteuid(), os.getegid()) == (0, 0)


def test_what_is_given_comes_back_and_links_are_not_followed(folder: Path) -> None:
    (folder / "tree/sub").mkdir(parents=True)
    (folder / "secret").write_text("x")
    (folder / "shared").write_text("x")
    (folder / "tree/link").symlink_to(folder / "secret")
    os.link(folder / "shared", folder / "tree/shared")
    if os.getuid() != 0:
        with pytest.raises(PermissionError):
            users.give(folder / "tree", NOBODY)
        return
    users.give(folder / "tree", NOBODY)
    assert (folder / "tree/sub").stat().st_uid == 65534
    assert (folder / "secret").stat().st_uid == 0
    assert (folder / "shared").stat().st_uid == 0
    users.take_back(folder / "tree", NOBODY)
    owners = {path.lstat().st_uid for path in [folder / "tree", *(folder / "tree").rglob("*")]}
    assert owners == {0}


SWAP = """
import os, sys
os.chdir(sys.argv[1])
print("ready", flush=True)
while True:
    try:
        os.rename("sub", "aside")
        os.symlink("../others", "sub")
    except OSError:
        pass
"""


def test_what_a_process_swaps_for_a_link_meanwhile_gives_it_nothing_else(folder: Path) -> None:
    """A step may leave one behind that waits for its folder to be given to it."""
    if os.getuid() != 0:
        return
    names = [f"{number:04}" for number in range(3000)]
    for place in (folder / "tree/sub", folder / "others"):
        place.mkdir(parents=True)
        for name in names:
            (place / name).touch()
    folder.chmod(0o755)
    argv = [sys.executable, "-c", SWAP, str(folder / "tree")]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, **NOBODY.for_child) as racer:
        assert racer.stdout
        racer.stdout.readline()
        users.give(folder / "tree", NOBODY)
        racer.kill()
    assert {(folder / "others" / name).stat().st_uid for name in names} == {0}


def test_folder_that_was_open_to_all_is_shut_when_it_is_taken_back(folder: Path) -> None:
    if os.getuid() != 0:
        return
    (folder / "tree/sub").mkdir(parents=True)
    users.give(folder / "tree", NOBODY)
    (folder / "tree/sub").chmod(0o2777)
    users.take_back(folder / "tree", NOBODY)
    assert stat.S_IMODE((folder / "tree/sub").stat().st_mode) == 0o755
