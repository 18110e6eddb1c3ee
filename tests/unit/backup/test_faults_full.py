"""No room, be it for a drill, a restore, or the agent to write down how it went."""

from __future__ import annotations

import resource
import signal
from contextlib import suppress
from functools import partial

import pytest
from unit.backup.kill_points import ROOM, Points, full, in_child, points
from unit.backup.small import FILL, INSERT, TABLE, Small

from flipside.backup.agent import attempt
from flipside.backup.database.drill import drill
from flipside.backup.errors import BackupError
from flipside.backup.outcome import Outcome
from flipside.backup.places import Place, Places
from flipside.backup.retention import Retention
from flipside.backup.watch import Watch


def test_where_the_state_has_no_room_it_is_said_in_words(tmp_path) -> None:
    """By the limit on the size of files, which the image is beyond."""
    small = Small(tmp_path / "small")
    small.sql(*TABLE)
    small.once()
    small.sql(FILL.format(n=1000))

    def limited() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
        with pytest.raises(BackupError):
            small.writer.once()
        assert attempt(small.agent()).error

    assert in_child(limited) == 0
    assert small.moments() == small.images
    small.writer = small.agent()
    small.once()
    small.as_live()


def test_a_drill_without_room_says_so(tmp_path) -> None:
    small = Small(tmp_path / "small")
    small.sql(*TABLE)
    small.once()
    small.sql(INSERT.format("second"))
    count = points(partial(_drilled, small.copy(tmp_path / "whole")), tmp_path / "count", ROOM)
    copies = ((at, small.copy(tmp_path / str(at))) for at in range(1, count + 1, 3))
    assert [at for at, copy in copies if in_child(partial(_drilled, copy, at))] == []


def test_an_agent_whose_own_disk_is_full_goes_on_and_says_so(tmp_path) -> None:
    """Though it cannot even write down how the pass went."""
    small = Small(tmp_path / "small")
    small.sql(*TABLE)
    small.local.keep([small.public])

    def passes() -> None:
        given = [Place(small.name, small.path)]
        places = Places(small.local, lambda: given, lambda: [small.public], 86400)
        told: list[Outcome] = []
        watch = Watch(small.local, places, Retention(), [], told.append)
        disk = Points(1, full, ROOM, lasting=True)
        for _ in range(3):
            assert [outcome.error for outcome in watch.once()] != [None]
        assert told[0].error
        disk.end()
        assert [outcome.error for outcome in watch.once()] == [None]

    assert in_child(passes) == 0
    small.as_live()


def _drilled(small: Small, at: int = 0) -> None:
    """Make a drill on a disk that is full from a point on."""
    if at:
        Points(at, full, ROOM, lasting=True)
    with suppress(BackupError):
        drill(small.local, small.writer, small.keys)


def test_a_restore_without_room_changes_nothing(tmp_path) -> None:
    small = Small(tmp_path / "small")
    small.sql(*TABLE, FILL.format(n=1000))
    small.once()
    before = small.path.read_bytes()

    def limited() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
        with pytest.raises(BackupError, match="cannot write"):
            small.restored()

    assert in_child(limited) == 0
    assert not (tmp_path / "small/restored.db").exists()
    assert [path.name for path in small.folder.iterdir() if "restored" in path.name] == []
    assert small.path.read_bytes() == before
