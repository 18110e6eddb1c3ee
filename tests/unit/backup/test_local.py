"""This computer's side of a repository: who may read, who writes, and how its subjects stand."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest

from flipside.backup import local as module
from flipside.backup import report
from flipside.backup.errors import BackupError, ConflictError
from flipside.backup.local import Local
from flipside.backup.names import DATABASE
from flipside.backup.outcome import Outcome, Stored
from flipside.backup.storage import lease as lease_module

FAILED = Outcome("app.db", error=BackupError("no room", "/disk", "make some"))


@pytest.fixture
def local(world) -> Local:
    """A computer's side of the world's repository, with the world's database in it."""
    return Local(world.repository, world.folder / "here")


@pytest.mark.parametrize(
    ("named", "base", "found"),
    [
        ("{0}/named", "{0}/xdg", "named"),
        ("", "{0}/xdg", "xdg/flipside/backup"),
        ("", "not/absolute", "home/.local/state/flipside/backup"),
        ("", "", "home/.local/state/flipside/backup"),
    ],
)
def test_the_state_is_where_the_variables_say(tmp_path, monkeypatch, named, base, found) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("FLIPSIDE_BACKUP_STATE", named.format(tmp_path))
    monkeypatch.setenv("XDG_STATE_HOME", base.format(tmp_path))
    assert module.folder() == tmp_path / found


def test_recipients_are_those_that_were_named_here(local) -> None:
    with pytest.raises(BackupError, match="was not told who may read") as caught:
        _ = local.recipients
    assert "flipside-backup init" in caught.value.next
    local.keep(["age1a", "age1b"])
    assert local.recipients == ["age1a", "age1b"]
    mode = stat.S_IMODE((local.folder / "config.json").stat().st_mode)
    assert (mode, stat.S_IMODE(local.folder.stat().st_mode)) == (0o600, 0o700)


def test_one_agent_at_a_time_on_this_computer(local) -> None:
    with local.alone():
        other = Local(local.repository, local.folder.parent)
        with pytest.raises(ConflictError, match="another agent on this computer"), other.alone():
            pass
    with local.alone():
        pass


def test_a_single_pass_may_run_beside_the_agent_of_this_computer(local) -> None:
    with local.alone(), local.writing():
        pass
    with local.writing():
        assert held(local)["until"] > 0
    assert held(local)["until"] == 0


def test_another_computer_is_refused_until_it_is_known_to_be_gone(local, tmp_path) -> None:
    elsewhere = Local(local.repository, tmp_path / "elsewhere")
    with local.alone():
        with pytest.raises(ConflictError), elsewhere.alone():
            pass
        with pytest.raises(ConflictError), elsewhere.writing():
            pass
        with elsewhere.writing(take_over=True):
            pass
    with elsewhere.alone():
        pass


def test_what_is_put_keeps_the_lease(local, monkeypatch) -> None:
    with local.alone():
        monkeypatch.setattr(lease_module, "TTL", 1e-3)
        before = held(local)["until"]
        local.repository.storage.put("x", b"data")
        assert held(local)["until"] != before
    local.repository.storage.put("y", b"data")
    assert held(local)["until"] == 0


def held(local: Local) -> dict:
    return json.loads(local.repository.storage.get("writer.json"))


def test_a_computer_keeps_its_name_among_the_writers(local) -> None:
    with local.alone():
        first = held(local)["writer"]
    with Local(local.repository, local.folder.parent).alone():
        assert held(local)["writer"] == first


def test_before_the_first_pass_there_is_nothing_to_stand(local) -> None:
    assert report.standings(local, 100.0) == []


def test_a_pass_is_noted_with_what_it_put(local) -> None:
    local.folder.mkdir(parents=True)
    report.note(local, [Outcome("app.db", Stored("base", 500, 2, 90.0))], 100.0)
    report.note(local, [Outcome("app.db", Stored("increment", 20, 1, 105.0))], 110.0)
    (found,) = report.standings(local, 112.5)
    assert (found.name, found.size, found.checked, found.behind) == ("app.db", 520, 110.0, 2.5)
    assert (found.error, found.since, found.proven, found.moment) == (None,) * 4


def test_a_failure_is_noted_since_the_first_of_them_and_gone_with_the_next_success(local) -> None:
    local.folder.mkdir(parents=True)
    report.note(local, [Outcome("app.db")], 100.0)
    for now in (110.0, 120.0):
        report.note(local, [FAILED, Outcome("other.db")], now)
    failing, other = report.standings(local, 125.0)
    assert failing.error == {"what": "no room", "where": "/disk", "next": "make some"}
    assert (failing.since, failing.checked, failing.behind) == (110.0, 100.0, 25.0)
    assert (other.error, other.behind) == (None, 5.0)
    report.note(local, [Outcome("app.db")], 130.0)
    found = report.standings(local, 130.0)
    assert [(one.error, one.since) for one in found] == [(None, None)] * 2
    assert [one.checked for one in found] == [130.0, 120.0]


def test_what_never_passed_is_behind_by_nobody_knows_how_much(local) -> None:
    local.folder.mkdir(parents=True)
    report.note(local, [FAILED], 100.0)
    assert report.standings(local, 125.0)[0].behind is None


def test_a_clock_that_went_back_makes_nothing_negative(local) -> None:
    local.folder.mkdir(parents=True)
    report.note(local, [Outcome("app.db")], 100.0)
    assert report.standings(local, 50.0)[0].behind == 0.0


def test_bytes_are_counted_anew(world) -> None:
    local = Local(world.repository, world.folder / "states-of-all")
    local.folder.mkdir(parents=True)
    world.once()
    report.count(local, world.name, DATABASE)
    there = sum(each.size for each in world.storage.list("db/"))
    assert report.standings(local, 1.0)[0].size == there > 0


def test_what_a_chain_should_end_with_is_missed(world, local) -> None:
    world.once()
    world.sql("INSERT INTO entry (body) VALUES ('second')")
    world.once()
    tip = world.writer.state.tip()
    name = tip.epoch.increment(1)
    assert report.lost(local, tip) is None
    path = Path(str(world.storage)) / name
    content = path.read_bytes()
    path.unlink()
    assert report.lost(local, tip) == name
    path.write_bytes(content[::-1])
    assert report.lost(local, tip) == name
