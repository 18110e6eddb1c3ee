"""What a pass stores of a folder's files, and that each moment comes back."""

from __future__ import annotations

import os
import random
import shutil
import time
import tracemalloc
from pathlib import Path

import pytest

from flipside.backup.errors import BackupError
from flipside.backup.media import last, lost
from flipside.backup.media.contents import CHUNK_SIZE
from flipside.backup.media.take import FORMER, TORN

NAMES = [b"a", b"b.jpg", b"\xff\xfe", "Ä".encode(), b"new\nline", b"-n", b" ", b"x" * 200]


def test_all_then_what_is_new_then_nothing(world) -> None:
    world.write("a", "one")
    world.write("sub/b", "two")
    stored = world.once()
    assert (stored.kind, stored.pages, stored.at) == ("files", 3, world.now)
    assert world.once() is None
    world.write("sub/c", "three")
    assert world.once().pages == 1
    assert world.once() is None
    assert world.moments() == ["1.1", "1.2"]
    assert world.writer.moment == "1.2"
    world.whole()


def test_nothing_at_all_is_a_moment_too(world) -> None:
    assert world.once().pages == 0
    world.write("a")
    world.once()
    (world.data / "a").unlink()
    world.once()
    world.whole()
    assert world.restored() == {}


def test_a_pass_without_changes_does_not_ask_the_storage(world, monkeypatch) -> None:
    world.write("a")
    world.once()
    for name in ("put", "get", "list", "folders", "delete"):
        monkeypatch.setattr(type(world.storage), name, None)
    world.now += 10 * 86400
    assert world.writer.once() is None


@pytest.mark.parametrize("seed", range(12))
def test_random_histories_restore_at_each_time(world, chunk, seed) -> None:
    chance, times = random.Random(seed), {}
    for _ in range(20):
        for _ in range(chance.randrange(5)):
            _something(world.data, chance)
        if chance.random() < 0.15:
            world.writer = world.agent()
        world.now += chance.random() * 1000
        world.once()
        assert world.writer.problems == ()
        times[world.now] = world.trees[world.moments()[-1]]
    for at, wanted in times.items():
        assert world.restored(at=at) == wanted
        assert world.restored(at=at + 0.5) == wanted
    world.whole()


def _something(data: Path, chance: random.Random) -> None:
    """Change something, as whoever uploads, edits, moves and deletes does."""
    folders = [Path(above) for above, _, _ in os.walk(data)]
    place = chance.choice(folders) / os.fsdecode(chance.choice(NAMES))
    do = chance.choice([_fill, _fill, _extend, _link, _folder, _remove, _touch, _move, _hard_link])
    do(place, chance)


def _remove(place: Path, _: object) -> None:
    if place.is_dir() and not place.is_symlink():
        shutil.rmtree(place)
    else:
        place.unlink(missing_ok=True)


def _fill(place: Path, chance: random.Random) -> None:
    if not place.is_dir():
        place.unlink(missing_ok=True)
        place.write_bytes(chance.randbytes(chance.choice([0, 1, 10, 5000])) * chance.choice([1, 9]))
        place.chmod(chance.choice([0o644, 0o600, 0o640, 0o755, 0o777]))


def _extend(place: Path, chance: random.Random) -> None:
    if place.is_file() and not place.is_symlink():
        with place.open("ab") as file:
            file.write(chance.randbytes(7))


def _link(place: Path, chance: random.Random) -> None:
    _remove(place, chance)
    place.symlink_to(
        chance.choice(["/nonexistent/x", "nowhere", "..", "a", os.fsdecode(b"\xff\xfe")])
    )


def _folder(place: Path, chance: random.Random) -> None:
    if not place.is_dir():
        _remove(place, chance)
        place.mkdir()
        place.chmod(chance.choice([0o755, 0o700, 0o1777, 0o2775]))


def _touch(place: Path, chance: random.Random) -> None:
    if os.path.lexists(place):
        at = chance.randrange(-(10**18), 4 * 10**18)
        os.utime(place, ns=(at, at), follow_symlinks=False)


def _move(place: Path, chance: random.Random) -> None:
    target = place.with_name("moved")
    if os.path.lexists(place) and not os.path.lexists(target):
        place.rename(target)


def _hard_link(place: Path, chance: random.Random) -> None:
    target = place.with_name("other name")
    if place.is_file() and not place.is_symlink() and not os.path.lexists(target):
        os.link(place, target)


def test_equal_content_is_stored_once(world) -> None:
    content = os.urandom(100_000)
    world.write("a", content)
    first = world.once().size
    for name in "bcd":
        world.write(name, content)
    os.link(world.data / "a", world.data / "hard")
    world.write("twice", content)
    assert world.once().size < 2000 < first
    (world.data / "a").rename(world.data / "sub")
    (world.data / "sub").chmod(0o600)
    assert world.once().size < 2000
    world.whole()


def test_of_a_large_file_only_what_changed_is_stored_again(world) -> None:
    content = bytearray(os.urandom(3 * CHUNK_SIZE + 5))
    large = world.write("large", bytes(content))
    world.once()
    content[CHUNK_SIZE + 7] ^= 1
    large.write_bytes(content)
    assert CHUNK_SIZE < world.once().size < CHUNK_SIZE + 10_000
    with large.open("ab") as file:
        file.write(b"more")
    assert world.once().size < 10_000
    world.whole()


@pytest.mark.parametrize("size", [0, 1, CHUNK_SIZE - 1, CHUNK_SIZE, CHUNK_SIZE + 1, 2 * CHUNK_SIZE])
def test_files_of_all_sizes_come_back(world, size) -> None:
    world.write("a", os.urandom(size))
    world.once()
    world.whole()


def test_a_huge_file_takes_no_more_memory_than_a_large_one(world) -> None:
    with (world.data / "huge").open("wb") as file:
        for _ in range(40):
            file.write(os.urandom(CHUNK_SIZE))
    tracemalloc.start()
    world.writer.once()
    world.restore(world.folder / "out")
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 20 * CHUNK_SIZE
    assert (world.folder / "out/huge").stat().st_size == 40 * CHUNK_SIZE
    assert world.verify().objects == 43


def test_a_change_among_many_files_stores_a_part_of_the_list_alone(world, monkeypatch) -> None:
    monkeypatch.setattr("flipside.backup.media.entry.PIECE", 16)
    for number in range(300):
        world.write(f"{number % 30}/{number:06}.jpg", f"{number}")
    world.once()
    listed = len(world.objects("f/"))
    assert listed > 310
    world.write("7/000007.jpg", "other")
    world.once()
    # The file, and the piece that lists it.
    assert len(world.objects("f/")) == listed + 2
    (world.data / "7/000007.jpg").unlink()
    world.once()
    assert len(world.objects("f/")) == listed + 3
    assert world.restored() == world.tree()


def test_files_that_did_not_change_are_not_read_again_even_after_a_restart(world, settled) -> None:
    for name in "abc":
        world.write(name, name * 10)
    world.once()
    assert sorted(world.scan.read) == ["a", "b", "c"]
    world.write("b", "other, and longer")
    world.writer = world.agent()
    world.once()
    assert world.scan.read == ["b"]
    world.writer = world.agent()
    assert world.once() is None
    assert world.scan.read == []
    world.whole()


def test_a_file_that_may_yet_change_unseen_is_read_again(world, monkeypatch) -> None:
    """As it may for as long as the system's clock stands still."""
    now = time.time_ns()
    for module in ("scan", "media.take"):
        monkeypatch.setattr(f"flipside.backup.{module}.signature", lambda _: (1, 3, now, now))
    world.write("a", "one")
    world.once()
    world.write("a", "two")
    assert world.once().pages == 1
    world.whole()


def test_without_the_index_all_is_read_and_nothing_is_stored_again(world, settled) -> None:
    for name in "abc":
        world.write(name, os.urandom(50_000))
    world.once()
    for spoil in (Path.unlink, lambda path: path.write_bytes(b"spoilt")):
        spoil(world.state / "index")
        world.writer = world.agent()
        assert world.once() is None
        assert sorted(world.scan.read) == ["a", "b", "c"]


def test_without_the_state_a_new_epoch_begins(world) -> None:
    world.write("a")
    world.once()
    shutil.rmtree(world.state)
    world.writer = world.agent()
    assert world.once().kind == "files"
    assert world.moments() == ["1.1", "2.1"]
    world.whole()


def test_a_computer_that_was_set_back_goes_on_after_all_that_it_put(world) -> None:
    """In its epoch while that is the last one, else in another."""
    world.write("a", "one")
    world.once()
    shutil.copytree(world.state, world.folder / "saved")
    world.write("a", "two")
    world.once()
    for wanted in (["1.1", "1.2", "1.3"], ["1.1", "1.2", "1.3", "2.1", "3.1"]):
        shutil.rmtree(world.state)
        if "2.1" in wanted:
            world.writer = world.agent()
            world.once()
            shutil.rmtree(world.state)
        shutil.copytree(world.folder / "saved", world.state)
        world.writer = world.agent()
        world.write("b", wanted[-1])
        world.once()
        assert world.writer.problems == ()
        assert world.moments() == wanted
    world.whole()


def test_other_recipients_begin_a_new_epoch(world, tmp_path) -> None:
    from flipside.backup.keys import Identities
    from flipside.secrets import identity

    world.write("a")
    world.once()
    other = identity.generate()
    (tmp_path / "other").write_text(identity.text([other]))
    theirs = Identities(world.repository, identity.opened(tmp_path / "other"))
    with pytest.raises(BackupError, match="no private key here opens"):
        theirs.open(world.shelf().epoch)
    world.writer.recipients = (*world.recipients, identity.public(other))
    assert world.once().pages == 1
    assert world.moments() == ["1.1", "2.1"]
    world.keys = theirs
    assert world.restored(id="2.1") == world.trees["2.1"]


def test_a_folder_that_is_gone_is_said_and_nothing_is_stored(world) -> None:
    world.write("a")
    world.once()
    world.data.rename(world.folder / "elsewhere")
    with pytest.raises(BackupError, match="cannot read"):
        world.once()
    assert world.moments() == ["1.1"]
    (world.folder / "elsewhere").rename(world.data)
    world.write("b")
    assert world.once()
    world.whole()


def test_a_file_that_grows_while_it_is_read_is_kept_as_it_was(world, monkeypatch) -> None:
    """Each read finds more than the one before."""
    for size in (100, CHUNK_SIZE + 100):
        world.write("log", os.urandom(size))
        real = os.pread

        def growing(file, count, at, real=real):
            with (world.data / "log").open("ab") as log:
                log.write(b"line\n")
            return real(file, count, at)

        with monkeypatch.context() as patch:
            patch.setattr("flipside.backup.media.take.os.pread", growing)
            world.now += 1
            assert world.writer.once()
        assert world.writer.problems == ()
        _, _, _, kept = world.restored()["log"]
        assert (world.data / "log").read_bytes().startswith(kept)
        assert len(kept) >= size


@pytest.mark.parametrize("size", [100, CHUNK_SIZE + 100])
def test_a_file_never_the_same_keeps_its_former_version(world, monkeypatch, size) -> None:
    world.write("restless", b"a" * size)
    world.write("calm", "1")
    world.once()
    before = world.restored()["restless"]
    _restless(world, monkeypatch, size)
    world.write("calm", "22")
    assert world.once()
    assert world.writer.problems == (("restless", FORMER),)
    assert world.restored()["restless"] == before
    assert world.restored()["calm"][3] == b"22"
    assert world.restore(world.folder / "out").torn == ()
    monkeypatch.undo()
    assert world.once()
    world.trees.clear()
    world.whole()


@pytest.mark.parametrize("size", [100, CHUNK_SIZE + 100])
def test_without_a_former_version_it_is_kept_and_said_to_be_torn(world, monkeypatch, size) -> None:
    world.write("restless", b"a" * size)
    _restless(world, monkeypatch, size)
    world.once()
    assert world.writer.problems == (("restless", TORN),)
    assert world.restore(world.folder / "out").torn == ("restless",)
    assert (world.folder / "out/restless").stat().st_size == size
    world.once()
    assert world.writer.problems == (("restless", FORMER),)
    monkeypatch.undo()
    assert world.once()
    assert world.writer.problems == ()
    assert world.restore(world.folder / "out").torn == ()


def _restless(world, monkeypatch, size) -> None:
    """Let the end of a file be another one whenever it is read."""
    real, count = os.pread, iter(range(10**6))

    def pread(file, wanted, at):
        with (world.data / "restless").open("r+b") as target:
            target.seek(size - 8)
            target.write(f"{next(count):08}".encode())
        return real(file, wanted, at)

    monkeypatch.setattr("flipside.backup.media.take.os.pread", pread)


def test_files_that_vanish_or_change_their_kind_meanwhile(world) -> None:
    for name in "abcd":
        world.write(name, name)

    def meanwhile(path):
        if path == "a":
            (world.data / "b").unlink()
            (world.data / "c").unlink()
            (world.data / "c").symlink_to(world.folder / "key")

    world.scan.before = meanwhile
    world.now += 1
    assert world.writer.once()
    assert world.writer.problems == ()
    assert sorted(world.restored()) == ["a", "d"]
    world.scan.before = print
    world.once()
    world.whole()


def test_what_cannot_be_read_keeps_its_former_version_and_is_told(world, monkeypatch) -> None:
    for name in ("bad", "good", "sub/x", "sub/deep/y"):
        world.write(name, name)
    world.once()
    before = world.restored()
    real = os.open

    def refusing(path, flags, *args, **words):
        if path in ("bad", "sub"):
            raise PermissionError(13, "Permission denied")
        return real(path, flags, *args, **words)

    world.write("good", "better")
    world.write("bad", "worse")
    with monkeypatch.context() as patch:
        patch.setattr("flipside.backup.beneath.os.open", refusing)
        world.now += 1
        assert world.writer.once()
    assert {each.path for each in world.writer.problems} == {"bad", "sub"}
    now = world.restored()
    assert now["good"][3] == b"better"
    assert {path: now[path] for path in now if path != "good"} == {
        path: before[path] for path in before if path != "good"
    }


def test_a_clock_that_goes_back_puts_no_moment_before_another(world) -> None:
    world.write("a")
    first = world.once().at
    world.now -= 5000
    world.write("b")
    assert world.once().at > first
    world.writer = world.agent()
    world.write("c")
    assert world.once().at > first
    world.whole()


def test_a_first_pass_in_parts_makes_its_moment_at_the_end(world) -> None:
    """So that databases are not kept waiting by a folder full of films."""
    for number in range(10):
        world.write(f"{number}", os.urandom(1000))
    world.write("film", os.urandom(5000))
    passes, size = 0, 0
    while True:
        world.now += 1
        world.writer = world.agent(most=2500)
        stored = world.writer.once()
        passes, size = passes + 1, size + stored.size
        if not world.writer.unfinished:
            break
        assert (stored.pages, world.moments()) == (0, [])
        world.write("restless", f"{passes}" * 3000)
    assert passes >= 6
    assert (world.moments(), stored.pages) == (["1.1"], 12)
    assert size == sum(map(len, world.objects("f/").values())) + len(*world.objects("m/").values())
    assert world.restored() == world.tree()
    world.write("0", "changed")
    assert world.once().pages == 1
    assert not world.writer.unfinished


def test_a_first_pass_that_is_cut_goes_on_from_where_it_was(world, settled, monkeypatch) -> None:
    monkeypatch.setattr("flipside.backup.media.gather.KEEP", 2500)
    monkeypatch.setattr("flipside.backup.media.take.BATCH_FILES", 2)
    for number in range(10):
        world.write(f"{number}", os.urandom(1000))

    def interrupt(path):
        if path == "7":
            raise KeyboardInterrupt

    world.scan.before = interrupt
    with pytest.raises(KeyboardInterrupt):
        world.once()
    put = set(world.objects("f/"))
    assert (len(put), world.moments()) == (6, [])
    world.writer = world.agent()
    assert world.once().pages == 10
    assert world.scan.read == ["6", "7", "8", "9"]
    assert put < world.objects("f/").keys()
    world.whole()


def test_what_a_part_of_a_pass_has_put_is_not_collected(world, settled) -> None:
    for number in range(10):
        world.write(f"{number}", os.urandom(1000))
    world.writer = world.agent(most=2500)
    put = set()
    while world.writer.once() and world.writer.unfinished:
        assert put <= world.objects("f/").keys()
        put = set(world.objects("f/"))
        for _ in range(3):
            world.now += 2 * 86400
            world.collect()
        if len(put) == 4:
            world.writer = world.agent(most=2500)
    assert put < world.objects("f/").keys()
    assert len(world.objects("f/")) == 11
    assert world.restored() == world.tree()


def test_what_was_put_last_is_known_and_missed(world) -> None:
    assert last(world.state) is None
    assert lost(world.repository, world.state) is None
    world.write("a")
    world.once()
    found = last(world.state)
    assert (found.id, found.at) == ("1.1", world.now)
    assert lost(world.repository, world.state) is None
    (name,) = world.objects("m/")
    world.storage.delete(name)
    assert lost(world.repository, world.state) == name
    assert last(world.folder / "none") is None
    assert not (world.folder / "none").exists()
