"""Deployment records and the audit trail."""

from __future__ import annotations

import threading

import pytest

from flipside.errors import FlipsideError, NotFoundError
from flipside.machine.audit import Audit
from flipside.machine.layout import Layout
from flipside.machine.records import Record, Records, advance, last, previous

A, B, C = "1-aaaaaaaa", "2-bbbbbbbb", "3-cccccccc"


def deploy(records: Records, *releases: str, back: bool = False) -> Record:
    for release in releases:
        records.begin("blog", "production", release, "ann@laptop", back=back)
        record = records.finish("blog", "production", success=True)
    return record


def test_nothing_deployed_is_an_empty_record(layout: Layout) -> None:
    """Reading one writes nothing."""
    records = Records(layout)
    assert records.load("blog", "production")["release"] is None
    assert not records.exists("blog", "production")
    assert records.all() == []


def test_deploys_stack_up_and_rollbacks_pop(layout: Layout) -> None:
    """After A, B, C a rollback goes to B, the next one to A, and then there is none."""
    records = Records(layout)
    record = deploy(records, A, B, C)
    assert (record["release"], record["history"], previous(record)) == (C, [A, B, C], B)
    record = deploy(records, B, back=True)
    assert (record["release"], record["history"], previous(record)) == (B, [A, B], A)
    record = deploy(records, A, back=True)
    assert (record["history"], previous(record)) == ([A], None)


@pytest.mark.parametrize(
    ("history", "release", "back", "expected"),
    [
        ([], A, False, [A]),
        ([A], A, False, [A]),
        ([A, B], A, False, [A, B, A]),
        ([A, B, C], A, True, [A]),
        ([A, B, A, C], A, True, [A, B, A]),
        ([A, B], C, True, [A, B, C]),
    ],
)
def test_advance(history: list[str], release: str, back: bool, expected: list[str]) -> None:
    """Going back to what is on the stack pops to it; everything else is pushed, but not twice."""
    assert advance(history, release, back=back) == expected


@pytest.mark.parametrize(
    ("keep", "expected"), [(1, [A]), (2, [B, A, B, A]), (3, [C, B, A, B, A]), (9, [C, B, A, B, A])]
)
def test_last_counts_different_releases(keep: int, expected: list[str]) -> None:
    """Going to and fro between two releases does not use up what is kept."""
    assert last([C, B, A, B, A], keep) == expected


def test_a_failed_deploy_changes_nothing_but_is_no_longer_pending(layout: Layout) -> None:
    """What was live stays live."""
    records = Records(layout)
    before = deploy(records, A)
    records.begin("blog", "production", B, "bob@desk")
    assert records.finish("blog", "production", success=False) == before


def test_a_killed_deploy_is_seen_in_the_record(layout: Layout) -> None:
    """It says what was being deployed, by whom, since when."""
    records = Records(layout)
    deploy(records, A)
    records.begin("blog", "production", B, "bob@desk")
    pending = records.load("blog", "production")["pending"]
    assert pending is not None
    assert (pending["release"], pending["by"], pending["back"]) == (B, "bob@desk", False)


def test_finishing_what_never_began_changes_nothing(layout: Layout) -> None:
    """As when a second finish follows a first."""
    records = Records(layout)
    before = deploy(records, A)
    assert records.finish("blog", "production", success=True) == before


def test_values_can_be_read_by_the_owner_only(layout: Layout) -> None:
    """A record holds secrets."""
    Records(layout).set_config("blog", "production", {"TOKEN": "x"})
    assert layout.record("blog", "production").stat().st_mode & 0o777 == 0o600


def test_config_is_set_and_unset(layout: Layout) -> None:
    """All of a change or none of it."""
    records = Records(layout)
    records.set_config("blog", "production", {"A": "1", "B": "2"})
    with pytest.raises(NotFoundError, match=r"C is not set for blog in production .set: A, B"):
        records.unset_config("blog", "production", ["A", "C"])
    with pytest.raises(FlipsideError, match="no name for a variable"):
        records.set_config("blog", "production", {"A": "9", "9A": "9"})
    assert records.load("blog", "production")["config"] == {"A": "1", "B": "2"}
    assert records.unset_config("blog", "production", ["A"])["config"] == {"B": "2"}


def test_the_platforms_own_variables_are_not_set(layout: Layout) -> None:
    with pytest.raises(FlipsideError, match="begins with FLIPSIDE_"):
        Records(layout).set_config("blog", "production", {"A": "1", "FLIPSIDE_APP": "x"})
    assert Records(layout).load("blog", "production")["config"] == {}


def test_environments_with_prefixes_of_one_name_are_strangers(layout: Layout) -> None:
    """Removing ``app1`` leaves ``app10`` and ``app1-x``."""
    records = Records(layout)
    for app in ("app1", "app10", "app1-x"):
        records.set_stopped(app, "production", stopped=True)
    records.remove("app1", "production")
    assert [record["app"] for record in records.all()] == ["app1-x", "app10"]
    assert not records.load("app1", "production")["stopped"]


def test_changes_at_once_are_all_kept(layout: Layout) -> None:
    """Read, change, write is one step for all others."""
    records = Records(layout)

    def change(number: int) -> None:
        records.set_config("blog", "production", {f"V{number}": "x"})

    threads = [threading.Thread(target=change, args=(number,)) for number in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(records.load("blog", "production")["config"]) == 20


def test_the_audit_trail_is_read_newest_first(layout: Layout) -> None:
    """By whole names, and no more than asked for."""
    audit = Audit(layout)
    for app in ("app1", "app10", "app1"):
        audit.write(
            "deploy", by="ann@laptop", result="ok", app=app, env="production", seconds=1.2345
        )
    audit.write("rollback", by="bob@desk", result="failed", app="app1", env="staging", detail="why")
    assert [one["action"] for one in audit.read("app1")] == ["rollback", "deploy", "deploy"]
    assert [one["env"] for one in audit.read("app1", "production", limit=1)] == ["production"]
    assert audit.read("app10")[0]["seconds"] == 1.234
    assert audit.read()[0] | {"at": ""} == {
        "at": "",
        "by": "bob@desk",
        "action": "rollback",
        "app": "app1",
        "env": "staging",
        "release": None,
        "result": "failed",
        "seconds": None,
        "detail": "why",
    }


def test_a_torn_line_costs_nothing_but_itself(layout: Layout) -> None:
    """Neither those before it nor the next one."""
    audit = Audit(layout)
    audit.write("first", by="ann@laptop", result="ok")
    with audit.path.open("a") as file:
        file.write('{"action": "torn')
    assert [one["action"] for one in audit.read()] == ["first"]
    audit.write("next", by="ann@laptop", result="ok")
    assert [one["action"] for one in audit.read()] == ["next", "first"]


def test_writers_at_once_write_whole_lines(layout: Layout) -> None:
    """Every entry of many writers is there."""
    audit = Audit(layout)
    detail = "x" * 20000
    writers = [
        threading.Thread(target=lambda: audit.write("a", by="b", result="ok", detail=detail))
        for _ in range(20)
    ]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert len(audit.read()) == 20
    assert audit.read("nobody") == []


def test_no_audit_trail_yet_is_an_empty_one(layout: Layout) -> None:
    """Reading makes no file."""
    assert Audit(layout).read() == []
    assert not layout.audit.exists()
