"""The format is what docs/backup-format.md says: a reader that shares no code gets the same files."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from unit.backup.altered import altered

from flipside.backup.media.contents import CHUNK_SIZE
from flipside.backup.retention import DAY

READER = Path(__file__).with_name("reference_reader.py")
DOCS = Path(__file__).parents[4] / "docs/backup-format.md"


def read(world, *moment: str) -> tuple[Path, subprocess.CompletedProcess[str]]:
    """Let the reader bring a moment back, the newest if none is named."""
    into = world.folder / f"read-{os.urandom(4).hex()}"
    argv = [world.folder / "repo", world.folder / "key", world.name, into, *moment]
    command = [sys.executable, str(READER), *map(str, argv)]
    return into, subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.fixture
def kept(world):
    """A world with an entry of each kind, two epochs, and a mark."""
    world.write("a", "one")
    world.write(os.fsdecode(b"no text \xff"), os.urandom(2 * CHUNK_SIZE + 5)).chmod(0o600)
    world.write("sub/empty", "")
    (world.data / "sub/link").symlink_to("../a")
    (world.data / "shut").mkdir(mode=0o500)
    world.once()
    (world.state / "files.json").unlink()
    world.writer = world.agent()
    world.once()
    world.write("a", "two")
    world.once()
    return world


def test_the_reference_reader_gets_each_moment(kept) -> None:
    moments = kept.moments()
    assert moments == ["1.1", "2.1", "2.2"]
    for moment in moments:
        into, done = read(kept, moment)
        assert done.returncode == 0, done.stderr
        assert kept.tree(into) == kept.trees[moment]
    into, done = read(kept)
    assert kept.tree(into) == kept.tree()


def test_the_reference_reader_takes_nothing_that_is_about_to_be_deleted(kept) -> None:
    kept.now += 40 * DAY
    kept.collect()
    assert kept.moments() == ["2.2"]
    for moment in ("1.1", "2.1"):
        _, done = read(kept, moment)
        assert done.returncode != 0
    into, done = read(kept, "2.2")
    assert done.returncode == 0, done.stderr
    assert kept.tree(into) == kept.tree()


@pytest.mark.parametrize("kind", ["m/", "f/", "gone-"])
def test_the_reference_reader_refuses_what_was_altered(kept, kind) -> None:
    kept.now += 40 * DAY
    kept.collect()
    ends = {"m/": "2", "f/": kept.shelf().manifest(2).pieces[0], "gone-": ""}[kind]
    name = next(name for name in kept.objects(kind) if name.endswith(ends))
    data = kept.objects()[name]
    path = kept.folder / "repo" / name
    path.write_bytes(altered(data))
    _, done = read(kept, "2.2")
    assert done.returncode != 0


def test_the_reader_knows_nothing_of_flipside_and_the_page_all_of_it() -> None:
    assert "import flipside" not in READER.read_text()
    assert "from flipside" not in READER.read_text()
    text = DOCS.read_text().partition("## A folder's other files")[2]
    for field in (
        "pieces",
        "added",
        "entries",
        "mtime_ns",
        "chunks",
        "target",
        "torn",
        "manifests",
    ):
        assert f'"{field}":' in text
