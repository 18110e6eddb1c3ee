"""The format is what docs/backup-format.md says: a reader that shares no code gets the same bytes."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from unit.backup.altered import flip

from flipside.backup.database import steps
from flipside.backup.retention import DAY, Retention

READER = Path(__file__).with_name("reference_reader.py")
DOCS = Path(__file__).parents[3] / "docs/backup-format.md"


def read(world, moment: str) -> subprocess.CompletedProcess[str]:
    """Let the reader bring a moment back to `out`."""
    argv = [world.storage.path, world.folder / "key", world.name, world.folder / "out", moment]
    command = [sys.executable, str(READER), *map(str, argv)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.fixture
def kept(world, monkeypatch):
    """A world with increments in parts, a thinned epoch, and another one after it."""
    monkeypatch.setattr(steps, "most", lambda page_size: 3)
    world.now = 20_000 * DAY
    for number in range(12):
        world.now += 900
        world.sql(f"INSERT INTO entry (body) VALUES (hex(randomblob({number * 3000})))")
        world.once()
    world.sql("DELETE FROM entry WHERE id > 4", "VACUUM")
    world.once()
    world.now += DAY
    world.sql("INSERT INTO entry (body) VALUES ('second epoch')")
    world.once()
    world.now += 9
    world.sql("INSERT INTO entry (body) VALUES ('and its increment')")
    world.once()
    return world


@pytest.mark.parametrize("thinned", [False, True])
def test_the_reference_reader_gets_each_moment(kept, thinned) -> None:
    if thinned:
        kept.now += DAY + 1
        kept.writer.collect(Retention(), kept.keys.identities)
    moments = kept.moments()
    assert len(moments) == (7 if thinned else 15)
    for moment in moments:
        done = read(kept, moment)
        assert done.returncode == 0, done.stderr
        assert (kept.folder / "out").read_bytes() == kept.images[moment]


def test_the_reference_reader_refuses_what_was_altered(kept) -> None:
    path = kept.storage.path / kept.chains()[0].epoch.increment(2)
    flip(path)
    assert read(kept, "1.12").returncode != 0


def test_each_kind_of_object_is_in_the_docs() -> None:
    text = DOCS.read_text()
    for kind in "CBIHTGFM":
        assert f"`{kind}`" in text
