"""Hours of writers, kills, thinning and restores: no restore may ever succeed with wrong bytes.

`bin/test --slow tests/unit/backup/test_soak.py`; ``FLIPSIDE_SOAK`` has the seconds, an hour if absent. Its
result is in docs/backup.md.
"""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from contextlib import closing
from pathlib import Path

import pytest

from flipside.backup.database.chains import chains, find
from flipside.backup.database.restore import restore
from flipside.backup.keys import Identities
from flipside.backup.moment import Until
from flipside.backup.names import subject_id
from flipside.backup.repository import opened
from flipside.backup.storage.location import storage_at
from flipside.errors import FlipsideError
from flipside.secrets import identity

SECONDS = float(os.environ.get("FLIPSIDE_SOAK", "3600"))
MODES = ("wal", "delete", "truncate", "wal", "persist")
EVERY = "1"
# Each transaction moves an amount from one account to another, and counts itself.
WRITER = """
import random, sqlite3, sys, time
path, mode, seed = sys.argv[1:]
chance = random.Random(int(seed))
app = sqlite3.connect(path, isolation_level=None, timeout=60)
app.execute(f"PRAGMA journal_mode={mode}")
app.execute("CREATE TABLE IF NOT EXISTS account (id INTEGER PRIMARY KEY, amount INT, note BLOB)")
app.execute("CREATE TABLE IF NOT EXISTS done (number INTEGER PRIMARY KEY, at REAL)")
app.execute("INSERT OR IGNORE INTO account VALUES (0, 1000000, '')")
number = app.execute("SELECT count(*) FROM done").fetchone()[0]
while True:
    app.execute("BEGIN IMMEDIATE")
    amount, other = chance.randrange(100), chance.randrange(1, 3000)
    app.execute("UPDATE account SET amount = amount - ? WHERE id = 0", [amount])
    app.execute("INSERT INTO account VALUES (?, ?, ?) ON CONFLICT (id) DO UPDATE SET"
        " amount = amount + excluded.amount, note = excluded.note",
        [other, amount, chance.randbytes(chance.choice([10, 100, 3000]))])
    number += 1
    app.execute("INSERT INTO done VALUES (?, ?)", [number, time.time()])
    app.execute("COMMIT")
    if chance.random() < 0.002:
        app.execute(chance.choice(["VACUUM", "PRAGMA wal_checkpoint(truncate)",
            "PRAGMA wal_checkpoint(passive)", "DELETE FROM account WHERE id > 0 AND amount = 0"]))
    time.sleep(chance.random() * 0.1)
"""


@pytest.fixture
def soak(tmp_path, monkeypatch):
    """Databases that are written to, and an agent that keeps them."""
    for name in ("FLIPSIDE_BACKUP_STATE", "FLIPSIDE_KEYS"):
        monkeypatch.setenv(name, str(tmp_path / name))
    made = Soak(tmp_path)
    try:
        yield made
    finally:
        for process in (*made.writers, made.agent):
            process.kill()
            process.wait()


class Soak:
    """The databases, their writers, the agent, and what was seen."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.repo = folder, folder / "repo"
        self.run("init", str(self.repo))
        (key,) = (folder / "FLIPSIDE_KEYS").glob("*.key")
        self.repository = opened(storage_at(str(self.repo)))
        self.keys = Identities(self.repository, identity.opened(key))
        self.paths = [folder / f"{number}-{mode}.db" for number, mode in enumerate(MODES)]
        self.writers = [self.writer(path) for path in self.paths]
        self.seen: Counter[str] = Counter()
        time.sleep(2)
        self.agent = self.begin()

    def writer(self, path: Path) -> subprocess.Popen[bytes]:
        number, mode = path.stem.split("-")
        argv = [sys.executable, "-c", WRITER, str(path), mode, str(time.time_ns() + int(number))]
        return subprocess.Popen(argv)

    def argv(self, *words: str) -> list[str]:
        return [sys.executable, "-m", "flipside.backup.cli", *words]

    def run(self, *words: str) -> None:
        subprocess.run(self.argv(*words), check=True, capture_output=True)

    def begin(self) -> subprocess.Popen[bytes]:
        words = ("watch", str(self.repo), *map(str, self.paths), "--every", EVERY)
        return subprocess.Popen(self.argv(*words), stdout=subprocess.DEVNULL)

    def kill(self, chance: random.Random) -> None:
        """End the agent, or a writer, at no good moment, and start another."""
        if chance.random() < 0.5:
            self.agent.send_signal(signal.SIGKILL)
            self.agent.wait()
            self.agent = self.begin()
            self.seen["agents killed"] += 1
        else:
            number = chance.randrange(len(self.writers))
            self.writers[number].send_signal(signal.SIGKILL)
            self.writers[number].wait()
            self.writers[number] = self.writer(self.paths[number])
            self.seen["writers killed"] += 1

    def moments(self, path: Path) -> list[str]:
        subject = subject_id(self.repository.id, str(path))
        found = list(chains(self.repository, subject, self.keys))
        return [moment.id for chain in reversed(found) for moment in chain.moments()]

    def check(self, path: Path, moment: str) -> int:
        """Restore a moment; nothing of a transaction may be missing, or there by half."""
        target = self.folder / "back.db"
        target.unlink(missing_ok=True)
        until = Until(id=moment)
        chain = find(self.repository, str(path), until, self.keys)
        done = restore(chain, until, target, replace=False)
        with closing(sqlite3.connect(target)) as copy:
            assert copy.execute("PRAGMA integrity_check").fetchone() == ("ok",)
            assert copy.execute("SELECT sum(amount) FROM account").fetchone() == (1000000,)
            count, last, at = copy.execute(
                "SELECT count(*), max(number), max(at) FROM done"
            ).fetchone()
        assert count == last, "transactions are missing in between"
        assert at <= done.moment.at
        self.seen["moments restored"] += 1
        return count


@pytest.mark.slow
def test_no_restore_is_wrong_whatever_is_killed_meanwhile(soak: Soak) -> None:
    chance, end = random.Random(int(time.time())), time.monotonic() + SECONDS
    while time.monotonic() < end:
        time.sleep(chance.random() * 20)
        soak.kill(chance)
        path = chance.choice(soak.paths)
        known = soak.moments(path)
        chosen = sorted(chance.sample(range(len(known)), min(3, len(known))))
        counts = [soak.check(path, known[index]) for index in chosen]
        assert counts == sorted(counts)
    for process in soak.writers:
        process.kill()
        process.wait()
    soak.agent.terminate()
    assert soak.agent.wait() == 0
    soak.run("now", str(soak.repo), *map(str, soak.paths))
    for path in soak.paths:
        count = soak.check(path, soak.moments(path)[-1])
        with closing(sqlite3.connect(path)) as live:
            wanted = list(live.iterdump())
        with closing(sqlite3.connect(soak.folder / "back.db")) as copy:
            assert list(copy.iterdump()) == wanted
        soak.seen["transactions"] += count
        soak.seen["moments"] += len(soak.moments(path))
    soak.run("verify", str(soak.repo))
    sys.stdout.write(f"\n{dict(soak.seen)} in {SECONDS:g} s\n")


def test_a_short_soak(soak: Soak) -> None:
    """The same for a few seconds, in each run of the tests."""
    time.sleep(6)
    soak.kill(random.Random(1))
    time.sleep(3)
    for path in soak.paths:
        for moment in soak.moments(path)[-2:]:
            try:
                soak.check(path, moment)
            except FlipsideError as error:
                raise AssertionError(str(error)) from error
