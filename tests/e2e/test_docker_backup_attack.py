"""An app that was taken over, and backups: root's agent is not led to what is another's, nor held up."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest
from e2e.inside import row, sh
from e2e.rig import App, until
from e2e.rig_attack import Taken, python, taken
from e2e.rig_backup import brought_out, goes_on, moment, owners, strange
from e2e.rig_docker import DockerPlatform

KEY = "/srv/flipside/etc/age.key"
WORD = "PRECIOUS-MARSHMALLOW"
TEXT = r"tr -cd '\n -~'"
PYTHON = "PYTHONPATH=/srv/flipside/lib /srv/flipside/venv/bin/python -c"
WRITE = """
import sqlite3
found = sqlite3.connect({name!r})
found.execute("CREATE TABLE IF NOT EXISTS own (word)")
found.execute("INSERT INTO own VALUES (random())")
found.commit()
"""
# A folder and a link to another's change places, without either ever being missing.
SWAP = """
import ctypes, time
end, names = time.monotonic() + {seconds}, (-100, b"turn", -100, b"lead", 2)
swap = ctypes.CDLL(None).renameat2
while time.monotonic() < end:
    swap(*names)
"""
# A database, and a journal that turns it into one with a log once it is rolled back.
HOT = """
import sqlite3, struct
found = sqlite3.connect("hot.db")
found.execute("CREATE TABLE own (word)")
found.close()
data = open("hot.db", "rb").read()
page = bytearray(data[:4096])
page[18] = page[19] = 2
check = sum(page[at] for at in range(4096 - 200, 0, -200))
head = bytes.fromhex("d9d505f920a163d7") + struct.pack(">5I", 1, 0, len(data) // 4096, 512, 4096)
whole = head.ljust(512, b"\\0") + struct.pack(">I", 1) + page + struct.pack(">I", check)
open("hot.db-journal", "wb").write(whole)
"""
# Who has no rights in the folder any more cannot remove the log when the database is closed.
CLOSE = """
import os, sys
from functools import partial
from pathlib import Path
from flipside.backup.database.source import Source
from flipside.machine.layout import Layout
from flipside.machine.users import acting_as, existing
folder = Path({folder!r})
def look(connection):
    assert Path(folder, "hot.db-wal").exists(), os.listdir(folder)
    os.chown(folder, 0, 0)
    os.chmod(folder, 0o755)
user = existing(Layout.from_root(Path("/srv/flipside")), {app!r})
Source(folder / "hot.db", partial(acting_as, user)).take(Path("/var/tmp/taken"), look)
os.unlink("/var/tmp/taken")
"""


@pytest.fixture(scope="module")
def victim(docker_platform: DockerPlatform) -> Iterator[App]:
    made = docker_platform.app("bk-good").make()
    made.ship("1")
    row(made, WORD)
    yield made
    made.run("app.destroy", "--yes", "--data")


@pytest.fixture(scope="module")
def attacker(docker_platform: DockerPlatform, victim: App) -> Iterator[Taken]:
    app = docker_platform.app("bk-bad")
    made = taken(docker_platform, lambda *_, **changes: app.make(**changes), app.name)
    does(made, f"echo mine > own.txt; {python(WRITE.format(name='own.db'))}")
    yield made
    app.run("app.destroy", "--yes", "--data")


def does(attacker: Taken, command: str) -> None:
    """Run a command in the data dir, from within the app."""
    ran = attacker.inside(f"cd $DATA_DIR; {command}")
    assert ran.status == 0, ran


def secrets(attacker: Taken) -> list[str]:
    """What it must not come to."""
    key = attacker.root(f"grep AGE-SECRET-KEY {KEY}").out.strip()
    shadow = attacker.root("head -1 /etc/shadow").out.strip()
    assert key.startswith("AGE-SECRET-KEY-")
    assert shadow.startswith("root:")
    return [key, shadow, WORD]


def leaked(attacker: Taken, folder: Path) -> list[tuple[Path, str]]:
    """Where in what was brought out its secrets are; links are not followed."""
    files = [path for path in folder.rglob("*") if path.is_file() and not path.is_symlink()]
    assert (folder / "own.txt").read_text() == "mine\n"
    assert (folder / "own.db") in files
    sought = secrets(attacker)
    return [(path, word) for path in files for word in sought if word.encode() in path.read_bytes()]


def test_what_links_lead_to_is_not_kept(attacker: Taken, victim: App, tmp_path: Path) -> None:
    theirs, data = f"{victim.place()}/data", attacker.data
    does(attacker, f"ln -s {KEY} key.txt; ln -s /etc/shadow shadow; mkfifo pipe pipe.db")
    does(attacker, f"ln -s {theirs} theirs; ln -s {theirs}/rows.db theirs.db; ln -s own.txt link")
    tried = attacker.inside(f"cd $DATA_DIR; ln {KEY} hard || ln {theirs}/rows.db hard.db")
    assert tried.status != 0
    sh(victim, f"ln {KEY} {data}/hard; ln {theirs}/rows.db {data}/hard.db")
    links = "key.txt shadow theirs/rows.db* theirs.db hard hard.db"
    read = attacker.root(f"cd {data}; cat {links} | {TEXT}").out
    assert all(word in read for word in secrets(attacker))
    try:
        attacker.app.run("backup.now")
        goes_on(victim, "beside links")
        attacker.app.flipside("backup.restore", "--into", str(tmp_path / "all"))
        for folder in (brought_out(attacker.app), tmp_path / "all"):
            assert leaked(attacker, folder) == []
            for name in ("key.txt", "shadow", "theirs", "theirs.db", "link"):
                assert (folder / name).is_symlink()
            assert not any((folder / name).exists() for name in ("pipe", "pipe.db"))
    finally:
        sh(
            victim,
            f"cd {data}; rm -f hard hard.db key.txt shadow theirs theirs.db link pipe pipe.db",
        )
    assert strange(victim) == []


def test_folder_that_is_swapped_for_a_link_leads_nowhere(attacker: Taken, victim: App) -> None:
    theirs, data, before = f"{victim.place()}/data", attacker.data, owners(victim)
    does(
        attacker,
        f"mkdir turn; ln -s {theirs} lead; cd turn; {python(WRITE.format(name='rows.db'))}",
    )
    attacker.app.flipside("backup.now")
    swap = f"cd {data}; runuser -u {attacker.user} -- setsid {python(SWAP.format(seconds=25))}"
    sh(victim, f"({swap}) >/dev/null 2>&1 </dev/null &")
    probe = f"cd {data}; for i in $(seq 300); do cat turn/rows.db*; done 2>/dev/null | {TEXT}"
    assert WORD in attacker.root(probe).out
    for _ in range(3):
        attacker.app.run("backup.now")
    attacker.app.run("backup.restore", "--yes")
    running = f"pgrep -u {attacker.user} -f renameat2"
    until(lambda: attacker.root(running).status != 0, 60)
    # Its swaps may have kept its own databases from being put back, and itself from serving.
    attacker.app.flipside("app.restart")
    assert attacker.pid
    goes_on(victim, "beside swaps")
    assert leaked(attacker, brought_out(attacker.app)) == []
    now = owners(victim)
    assert {path: now.get(path) for path in before if "-" not in path} == {
        path: said for path, said in before.items() if "-" not in path
    }
    assert strange(victim) == []
    sh(victim, f"cd {data}; rm -rf turn lead")


@pytest.mark.parametrize("suffix", ["", "-journal"])
def test_pipe_in_the_place_of_a_database_holds_nobody_up(
    attacker: Taken, victim: App, suffix: str
) -> None:
    """It was one when the agent looked for databases last."""
    name = f"known{suffix}.db"
    pipe = name + suffix
    does(attacker, python(WRITE.format(name=name)))
    until(lambda: moment(attacker.app, name), 90)
    before = moment(attacker.app, name)
    does(attacker, python(WRITE.format(name=name)))
    until(lambda: moment(attacker.app, name) != before, 60)
    does(attacker, f"rm -f {pipe}; mkfifo {pipe}; touch -c {name}")
    path = shlex.quote(f"{attacker.data}/{pipe}")
    assert attacker.root(f"timeout 2 cat {path}").status == 124
    try:
        goes_on(victim, f"beside a pipe{suffix}", 40)
    finally:
        # Who waits for a writer has one.
        sh(victim, f"timeout 2 sh -c 'exec 3<>{path}'; rm -f {attacker.data}/{name}*")


def test_nothing_beside_a_database_is_removed_with_roots_rights(attacker: Taken) -> None:
    """Its folder can be a link to another's by the time that it is closed."""
    folder = f"{attacker.data}/hot"
    does(attacker, f"mkdir hot; cd hot; {python(HOT)}")
    close = CLOSE.format(folder=folder, app=attacker.app.name)
    done = attacker.root(f"{PYTHON} {shlex.quote(close)}")
    assert done.status == 0, done
    left = attacker.root(f"ls {folder}").out.split()
    attacker.root(f"rm -r {folder}")
    assert "hot.db-wal" in left, left
