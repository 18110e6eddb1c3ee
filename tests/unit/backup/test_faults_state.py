"""State that is damaged, old, or of another day: it costs a base, and never a wrong restore."""

from __future__ import annotations

import os
import random
import signal
from pathlib import Path

import pytest
from unit.backup.faulty import Faulty, down, well
from unit.backup.kill_points import die, in_child, killed
from unit.backup.small import FILL, INSERT, TABLE, Small

from flipside.backup.agent import attempt
from flipside.backup.database import steps
from flipside.backup.retention import Retention
from flipside.backup.scratch import scratch

FILES = ("state.json", "keys.json", "image", "pending")
DAMAGE = {
    "empty": lambda data: b"",
    "cut": lambda data: data[: len(data) // 2],
    "cut by a byte": lambda data: data[:-1],
    "other bytes": lambda data: random.Random(1).randbytes(len(data)),
    "other JSON": lambda data: b"[]",
    "no fields": lambda data: b"{}",
    "zeros": lambda data: bytes(len(data)),
}


@pytest.fixture
def small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Small:
    """One whose agent was killed with an increment on its way."""
    monkeypatch.setattr(os, "fsync", lambda descriptor: None)
    monkeypatch.setattr(steps, "most", lambda page_size: 3)
    made = Small(tmp_path / "small")
    made.sql(*TABLE)
    made.once(FILL.format(n=30))
    made.once(INSERT.format("second"))
    made.sql(INSERT.format("third"))
    at = 10
    while not (made.state / "pending").exists():
        at += 1
        killed(made.copy(tmp_path / str(at)).once, at)
        if (tmp_path / str(at) / made.state.relative_to(made.folder) / "pending").exists():
            killed(made.once, at)
    return made


@pytest.mark.parametrize("name", FILES)
def test_a_damaged_file_of_the_state_costs_a_base(small: Small, tmp_path, name) -> None:
    said = {}
    for label, change in DAMAGE.items():
        copy = small.copy(tmp_path / label)
        path = copy.state / name
        path.write_bytes(change(path.read_bytes()))
        try:
            for number in range(3):
                copy.writer = copy.agent()
                copy.once(INSERT.format(f"later {number}"))
        except Exception as error:  # noqa: BLE001 - told with all others
            said[label] = repr(error)
        else:
            assert small.images.items() <= copy.moments().items()
            copy.as_live()
    assert said == {}


@pytest.mark.parametrize("name", FILES)
def test_a_file_of_the_state_that_is_an_older_one_makes_no_wrong_restore(
    small: Small, name
) -> None:
    before = {each: (small.state / each).read_bytes() for each in FILES}
    small.writer = small.agent()
    small.once(INSERT.format("between"))
    small.once(FILL.format(n=10))
    (small.state / name).write_bytes(before[name])
    small.writer = small.agent()
    small.once(INSERT.format("later"))
    small.once(INSERT.format("last"))
    assert small.images.items() <= small.moments().items()
    small.as_live()


def test_a_damaged_shadow_is_found_though_the_first_pass_fails(small: Small) -> None:
    """With an increment on its way, and the storage down as the agent starts."""
    path = small.state / "image"
    data = bytearray(path.read_bytes())
    data[5000] ^= 1
    path.write_bytes(bytes(data))
    small.behind(Faulty(small.storage))
    small.storage.before = down
    assert attempt(small.writer).error
    small.storage.before = well
    small.once(INSERT.format("later"))
    small.once("UPDATE entry SET body = 'all of them'")
    small.as_live()


def test_scratch_that_killed_agents_left_goes_in_time(small: Small) -> None:
    def proves() -> None:
        with scratch(small.state) as folder:
            (folder / "image").write_bytes(bytes(1 << 20))
            die()

    assert in_child(proves) == -signal.SIGKILL
    assert len(list(small.state.glob(".scratch-*/image"))) == 1
    small.writer = small.agent()
    small.once(INSERT.format("later"))
    small.now += 2 * 86400
    small.once(INSERT.format("a later day"))
    small.now += 2 * 86400
    small.writer.collect(Retention(), [])
    assert not list(small.state.glob(".scratch-*"))
