"""What is kept how long; and that nothing goes that anybody may come to rely on."""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable
from typing import Any

import pytest

from flipside.backup.errors import DamagedError
from flipside.backup.media import collect as collecting
from flipside.backup.media import moments
from flipside.backup.media.collect import Collector
from flipside.backup.media.due import HOUR, due
from flipside.backup.moment import Moment
from flipside.backup.names import FILES, Epoch
from flipside.backup.retention import DAY, GRACE, Retention

EPOCHS = [Epoch(FILES, "0" * 32, number, "0" * 8) for number in (1, 2)]


def kept(times: list[float], now: float) -> list[float]:
    """The times of the moments that stay; those of the second half are another epoch's."""
    half = len(times) // 2
    moments = [Moment(EPOCHS[n >= half], n, at, 1) for n, at in enumerate(times)]
    gone = due(moments, now, Retention())
    return [each.at for each in moments if each not in gone]


def test_all_of_a_day_then_one_an_hour_then_one_a_day_then_none_but_the_newest() -> None:
    now = 1000 * DAY + 7 * HOUR
    times = [now - minutes * 60 for minutes in range(0, 40 * 24 * 60, 10)][::-1]
    stay = kept(times, now)
    ages = [now - at for at in stay]
    assert [age for age in ages if age <= DAY] == [age * 600.0 for age in range(144, -1, -1)]
    hours = [at for at in stay if DAY < now - at <= 7 * DAY]
    assert len(hours) == len({at // HOUR for at in hours}) == 6 * 24
    assert all(at + 600 in (at // HOUR * HOUR + HOUR, now - DAY) for at in hours)
    days = [at for at in stay if now - at > 7 * DAY]
    assert len(days) == len({at // DAY for at in days}) == 23
    assert max(ages) <= 30 * DAY


def test_the_newest_stays_whatever_its_age() -> None:
    assert kept([5.0], 1000 * DAY) == [5.0]
    assert kept([5.0, 6.0], 1000 * DAY) == [6.0]
    assert kept([], 1000 * DAY) == []
    assert kept([5.0, 6.0], 0.0) == [5.0, 6.0]  # a clock that was set back


@pytest.mark.parametrize("seed", range(20))
def test_what_stays_once_stays_as_long_as_it_would_have_if_nobody_had_collected(seed) -> None:
    """Thinning in steps, whenever somebody comes by, keeps what thinning at the end would."""
    chance = random.Random(seed)
    times = sorted(chance.uniform(0, 50 * DAY) for _ in range(400))
    there: list[float] = []
    for now in sorted(chance.uniform(0, 50 * DAY) for _ in range(60)):
        there = sorted({*there, *(at for at in times if at <= now)} & {*kept_until(times, now)})
        wanted = kept([at for at in times if at <= now], now)
        assert set(wanted) <= set(there)
        there = kept(there, now)
        assert there == wanted


def kept_until(times: list[float], now: float) -> list[float]:
    return [at for at in times if at <= now]


def test_forty_days_of_uploads_are_thinned_and_come_back(world) -> None:
    """With a pass every two hours and a collection now and then, as a private key is not at hand."""
    at: dict[float, Any] = {}
    for number in range(40 * 12):
        world.now += 2 * HOUR - 1
        world.write("latest", f"{number}")
        world.write(f"photos/{number % 50}", f"{number}")
        if number % 3 == 0:
            (world.data / f"photos/{number % 7}").unlink(missing_ok=True)
        assert world.writer.once()
        at[world.now] = world.tree()
        if number % 5 == 0:
            world.collect()
        if number % 150 == 149:
            (world.state / "files.json").unlink()
            world.writer = world.agent()
    end = world.now
    for _ in range(3):
        world.now += GRACE + 1
        world.collect()
    found = {
        moment.at: moment.id for moment in moments(world.repository, world.subject, world.keys)
    }
    assert world.verify().moments == len(found)
    assert set(found) <= set(at)
    assert {each for each in at if each > world.now - DAY} <= set(found)
    assert {each for each in found if each < world.now - 30 * DAY} == set()
    for low, high, unit in ((7, 30, DAY), (1, 7, HOUR)):
        there = [each for each in at if world.now - high * DAY < each < end - low * DAY]
        assert {each // unit for each in there} <= {each // unit for each in found}
    assert len(found) < 200
    for time in sorted(found)[:: len(found) // 12]:
        assert world.restored(id=found[time]) == at[time]
    assert world.restored() == world.tree()


def test_nothing_goes_before_a_day_has_passed_since_it_was_marked(world) -> None:
    world.write("a", "one")
    world.once()
    world.write("a", "two")
    world.once()
    world.now += 40 * DAY
    world.collect()
    there = set(world.objects())
    assert world.moments() == ["1.2"]
    world.now += GRACE - 1
    world.collect()
    assert set(world.objects()) == there
    world.now += 2
    world.collect()
    # The list, the piece of it, the content, and the mark.
    assert len(there) - len(world.objects()) == 4
    assert world.verify().objects == len(world.objects())
    assert world.restored() == world.tree()


def test_the_last_that_is_left_stays_though_it_was_marked(world) -> None:
    """The newest was taken away by somebody since."""
    for content in ("one", "two", "three"):
        world.write("a", content)
        world.once()
    world.now += 40 * DAY
    world.collect()
    world.storage.delete(f"{world.shelf().epoch.prefix}m/00000003")
    world.now += GRACE + 1
    world.collect()
    assert world.moments() == ["1.2"]
    assert world.restored()["a"][3] == b"two"


def test_what_a_pass_left_that_was_cut_goes(world) -> None:
    world.write("a", "one")
    world.once()
    shelf = world.shelf()
    name = shelf.contents.name(b"left")
    where = f"{shelf.epoch.prefix}f/{name}"
    world.storage.put(where, shelf.contents.sealed(name, 0, b"left"))
    world.collect()
    assert where in world.objects()
    world.now += GRACE + 1
    world.collect()
    assert where not in world.objects()
    assert world.verify().objects == len(world.objects())


def gone(world) -> None:
    """Bring about that the content of b is marked, and nothing refers to it."""
    world.write("a", "stays")
    world.write("b", "comes back")
    world.once()
    (world.data / "b").unlink()
    world.once()
    world.now += 40 * DAY
    world.collect()
    assert len(world.shelf().marks()) == 1


@pytest.mark.parametrize("age", [0, 0.4, 0.6, 0.99, 1.5, 30])
@pytest.mark.parametrize("restarted", [True, False])
def test_a_content_that_comes_back_while_it_is_marked_stays(world, age, restarted) -> None:
    """Whenever it does, whether or not its writer knows it from before."""
    gone(world)
    world.now += age * GRACE
    world.write("b", "comes back")
    if restarted:
        world.writer = world.agent()
    world.once()
    for _ in range(4):
        assert world.restored() == world.tree()
        world.verify()
        world.now += GRACE + 1
        world.collect()
    assert world.verify().objects == len(world.objects())


@pytest.mark.parametrize("restarted", [True, False])
def test_a_content_that_comes_back_once_it_was_deleted_is_put_again(world, restarted) -> None:
    """The writer learns of deletions by others from the marks alone."""
    gone(world)
    world.now += GRACE + 1
    if restarted:
        world.writer = world.agent()
    world.collect(world.agent())
    assert world.shelf().marks() == []
    world.write("b", "comes back")
    world.once()
    assert world.restored() == world.tree()
    world.verify()


@pytest.mark.parametrize("hour", [1, 11, 13, 23, 25, 26, 40])
def test_a_busy_writer_notices_what_another_process_deletes(world, hour) -> None:
    """It never waits long enough to look at everything anew."""
    gone(world)
    other = world.agent()
    for now in range(45):
        world.now += HOUR
        world.write("tick", f"{now}")
        if now >= hour:
            world.write("b", "comes back")
        world.writer.once()
        assert world.restored() == world.tree()
        world.verify()
        world.collect(other)


def test_what_was_marked_before_a_list_had_it_is_not_put_twice(world) -> None:
    """It is marked as left behind, and stays all the same."""
    world.write("a", "one")
    world.once()
    content = "put long before it is listed"
    world.write("b", content)
    storage = Between(world.storage, "put", "/m/", lambda: world.collect(world.agent()))
    world.writer = world.agent(storage)
    world.once()
    (mark,) = world.shelf().marks()
    assert world.shelf().contents.name(content.encode()) in mark.contents
    world.now += 0.7 * GRACE
    world.write("a", "two")
    before = len(world.objects("f/"))
    world.once()
    assert len(world.objects("f/")) == before + 2
    assert world.restored() == world.tree()


def test_a_writer_that_slept_through_it_all_notices(world) -> None:
    """The mark came and went while its computer was suspended."""
    world.write("a", "stays")
    world.write("b", "comes back")
    world.once()
    (world.data / "b").unlink()
    world.once()
    other = world.agent()
    for _ in range(3):
        world.now += 40 * DAY
        world.collect(other)
    assert world.shelf().marks() == []
    world.write("b", "comes back")
    world.once()
    assert world.restored() == world.tree()
    world.verify()


class Between:
    """A storage in which something happens just before a call."""

    def __init__(self, storage: Any, call: str, part: str, happens: Callable[[], object]) -> None:
        self._storage, self._call, self._part, self._happens = storage, call, part, happens

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._storage, name)

        def call(where: str, *args: Any, **words: Any) -> Any:
            if self._call == name and self._part in where and self._happens:
                happens, self._happens = self._happens, None
                happens()
            return found(where, *args, **words)

        return call


MOMENTS = [
    ("list", "/f/"),
    ("list", "/m/"),
    ("get", "/m/"),
    ("get", "/gone-"),
    ("delete", "/f/"),
    ("delete", "/m/"),
    ("delete", "/gone-"),
    ("put", "/gone-"),
    ("folders", "files/"),
]


@pytest.mark.parametrize("where", MOMENTS, ids="-".join)
@pytest.mark.parametrize("age", [0.1, 0.7, 1.1])
def test_a_pass_in_the_middle_of_a_collection(world, where, age) -> None:
    """Another computer's, or another process's: whenever it comes, all that it lists is there."""
    gone(world)
    world.now += age * GRACE
    world.write("b", "comes back")
    world.write("c", "new")
    passed = []
    collector = world.agent(Between(world.storage, *where, lambda: passed.append(world.once())))
    world.collect(collector)
    if passed:
        assert world.restored() == world.tree()
    world.once()
    for _ in range(3):
        assert world.restored() == world.tree()
        world.verify()
        world.now += GRACE + 1
        world.collect()
    assert world.verify().objects == len(world.objects())


@pytest.mark.parametrize("part", ["/f/", "/m/"])
@pytest.mark.parametrize("age", [0.1, 0.45, 0.7, 1.1])
def test_a_collection_in_the_middle_of_a_pass(world, part, age) -> None:
    gone(world)
    world.now += age * GRACE
    world.write("b", "comes back")
    world.write("c", "new")
    happened = []

    def collect() -> None:
        happened.append(world.collect(world.agent()))

    world.writer = world.agent(Between(world.storage, "put", part, collect))
    world.once()
    assert happened
    for _ in range(3):
        assert world.restored() == world.tree()
        world.verify()
        world.now += GRACE + 1
        world.collect(world.agent())
    assert world.verify().objects == len(world.objects())


def test_a_pass_that_takes_days_finds_what_it_put_deleted_and_puts_it_again(world) -> None:
    """Marked while no list had it yet, and swept by another computer before one did."""
    world.write("a", "one")
    world.once()
    world.write("b", "two")
    days = []

    def pass_by() -> None:
        for _ in range(3):
            world.now += GRACE + 1
            world.collect(other)
        days.append(True)

    other = world.agent()
    storage = Between(world.storage, "list", "/f/", None)
    world.writer = world.agent(storage)
    world.write("b", "two")
    real = world.writer._pass

    def slow(line, found):
        look = line.stock.look

        def later():
            if not days:
                pass_by()
            look()

        line.stock.look = later
        return real(line, found)

    world.writer._pass = slow
    assert world.writer.once()
    assert days
    assert world.restored() == world.tree()
    world.verify()


@pytest.mark.parametrize("seed", range(8))
def test_any_order_of_passes_and_collections(world, seed) -> None:
    """Two collect, one of them in the middle of what the other and the writer do; contents come and go."""
    chance = random.Random(seed)
    storage = Between(world.storage, "", "", None)
    calls = ("put", "get", "list", "delete")
    for _ in range(60):
        world.now += chance.choice([1, HOUR, DAY / 3, 2 * DAY, 20 * DAY])
        for name in "abc":
            (world.data / name).unlink(missing_ok=True)
            if chance.random() < 0.5:
                world.write(name, f"content {chance.randrange(4)}")
        other = world.agent()
        storage._call, storage._part = (
            chance.choice(calls),
            chance.choice(["/f/", "/m/", "/gone-", ""]),
        )
        if chance.random() < 0.5:
            storage._happens = lambda other=other: world.collect(other)
            writer = world.agent(storage) if chance.random() < 0.3 else world.writer
            writer._repository.storage  # noqa: B018 - the one that was given to it
            world.writer = writer
            world.writer.once()
        else:
            world.writer = world.agent()
            storage._happens = world.writer.once
            world.collect(world.agent(storage))
            world.writer.once()
        storage._happens = None
        assert world.restored() == world.tree()
        world.verify()
    for _ in range(3):
        world.now += 40 * DAY
        world.collect()
    assert world.verify().objects == len(world.objects())


def test_two_who_collect_at_once_do_no_harm(world) -> None:
    gone(world)
    world.now += GRACE + 1
    for call, part in (("delete", "/f/"), ("delete", "/gone-"), ("get", "/m/"), ("put", "/gone-")):
        one = Between(world.storage, call, part, lambda: world.collect(world.agent()))
        world.collect(world.agent(one))
        assert world.restored() == world.tree()
        world.verify()
        world.write("b", f"{call}{part}")
        world.once()
        (world.data / "b").unlink()
        world.once()
        world.now += 40 * DAY
        world.collect(world.agent())
        world.now += GRACE + 1


def test_whoever_finds_the_mark_gone_stops_deleting(world, monkeypatch) -> None:
    monkeypatch.setattr(collecting, "STEP", 1)
    gone(world)
    world.now += GRACE + 1
    (mark,) = world.objects("gone-")
    taken = Between(world.storage, "delete", "/f/", lambda: world.storage.delete(mark))
    before = len(world.objects("f/"))
    world.collect(world.agent(taken))
    assert len(world.objects("f/")) == before - 1


def test_an_old_epoch_goes_whole_once_the_newest_was_proven(world) -> None:
    world.write("a", "one")
    world.once()
    shutil.rmtree(world.state)
    world.writer = world.agent()
    world.once()
    old = world.repository.begun(FILES, world.subject)[0]
    world.now += 40 * DAY
    collect(world)
    assert world.moments() == ["2.1"]
    assert world.storage.get(old.gone()) is not None
    world.now += GRACE - 1
    collect(world)
    assert world.storage.get(old.key) is not None
    world.now += 2
    assert collect(world) == [old]
    assert len(world.repository.begun(FILES, world.subject)) == 1
    assert list(world.storage.list(old.prefix)) == []
    assert world.restored() == world.tree()


def collect(world) -> list[Epoch]:
    """Collect as somebody with a private key does."""
    words = world.repository, world.subject, world.keys, world.state, Retention(), lambda: world.now
    return list(Collector(*words).collect())


def test_an_old_epoch_stays_while_the_newest_does_not_prove(world) -> None:
    world.write("a", "one")
    world.once()
    shutil.rmtree(world.state)
    world.writer = world.agent()
    world.once()
    content = next(iter(world.objects("f/")))
    data = world.storage.get(content)
    world.storage.delete(content)
    world.now += 40 * DAY
    with pytest.raises(DamagedError):
        collect(world)
    world.storage.put(content, data)
    assert world.restored(id="1.1") == world.restored(id="2.1")
    collect(world)
    assert world.moments() == ["2.1"]


def test_an_epoch_that_the_agent_cannot_open_stays(world) -> None:
    """It has no private key, and has lost what it remembered."""
    world.write("a", "one")
    world.once()
    shutil.rmtree(world.state)
    world.writer = world.agent()
    world.once()
    for _ in range(3):
        world.now += 40 * DAY
        world.collect()
    assert world.moments() == ["1.1", "2.1"]


def test_an_epoch_that_never_came_to_a_list_goes_unless_it_is_the_last(world) -> None:
    world.write("a", "one")
    epoch, _ = world.repository.new_epoch(FILES, world.subject, world.name, world.recipients)
    collect(world)
    assert world.repository.begun(FILES, world.subject) == [epoch]
    world.once()
    assert collect(world) == [epoch]
    world.collect()
    assert world.moments() == ["2.1"]
    world.whole()


def test_a_writer_whose_epoch_is_to_go_begins_another(world) -> None:
    """Its computer slept while another, set up anew, took its place; the lease is a courtesy."""
    world.write("a", "one")
    world.once()
    state = world.state.rename(world.folder / "states/aside")
    other = world.agent()
    world.now += 1
    other.once()
    world.now += 40 * DAY
    collect(world)
    shutil.rmtree(world.state)
    state.rename(world.state)
    world.write("a", "two")
    for _ in range(2):
        world.once()
        assert world.moments() == ["2.1", "3.1"]
        world.writer = world.agent()
    assert world.restored() == world.tree()


def test_keys_of_epochs_that_are_gone_are_forgotten(world) -> None:
    world.write("a", "one")
    world.once()
    (world.state / "files.json").unlink()
    world.writer = world.agent()
    world.once()
    assert len(world.writer._state.keys()) == 2
    for _ in range(2):
        world.now += 40 * DAY
        world.collect()
    assert len(world.writer._state.keys()) == 1
    world.writer = world.agent()
    world.write("a", "two")
    world.once()
    assert world.restored() == world.tree()


def test_what_cannot_be_read_keeps_everything(world) -> None:
    world.write("a", "one")
    world.once()
    world.write("a", "two")
    world.once()
    world.now += 40 * DAY
    world.collect()
    piece = world.shelf().manifest(2).pieces[0]
    where = f"{world.shelf().epoch.prefix}f/{piece}"
    world.storage.delete(where)
    before = set(world.objects())
    world.now += GRACE + 1
    with pytest.raises(DamagedError):
        world.collect()
    assert set(world.objects()) == before
