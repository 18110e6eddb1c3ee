"""What only a folder can run into: disks, other processes, and what people do to it."""

from __future__ import annotations

import errno
import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Callable

import pytest
from unit.backup.storage_tools import left, names, raced

from flipside.backup.errors import BackupError
from flipside.backup.storage.folder import Folder
from flipside.backup.storage.protocol import Listed

pytest_plugins = ["unit.backup.storages"]

NAME, DATA = "db/0123/00000001-89ab/i/00000001", bytes(range(256)) * 400
USES: dict[str, Callable[[Folder], object]] = {
    "put": lambda folder: folder.put(NAME, DATA),
    "get": lambda folder: folder.get(NAME),
    "list": lambda folder: list(folder.list("")),
    "folders": lambda folder: list(folder.folders("")),
    "delete": lambda folder: folder.delete(NAME),
    "swap": lambda folder: folder.swap("writer.json", None, b"1"),
}


@pytest.mark.parametrize("use", USES.values(), ids=USES)
def test_a_folder_that_is_gone_is_said_and_not_made_anew(folder, use) -> None:
    folder.put(NAME, DATA)
    shutil.rmtree(folder.path)
    with pytest.raises(BackupError, match="there is no such folder") as caught:
        use(folder)
    assert "mount its disk" in caught.value.next
    assert not folder.path.exists()


@pytest.mark.parametrize("use", USES.values(), ids=USES)
def test_the_empty_place_of_a_disk_that_is_not_mounted_is_not_used(folder, use) -> None:
    folder.put(NAME, DATA)
    shutil.rmtree(folder.path)
    folder.path.mkdir()
    with pytest.raises(BackupError, match="its disk is not mounted"):
        use(folder)
    assert names(folder.path) == []


@pytest.mark.parametrize("use", USES.values(), ids=USES)
def test_a_file_where_the_folder_should_be_is_said(folder, use) -> None:
    shutil.rmtree(folder.path)
    folder.path.write_text("a file")
    with pytest.raises(BackupError, match=r"cannot .*: Not a directory") as caught:
        use(folder)
    assert "move it away" in caught.value.next
    with pytest.raises(BackupError, match="cannot make the folder: File exists"):
        folder.make()


def test_a_file_among_the_folders_is_said(folder) -> None:
    folder.put("db", b"a file")
    for run in (lambda: folder.put(NAME, DATA), lambda: folder.get(NAME)):
        with pytest.raises(BackupError) as caught:
            run()
        assert str(folder.path) in caught.value.where
        assert "move it away" in caught.value.next
    assert left(folder) == []


def test_a_folder_where_the_object_should_be_is_said(folder) -> None:
    folder.put("db/a/1", DATA)
    for run in (folder.get, folder.delete, lambda name: folder.put(name, DATA)):
        with pytest.raises(BackupError, match="Is a directory"):
            run("db/a")
    assert left(folder) == []


def test_a_repository_that_was_copied_without_its_temporaries_is_used_on(folder) -> None:
    folder.put(NAME, DATA)
    (folder.path / ".tmp").rmdir()
    assert folder.get(NAME) == DATA
    folder.put("db/2", DATA)
    assert folder.get("db/2") == DATA


def test_emptied_folders_go_but_never_the_root(folder) -> None:
    folder.put("db/a/x/1", DATA)
    folder.put("db/b/1", DATA)
    folder.delete("db/a/x/1")
    assert names(folder.path / "db") == ["b"]
    folder.delete("db/b/1")
    assert "db" not in names(folder.path)
    assert folder.path.is_dir()
    folder.delete("none")
    folder.put(NAME, DATA)


def test_an_empty_folder_is_not_listed(folder) -> None:
    """As left by who was killed before it linked."""
    folder.put("db/a/1", DATA)
    (folder.path / "db/b/c").mkdir(parents=True)
    assert list(folder.folders("db/")) == ["a"]


def test_a_put_stands_a_delete_that_takes_its_folder_away(folder, monkeypatch) -> None:
    link, times = os.link, iter(range(2))

    def late(one, other) -> None:
        if next(times, None) is not None:
            folder.delete("db/a/b/other")
        link(one, other)

    monkeypatch.setattr(os, "link", late)
    folder.put("db/a/b/1", DATA)
    assert list(folder.list("")) == [Listed("db/a/b/1", len(DATA))]
    assert left(folder) == []


def test_puts_and_deletes_at_once_leave_nothing_half_done(folder) -> None:
    def put() -> None:
        for index in range(200):
            folder.put(f"db/a/b/{index}", DATA)

    def delete() -> None:
        for index in range(2000):
            folder.delete(f"db/a/b/{index % 200}")

    for end in raced(put, delete):
        assert end is None or "No such file" in str(end)
    assert all(each.size == len(DATA) for each in folder.list(""))
    assert left(folder) == []


@pytest.mark.parametrize(
    ("number", "advice"),
    [
        (errno.ENOSPC, "make room"),
        (errno.EDQUOT, "make room"),
        (errno.EROFS, "mount it writable"),
        (errno.EACCES, "let this user write"),
        (errno.EPERM, "with hard links"),
        (errno.EIO, "dmesg"),
        (errno.ESTALE, "see that the disk is mounted"),
    ],
)
@pytest.mark.parametrize("call", ["open", "fsync", "link"])
def test_what_the_disk_refuses_is_said_and_leaves_nothing(
    folder, monkeypatch, call, number, advice
) -> None:
    with monkeypatch.context() as patch:

        def refuse(*_args, **_words) -> None:
            raise OSError(number, os.strerror(number))

        patch.setattr(os, call, refuse)
        with pytest.raises(BackupError, match=f"cannot write: {os.strerror(number)}") as caught:
            folder.put(NAME, DATA)
    assert caught.value.where == str(folder.path / NAME)
    assert advice in caught.value.next
    assert left(folder) == []
    assert folder.get(NAME) is None
    folder.put(NAME, DATA)


LIMITED = """
import resource, sys
from pathlib import Path
from flipside.backup.errors import BackupError
from flipside.backup.storage.folder import Folder

resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, 50_000))
folder = Folder(Path(sys.argv[1]))
for name, size in (("db/small", 40_000), ("db/large", 60_000)):
    try:
        folder.put(name, bytes(size))
    except BackupError as error:
        print(error.what, "|", error.next)
"""


def test_a_file_that_cannot_be_written_whole_is_not_there(folder) -> None:
    argv = [sys.executable, "-c", LIMITED, str(folder.path)]
    done = subprocess.run(argv, capture_output=True, text=True, check=True)
    assert done.stdout.count("\n") == 1
    assert "cannot write: File too large" in done.stdout
    assert "ulimit" in done.stdout
    assert list(folder.list("")) == [Listed("db/small", 40_000)]
    assert left(folder) == []


def test_a_living_writers_temporary_file_is_not_swept(folder) -> None:
    host = socket.gethostname()
    with subprocess.Popen(["sleep", "1000"]) as alive:
        names = {f"{host}.{alive.pid}.0123abcd", f"{host}x.{alive.pid}.0123abcd", "anything else"}
        for name in names:
            (folder.path / ".tmp" / name).touch()
        folder.put("db/1", DATA)
        assert set(left(folder)) == names
        alive.send_signal(signal.SIGKILL)
    folder.put("db/2", DATA)
    assert set(left(folder)) == names - {f"{host}.{alive.pid}.0123abcd"}
    assert [each.name for each in folder.list("")] == ["db/1", "db/2"]


RIVAL = """
import sys
from pathlib import Path
from flipside.backup.errors import ConflictError
from flipside.backup.storage.folder import Folder

folder, mine = Folder(Path(sys.argv[1])), sys.argv[2].encode() * 10_000
print("ready", flush=True)
sys.stdin.readline()
for index in range(100):
    try:
        folder.put(f"db/{index}", mine)
        print(index)
    except ConflictError:
        pass
"""


def test_of_two_processes_that_put_at_once_one_wins(folder) -> None:
    def start(mine: str) -> subprocess.Popen[str]:
        argv = [sys.executable, "-c", RIVAL, str(folder.path), mine]
        pipe = subprocess.PIPE
        return subprocess.Popen(argv, stdin=pipe, stdout=pipe, text=True)

    rivals = {mine: start(mine) for mine in "ab"}
    for each in rivals.values():
        each.stdout.readline()
    for each in rivals.values():
        each.stdin.write("\n")
        each.stdin.flush()
    for mine, each in rivals.items():
        said, _ = each.communicate()
        assert each.returncode == 0
        won = {f"db/{index}" for index in said.split()}
        held = {name for name, _ in folder.list("") if folder.get(name) == mine.encode() * 10_000}
        assert won == held
    assert len(list(folder.list(""))) == 100
    assert left(folder) == []
