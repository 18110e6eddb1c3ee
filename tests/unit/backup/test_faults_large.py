"""Large databases and large pages: past the page that SQLite leaves out, and within little memory."""

from __future__ import annotations

import shutil
import struct
import subprocess
import sys
from pathlib import Path

import pytest

MEMORY = 250_000
"""Kilobytes that an agent may take."""
PAGE = 65536
LOCK = (1 << 30) // PAGE
"""How many pages are before the one that has the bytes that SQLite locks, and never writes."""
RUN = """
import os, re, sqlite3, sys
from pathlib import Path
sys.path.insert(0, {tests!r})
os.fsync = lambda descriptor: None  # this is about bytes and memory, and other tests run beside it
from unit.backup.small import Small

def sql(*statements):
    with sqlite3.connect(small.path, isolation_level=None) as app:
        for each in ("PRAGMA synchronous=off", *statements):
            app.execute(each).fetchall()
    app.close()

small = Small(Path({folder!r}))
{steps}
print(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1])
"""


def peak(folder: Path, steps: str) -> int:
    """The most memory that a process took for some steps, in kilobytes.

    As Linux counts it for what runs: ru_maxrss has what the process was before it became Python, too.
    """
    tests = str(Path(__file__).parents[2])
    argv = [sys.executable, "-c", RUN.format(tests=tests, folder=str(folder), steps=steps)]
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return int(done.stdout.splitlines()[-1])


PAST_THE_LOCK = """
from unit.backup.test_faults_large import free
sql("PRAGMA page_size=65536", "CREATE TABLE blob (id INTEGER PRIMARY KEY, b)",
    "INSERT INTO blob VALUES (1, 'first')")
free(small.path, 16400)
assert small.writer.once().kind == "base"
small.now += 1
sql("INSERT INTO blob VALUES (2, randomblob(3000000))")
stored = small.writer.once()
assert stored.kind == "increment" and stored.size > 3000000
{restore}
with sqlite3.connect(small.folder / "restored.db") as copy, sqlite3.connect(small.path) as live:
    rows = "SELECT id, b FROM blob"
    assert copy.execute(rows).fetchall() == live.execute(rows).fetchall()
"""
RESTORE = """
from flipside.backup.moment import Until
from flipside.backup.database.chains import find
from flipside.backup.database.restore import restore
chain = find(small.repository, small.name, Until(), small.keys)
restore(chain, Until(), small.folder / "restored.db", replace=False)
"""


def free(path: Path, pages: int) -> None:
    """Give a database of large pages so many in all, free ones, without writing them.

    Those behind the lock are used first. What it is made of is in the list of
    https://www.sqlite.org/fileformat.html#the_freelist
    """
    with path.open("rb+") as file:
        file.seek(28)
        (have,) = struct.unpack(">I", file.read(4))
        first, behind = range(have + 1, LOCK + 1), range(LOCK + 2, pages + 1)
        for trunk, part in ((0, first), (first[0], behind)):
            file.seek((part[0] - 1) * PAGE)
            file.write(struct.pack(f">{len(part) + 1}I", trunk, len(part) - 1, *part[1:]))
        file.seek(28)
        file.write(struct.pack(">III", pages, behind[0], len(first) + len(behind)))
        file.truncate(pages * PAGE)


def test_a_database_past_the_lock_at_one_gibibyte_comes_back_within_little_memory(tmp_path) -> None:
    try:
        assert peak(tmp_path / "small", PAST_THE_LOCK.format(restore=RESTORE)) < MEMORY
    finally:
        shutil.rmtree(tmp_path / "small")


MANY_PAGES = """
sql("PRAGMA page_size={size}", "CREATE TABLE blob (id INTEGER PRIMARY KEY, b)",
    "INSERT INTO blob VALUES (1, 1)")
small.writer.once()
small.now += 1
sql("WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x+1 FROM n WHERE x < 2000)"
    " INSERT INTO blob SELECT x + 1, randomblob({size} - 100) FROM n")
assert small.writer.once().kind == "increment"
"""


@pytest.mark.parametrize("size", [4096, 65536])
def test_two_thousand_changed_pages_are_kept_and_brought_back_within_little_memory(
    tmp_path, size
) -> None:
    steps = MANY_PAGES.format(size=size)
    assert peak(tmp_path / "kept", steps) < MEMORY
    assert peak(tmp_path / "kept", RESTORE) < MEMORY


def test_a_process_that_does_nothing_takes_far_less(tmp_path) -> None:
    assert peak(tmp_path / "small", "") < MEMORY / 2
