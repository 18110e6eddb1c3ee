"""Long random histories: what a restore at a time brings back is what was taken then."""

from __future__ import annotations

import os
import random
from pathlib import Path

import pytest
from unit.backup.apps import app
from unit.backup.small import FILL, INSERT, TABLE, Small, attempted

from flipside.backup.agent import attempt
from flipside.backup.database import steps, writer
from flipside.backup.errors import BackupError
from flipside.backup.retention import DAY, Retention
from flipside.secrets import identity

KEEP = Retention(DAY / 2, DAY, 3 * DAY)
CHANGES = (
    FILL.format(n=15),
    FILL.format(n=150),
    INSERT.format("one"),
    "UPDATE entry SET body = body || 'x' WHERE id % 7 = 0",
    "DELETE FROM entry WHERE id % 3 = 1",
    "DELETE FROM entry",
    "VACUUM",
    "INSERT INTO entry (body) VALUES (hex(randomblob(20000)))",
    "PRAGMA wal_checkpoint(truncate)",
)


class History:
    """What was done, and what each pass took.

    Attributes:
        taken: The time of each pass that stored something, and the image that it took.
    """

    def __init__(self, folder: Path, seed: int) -> None:
        self.small, self.chance = Small(folder, now=20_000 * DAY), random.Random(seed)
        self.small.sql(*TABLE)
        self.taken: list[tuple[float, str, bytes]] = []
        self.other = self.small.agent()
        self.run(writer=self.small.writer)

    def step(self) -> None:
        """Change something, or let time pass; then make a pass, by this agent or the other one."""
        chance, small = self.chance, self.small
        small.now += chance.choice((1.0, 60.0, 1800.0, 3600.0, 20_000.0))
        small.sql(*chance.choices(CHANGES, k=chance.randrange(3)))
        what = chance.random()
        if what < 0.1:
            small.writer = small.agent()
        elif what < 0.15:
            self.other = small.agent()
        elif what < 0.2:
            small.sql(
                "PRAGMA journal_mode=delete", f"PRAGMA page_size={512 << chance.randrange(5)}"
            )
            small.sql("VACUUM", "PRAGMA journal_mode=wal")
        elif what < 0.24:
            self._recipients()
        elif what < 0.4:
            small.writer.collect(KEEP, [])
        self.run(chance.choice((small.writer, small.writer, self.other)))

    def run(self, writer: writer.Writer) -> None:
        """Make a pass; remember what it took."""
        stored = writer.once()
        if stored:
            image = (self.small.state / "image").read_bytes()
            self.taken.append((stored.at, str(writer.moment), image))

    def _recipients(self) -> None:
        """Let another key read what comes, too, or no more."""
        mine, key = self.small.public, identity.public(identity.generate())
        chosen = self.chance.choice(((mine,), (mine, key)))
        for each in (self.small.writer, self.other):
            each.recipients = chosen

    def holds(self) -> int:
        """Assert that each time brings back what it should; return how many moments there are."""
        small = self.small
        images = {moment: image for _, moment, image in self.taken}
        found = small.moments()
        assert found.items() <= images.items()
        kept = [(at, moment) for at, moment, _ in self.taken if moment in found]
        for (at, moment), (later, _) in zip(kept, [*kept[1:], (small.now + 1, "")], strict=True):
            for when in (at, later - 1e-3):
                assert small.restored(at=when) == found[moment]
        assert isinstance(attempted(small.restored, at=kept[0][0] - 1), BackupError)
        assert small.restored() == self.taken[-1][2]
        return len(kept)


@pytest.mark.parametrize("seed", range(4))
def test_each_time_brings_back_what_was_taken_then(tmp_path, monkeypatch, seed) -> None:
    """Over restarts, collections, changes of recipients, and passes of another process in between."""
    monkeypatch.setattr(os, "fsync", lambda descriptor: None)
    monkeypatch.setattr(steps, "most", lambda page_size: 9)
    monkeypatch.setattr(writer, "FEW", 40)
    history = History(tmp_path / "small", seed)
    for number in range(60):
        history.step()
        if number % 30 == 29:
            assert history.holds() > 3
    for _ in range(6):
        history.small.now += 2 * DAY
        history.small.writer.collect(KEEP, [])
    assert history.holds() < 60
    history.small.as_live()


def test_two_agents_that_take_turns_fork_no_chain(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(os, "fsync", lambda descriptor: None)
    small = Small(tmp_path / "small")
    small.sql(*TABLE)
    agents = [small.agent() for _ in range(3)]
    with app(small.path) as execute:
        for number in range(30):
            execute(INSERT.format(number))
            small.now += 1
            assert attempt(agents[number * 7 % 3]).stored
    (chain,) = small.chains()
    assert len(list(chain.moments())) == 30
    small.as_live()
