"""Files brought back into a folder: what was there is kept, and nothing outside of it is touched."""

from __future__ import annotations

import errno
import os
import re
import sqlite3
import subprocess
import sys
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import pytest

from flipside.backup.errors import BackupError, DamagedError
from flipside.backup.media import entry as entries
from flipside.backup.media import manifest as manifests
from flipside.backup.media import objects
from flipside.backup.media.contents import CHUNK_SIZE
from flipside.backup.media.entry import Entry
from flipside.backup.media.manifest import Manifest
from flipside.backup.packing import pack_json
from flipside.backup.scan import FOLDER, LINK, Scan
from flipside.backup.sealing import FIRST
from flipside.machine import users

KEPT = re.compile(r"(.*)\.replaced-\d{8}T\d{6}-[0-9a-f]{4}(-wal|-shm|-journal)?", re.DOTALL)


@pytest.fixture
def stored(world):
    """A world with some files of each kind in its only moment."""
    world.write("a", "one")
    world.write("sub/b", os.urandom(CHUNK_SIZE + 9)).chmod(0o600)
    (world.data / "sub/link").symlink_to("../a")
    (world.data / "empty").mkdir(mode=0o700)
    world.once()
    return world


@pytest.fixture
def out(stored) -> Path:
    """A folder that it was restored into."""
    stored.restore(stored.folder / "out")
    return stored.folder / "out"


def kept(folder: Path) -> dict[str, str]:
    """What was set aside in a folder, by what it was called."""
    found = [path for path in folder.rglob("*") if KEPT.fullmatch(path.name)]
    named = {path: KEPT.sub(r"\1\2", path.name) for path in found}
    return {
        str(path.relative_to(folder).with_name(name)): path.read_text()
        for path, name in named.items()
        if path.is_file() and not path.is_symlink()
    }


def test_what_is_there_already_is_left_alone(stored, out) -> None:
    inodes = {path: path.lstat().st_ino for path in out.rglob("*")}
    done = stored.restore(out)
    assert (done.moment.id, done.restored, done.unchanged) == ("1.1", 0, 3)
    assert (done.kept, done.others, done.torn, done.skipped) == ((), (), (), ())
    assert {path: path.lstat().st_ino for path in out.rglob("*")} == inodes
    assert stored.tree(out) == stored.tree()


def test_another_file_is_kept_beside(stored, out) -> None:
    (out / "a").write_text("changed")
    (out / "sub/b").write_text("changed too")
    (out / "sub/link").unlink()
    (out / "sub/link").symlink_to(stored.folder / "key")
    done = stored.restore(out)
    assert (done.restored, done.unchanged) == (3, 0)
    assert kept(out) == {"a": "changed", "sub/b": "changed too"}
    assert sorted(KEPT.sub(r"\1", str(path)) for path in done.kept) == [
        str(out / path) for path in ("a", "sub/b", "sub/link")
    ]
    assert [str(path.readlink()) for path in done.kept if path.is_symlink()] == [
        str(stored.folder / "key")
    ]
    for path in done.kept:
        path.unlink()
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


def test_a_file_with_another_name_elsewhere_is_not_written_to(stored, out) -> None:
    os.link(out / "a", stored.folder / "elsewhere")
    (out / "a").write_text("changed")
    stored.restore(out)
    assert (stored.folder / "elsewhere").read_text() == "changed"
    assert (out / "a").read_text() == "one"


def test_what_is_of_another_kind_is_kept_beside(stored, out) -> None:
    for path in ("a", "sub/link"):
        (out / path).unlink()
        (out / path).mkdir()
        (out / path / "precious").write_text(path)
    (out / "empty").rmdir()
    (out / "empty").write_text("a file")
    done = stored.restore(out)
    assert {path.read_text() for path in out.rglob("precious")} == {"a", "sub/link"}
    assert kept(out) == {"empty": "a file"}
    assert len(done.kept) == 3
    assert stored.tree(out).items() >= stored.tree().items()


def test_what_was_not_there_at_the_moment_stays_and_is_told(stored, out) -> None:
    (out / "new").write_text("x")
    (out / "new folder").mkdir()
    (out / "new folder/inner").write_text("x")
    (out / "new link").symlink_to("a")
    with closing(sqlite3.connect(out / "app.db")) as database:
        database.execute("CREATE TABLE t (x)")
    done = stored.restore(out)
    assert done.others == ("new", "new folder/inner", "new link")
    assert (out / "app.db").exists()


def test_a_link_in_the_place_of_a_folder_is_not_followed(stored) -> None:
    """As one that an app puts there before it asks for a restore."""
    outside, out = stored.folder / "outside", stored.folder / "out"
    (outside / "sub").mkdir(parents=True)
    (outside / "b").write_text("precious")
    out.mkdir()
    (out / "sub").symlink_to(outside)
    done = stored.restore(out)
    assert [path.name for path in outside.rglob("*")] == ["sub", "b"] or [
        path.name for path in outside.rglob("*")
    ] == ["b", "sub"]
    assert (outside / "b").read_text() == "precious"
    assert [path.readlink() for path in done.kept] == [outside]
    assert stored.tree(out).items() >= stored.tree().items()


def test_a_folder_that_is_a_link_itself_is_where_it_leads(stored) -> None:
    (stored.folder / "disk").mkdir()
    (stored.folder / "out").symlink_to(stored.folder / "disk")
    stored.restore(stored.folder / "out")
    assert stored.tree(stored.folder / "disk") == stored.tree()


def test_a_database_in_the_way_is_kept_with_all_that_is_its_own(stored, out) -> None:
    (out / "a").unlink()
    with closing(sqlite3.connect(out / "a", isolation_level=None)) as database:
        for statement in (
            "PRAGMA journal_mode=wal",
            "CREATE TABLE t (x)",
            "INSERT INTO t VALUES (7)",
        ):
            database.execute(statement)
        done = stored.restore(out)
        assert stored.tree(out).items() >= stored.tree().items()
        assert not (out / "a-wal").exists()
        with closing(sqlite3.connect(done.kept[0])) as aside:
            assert aside.execute("SELECT x FROM t").fetchall() == [(7,)]


def test_a_file_that_a_database_would_take_for_its_log_is_left_out(world) -> None:
    """It was an ordinary file before there was that database."""
    world.write("app.db-wal", "not a log")
    world.write("app.db-journal", "nor this")
    world.write("other", "x")
    world.once()
    out = world.folder / "out"
    out.mkdir()
    with closing(sqlite3.connect(out / "app.db")) as database:
        database.execute("CREATE TABLE t (x)")
    done = world.restore(out)
    assert done.skipped == ("app.db-journal", "app.db-wal")
    assert sorted(path.name for path in out.iterdir()) == ["app.db", "other"]


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


def test_names_as_long_as_can_be_are_kept_beside_too(world) -> None:
    longest = "é" * 127 + "x"
    world.write(longest, "one")
    world.once()
    world.write(longest, "two")
    done = world.restore(world.data)
    assert (world.data / longest).read_text() == "one"
    assert [path.read_text() for path in done.kept] == ["two"]


def test_no_such_moment_or_folder_is_said(stored) -> None:
    out = stored.folder / "out"
    for wanted in ({"id": "1.2"}, {"id": "2.1"}, {"at": stored.now - 1}):
        with pytest.raises(BackupError, match="there is no moment"):
            stored.restore(out, **wanted)
    with pytest.raises(BackupError, match="cannot make the folder"):
        stored.restore(out / "deeper")
    out.write_text("a file")
    with pytest.raises(BackupError, match="cannot make the folder"):
        stored.restore(out)


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


# What a manifest may not say, though whoever wrote it had the key.


def forge(world, *listed: Entry, **changed: object) -> None:
    """Put a manifest that lists what the writer would never."""
    shelf = world.shelf()
    number = max(shelf.sizes()) + 1
    piece = pack_json({"entries": [entries._as_json(entry) for entry in listed]})
    names = (shelf.contents.name(piece),)
    where = objects.content(shelf.epoch, names[0])
    world.storage.put(where, shelf.contents.sealed(names[0], 0, piece))
    made = Manifest(world.name, number, world.now + 1, 0, names)
    name = objects.manifest(shelf.epoch, number)
    packed = manifests.pack(Manifest(**vars(made) | changed))
    world.storage.put(name, shelf.key.seal(objects.MANIFEST, name, FIRST, packed))


def file(world, at: str, **changed: object) -> Entry:
    """An entry with the content of the file a, which is there."""
    found = {entry.path: entry for entry in world.shelf().entries(world.shelf().manifest(1))}
    return found["a"]._replace(**({"path": at} | changed))


BAD = [
    "../escaped",
    "sub/../../escaped",
    "/tmp/escaped",
    "sub/../a",
    "./a",
    "sub//b",
    "sub/",
    "..",
    ".",
    "missing/a",
    "link/a",
    "b/a",
    "sub/link/../../../escaped",
]


@pytest.mark.parametrize("path", BAD)
def test_a_path_that_leaves_the_folder_is_refused_before_anything_is_written(stored, path) -> None:
    out = stored.folder / "out"
    fine = [
        file(stored, "0"),
        file(stored, "b"),
        Entry("link", LINK, target="/tmp"),
        Entry("sub", FOLDER, 0o755),
        Entry("sub/link", LINK, target=".."),
    ]
    forge(stored, *fine, file(stored, path))
    with pytest.raises(DamagedError, match="none of its folder's"):
        stored.restore(out)
    assert not out.exists()
    assert not Path("/tmp/escaped").exists()
    assert sorted(each.name for each in stored.folder.iterdir()) == [
        "data",
        "key",
        "repo",
        "states",
    ]
    assert stored.restore(out, id="1.1").restored == 3


def test_a_path_listed_twice_is_refused(stored) -> None:
    """A link first, then a file that would be written through it."""
    outside = stored.folder / "outside"
    outside.mkdir()
    forge(
        stored,
        Entry("x", LINK, target=str(outside)),
        Entry("x", FOLDER, 0o755),
        file(stored, "x/a"),
    )
    with pytest.raises(DamagedError, match="twice"):
        stored.restore(stored.folder / "out")
    assert list(outside.iterdir()) == []


@pytest.mark.parametrize(
    "changed",
    [
        {"path": ""},
        {"path": "nul\0"},
        {"path": "\ud800"},
        {"type": "device"},
        {"mtime_ns": 1 << 70},
        {"chunks": ("../../../flipside-backup.json",)},
        {"chunks": ("A" * 64,)},
        {"chunks": "x"},
        {"size": None},
        {"mode": "rw"},
    ],
    ids=str,
)
def test_what_is_no_entry_is_refused(stored, changed, monkeypatch) -> None:
    kind = changed.get("type")
    if kind:
        monkeypatch.setitem(entries._FIELDS, kind, ("mode",))
    forge(stored, file(stored, "a", **changed))
    monkeypatch.undo()
    for do in (stored.restored, stored.verify):
        with pytest.raises(DamagedError):
            do()


@pytest.mark.parametrize(
    "changed", [{"size": 2}, {"size": 4}, {"chunks": ()}, {"size": -1}], ids=str
)
def test_a_file_of_another_length_than_listed_is_refused(stored, changed) -> None:
    forge(stored, file(stored, "a", **changed))
    for do in (stored.restored, stored.verify):
        with pytest.raises(DamagedError, match="not as long as it was"):
            do()


@pytest.mark.parametrize(
    "changed", [{"number": 1}, {"name": "another"}, {"pieces": ("x",)}], ids=str
)
def test_a_manifest_of_another_moment_or_folder_is_refused(stored, changed) -> None:
    forge(stored, **changed)
    for do in (stored.restored, stored.verify, stored.moments):
        with pytest.raises(DamagedError):
            do()


def test_no_file_comes_back_with_another_users_rights(stored) -> None:
    forge(stored, file(stored, "a", mode=0o6755), Entry("d", FOLDER, 0o2777))
    assert {path: each[1] for path, each in stored.restored().items()} == {"a": 0o755, "d": 0o2777}


SWAP = """
import os, sys
here, outside = sys.argv[1:]
os.symlink(outside, here + "/to")
parent = os.getppid()
print("ready", flush=True)
while os.getppid() == parent:
    for name in ("sub", "empty"):
        try:
            os.rename(here + "/" + name, here + "/aside")
            os.rename(here + "/to", here + "/" + name)
            os.rename(here + "/" + name, here + "/to")
            os.rename(here + "/aside", here + "/" + name)
        except OSError:
            pass
    for name in ("a", "sub/b"):
        try:
            os.unlink(here + "/" + name)
            os.link(outside + "/twin", here + "/" + name)
        except OSError:
            pass
"""


def test_who_swaps_folders_for_links_meanwhile_leads_it_nowhere_else(stored, out) -> None:
    """The other names are of a file that is not the app's, with a content that it knows."""
    outside = stored.folder / "outside"
    (outside / "sub").mkdir(parents=True)
    (outside / "twin").write_text("one")
    (outside / "twin").chmod(0o600)
    if os.getuid() == 0:
        os.chown(out, 65534, 65534)
    before = stored.tree(outside)
    argv = [sys.executable, "-c", SWAP, out, outside]
    with subprocess.Popen(argv, stdout=subprocess.PIPE) as process:
        process.stdout.readline()
        try:
            for _ in range(150):
                with suppress(BackupError):
                    stored.restore(out)
            assert process.poll() is None
        finally:
            process.kill()
    if os.getuid() == 0:
        assert stored.tree(outside) == before
    assert {path.name for path in outside.rglob("*")} == {"sub", "twin"}


def test_the_repository_is_read_while_no_other_rights_are_taken(stored, monkeypatch) -> None:
    """They are the whole process's, threads included."""
    acting = []

    @contextmanager
    def as_the_app():
        assert not acting
        acting.append(True)
        try:
            yield
        finally:
            acting.clear()

    for name in ("get", "list", "put"):
        real = getattr(stored.storage, name)

        def checked(*args, real=real, **words):
            assert not acting
            return real(*args, **words)

        monkeypatch.setattr(stored.storage, name, checked)
    stored.restore(stored.folder / "out", acting=as_the_app)
    writer = stored.agent()
    writer.scan.acting = as_the_app
    stored.write("large", os.urandom(3 * CHUNK_SIZE))
    stored.write("small", "x")
    stored.now += 1
    assert writer.once().pages == 2
