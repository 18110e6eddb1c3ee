"""What a folder holds after a kill or a power cut at any point."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from unit.backup.storage_tools import left

from flipside.backup.storage.folder import Folder
from flipside.backup.storage.protocol import Listed

pytest_plugins = ["unit.backup.storages"]

NAME, DATA = "db/a/1", bytes(range(256)) * 400
KILLED = """
import os, sys
from pathlib import Path
from flipside.backup.storage.folder import Folder

root, action = Path(sys.argv[1]), sys.argv[2]
NAME, DATA = "db/a/1", bytes(range(256)) * 400
calls = 0

def count(at):
    global calls
    calls += 1
    if calls == at:
        os.kill(os.getpid(), 9)

def deadly(real, at):
    def call(*args, **words):
        count(at)
        found = real(*args, **words)
        count(at)
        return found
    return call

def run(folder):
    if action == "put":
        folder.put(NAME, DATA)
    elif action == "delete":
        folder.delete(NAME)
    else:
        folder.swap("writer.json", b"old", b"new")

at = 0
while True:
    at += 1
    folder = Folder(root / str(at))
    folder.make()
    if action == "delete":
        folder.put(NAME, DATA)
    if action == "swap":
        folder.swap("writer.json", None, b"old")
    child = os.fork()
    if not child:
        for name in ("open", "write", "fsync", "link", "unlink", "mkdir", "rmdir", "rename", "replace"):
            setattr(os, name, deadly(getattr(os, name), at))
        run(folder)
        os._exit(0)
    end = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if end != -9:
        break
print(at)
sys.exit(end)
"""


@pytest.fixture
def killed(tmp_path: Path) -> Callable[[str], list[Folder]]:
    """Folders, in each of which an action was ended by SIGKILL one system call later."""

    def run(action: str) -> list[Folder]:
        argv = [sys.executable, "-c", KILLED, str(tmp_path), action]
        done = subprocess.run(argv, capture_output=True, text=True, check=True)
        return [Folder(tmp_path / str(at + 1)) for at in range(int(done.stdout))]

    return run


def test_a_put_that_is_killed_anywhere_leaves_all_or_nothing(killed) -> None:
    folders = killed("put")
    seen = []
    for folder in folders:
        found = folder.get(NAME)
        seen.append(found is not None)
        assert found in (None, DATA)
        assert list(folder.list("")) == ([Listed(NAME, len(DATA))] if found else [])
        folder.put(NAME, DATA)
        assert folder.get(NAME) == DATA
        assert left(folder) == []
    assert seen == sorted(seen)
    assert {True, False} == set(seen[:-1])


def test_a_delete_that_is_killed_anywhere_can_be_done_again(killed) -> None:
    folders = killed("delete")
    for folder in folders:
        assert folder.get(NAME) in (None, DATA)
        folder.delete(NAME)
        assert not (folder.path / "db").exists()
        folder.put(NAME, b"other")
    assert len(folders) > 4


def test_a_swap_that_is_killed_anywhere_did_it_or_did_not(killed) -> None:
    folders = killed("swap")
    for folder in folders:
        found = folder.get("writer.json")
        assert found in (b"old", b"new")
        assert folder.swap("writer.json", found, b"next")
        assert [each.name for each in folder.list("")] == ["writer.json"]
    assert len(folders) > 4


@pytest.fixture
def calls(monkeypatch) -> list[tuple[str, str]]:
    """What was asked of the system in order, each with its path; it is all done as asked."""
    found, real = [], {name: getattr(os, name) for name in ("fsync", "link", "mkdir", "unlink")}

    def note(name: str) -> Callable[..., object]:
        def call(*args, **words) -> object:
            done = real[name](*args, **words)
            path = args[1 if name == "link" else 0]
            path = Path(f"/proc/self/fd/{path}").readlink() if name == "fsync" else path
            found.append((name, str(path)))
            return done

        return call

    for name in real:
        monkeypatch.setattr(os, name, note(name))
    return found


def test_all_that_a_put_makes_outlives_a_power_cut(folder, calls) -> None:
    """The file before it is linked; then each folder, once what is new in it is there."""
    folder.put(NAME, DATA)
    root = str(folder.path)
    temporary = calls[0][1]
    assert temporary.startswith(f"{root}/.tmp/")
    assert calls == [
        ("fsync", temporary),
        ("mkdir", f"{root}/db"),
        ("mkdir", f"{root}/db/a"),
        ("link", f"{root}/db/a/1"),
        ("fsync", f"{root}/db/a"),
        ("fsync", f"{root}/db"),
        ("fsync", root),
        ("unlink", temporary),
    ]


def test_a_put_of_the_same_bytes_is_as_lasting(folder, calls) -> None:
    """Whoever put them first may have been killed before they were safe."""
    folder.put("db/1", DATA)
    calls.clear()
    folder.put("db/1", DATA)
    root = str(folder.path)
    assert [path for call, path in calls if call == "fsync"][1:] == [f"{root}/db", root]


def test_a_delete_outlives_a_power_cut(folder, calls) -> None:
    folder.put(NAME, DATA)
    folder.put("db/2", DATA)
    calls.clear()
    folder.delete(NAME)
    assert calls == [("unlink", f"{folder.path}/db/a/1"), ("fsync", f"{folder.path}/db")]


def test_the_folder_and_those_above_it_outlive_a_power_cut(tmp_path, calls) -> None:
    Folder(tmp_path / "a/b/c").make()
    synced = {path for call, path in calls if call == "fsync"}
    assert synced == {str(tmp_path / each) for each in ("", "a", "a/b", "a/b/c")}
