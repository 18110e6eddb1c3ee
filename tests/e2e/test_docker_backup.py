"""Backups on a machine with systemd: the agent is root's, what it looks at is each app's user's."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from e2e.inside import row, sh
from e2e.load import Load
from e2e.rig import FLIPSIDE, App, until
from e2e.rig_attack import python
from e2e.rig_backup import REPOSITORY, STATE, brought_out, goes_on, owners, rows, standings, strange
from e2e.rig_docker import DockerPlatform

from flipside.machine import users
from flipside.secrets import identity

NAME = "bk-kept"
# A process that ends as if it had been killed: its log and the log's index stay behind.
DIES = """
import os, sqlite3
found = sqlite3.connect("rows.db")
found.execute("PRAGMA journal_mode = WAL")
with found:
    found.execute("INSERT INTO rows VALUES (?)", [{word!r}])
os._exit(0)
"""
READABLE = 'while read -r path; do cat "$path" >/dev/null 2>&1 && echo "$path"; done; true'


@pytest.fixture(scope="module")
def app(docker_platform: DockerPlatform) -> Iterator[App]:
    """An app with a row, and uploads of which one is for nobody else."""
    made = docker_platform.app(NAME).make(health={"path": "/up"})
    made.ship("1")
    row(made, "first")
    acting(
        made, "mkdir media; echo a cat > media/cat.jpg; echo own > media/own; chmod 600 media/own"
    )
    made.flipside("backup.now")
    yield made
    made.run("app.destroy", "--yes", "--data")


def acting(app: App, command: str) -> str:
    """Run a command in the app's data as its user."""
    lead = f"cd {app.place()}/data && runuser -u {users.name_of(app.name)} -- sh -c"
    return sh(app, f'{lead} "$(cat <<\\END\n{command}\nEND\n)"')


def present() -> str:
    """The present, once what comes after it is a second later."""
    now = datetime.now(UTC)
    time.sleep(1.1)
    return now.isoformat(sep=" ")


def test_rows_and_uploads_are_kept_by_the_agent_itself(app: App) -> None:
    """Files are looked at once in a minute."""
    acting(app, "echo a dog > media/dog.jpg")
    goes_on(app, "by itself")
    name = f"{NAME}/production"

    def has_dog() -> bool:
        return (brought_out(app) / "media/dog.jpg").exists()

    until(has_dog, 100)
    assert standings(app.platform)[name]["error"] is None


def test_it_is_listed_proven_and_read(app: App) -> None:
    found = app.flipside("backup.list", "--json").json
    assert {one["file"] for one in found} == {"rows.db", "."}
    (one,) = app.flipside("backup.drill", "--json").json
    assert one["rows"] == {"rows": len(app.rows())}
    assert standings(app.platform)[f"{NAME}/production/rows.db"]["proof"] == one["moment"]
    verified = {each["name"]: each for each in app.flipside("backup.verify", "--json").json}
    for name in (f"{NAME}/production", f"{NAME}/production/rows.db"):
        assert verified[name]["error"] is None
        assert verified[name]["moments"]


def test_after_a_restore_under_load_all_is_the_apps_own_as_it_was(app: App) -> None:
    row(app, "before")
    app.flipside("backup.now")
    then, there, owned = present(), app.rows(), owners(app)
    row(app, "after")
    acting(app, "rm media/cat.jpg; echo other > media/own; chmod 640 media/own")
    with Load(app.platform.port, app.host).running() as seen:
        app.flipside("backup.restore", "--at", then, "--yes")
    assert not seen.failures, str(seen)
    assert [word for word in app.rows() if word in {*there, "after"}] == there
    assert acting(app, "cat media/cat.jpg media/own").split("\n") == ["a cat", "own"]
    row(app, "written again")
    now = owners(app)
    assert {path: now.get(path) for path in owned if "-" not in path} == {
        path: said for path, said in owned.items() if "-" not in path
    }
    assert strange(app) == []


def test_what_a_crash_left_is_kept_and_stays_the_apps_own(app: App) -> None:
    """The agent has to make the log's index: as the app's user."""
    app.flipside("app.stop")
    acting(app, python(DIES.format(word="crashed")))
    assert "rows.db-wal" in owners(app)
    acting(app, "rm rows.db-shm")
    app.flipside("backup.now")
    assert strange(app) == []
    assert "crashed" in rows(brought_out(app) / "rows.db")
    assert strange(app) == []
    app.flipside("app.start")
    row(app, "after the crash")
    assert "crashed" in app.rows()


def test_what_is_kept_is_readable_for_root_alone(app: App) -> None:
    find = f"find {REPOSITORY} {STATE} /srv/flipside/etc/backup.json -type f"
    paths = sh(app, find)
    assert {Path(path).name for path in paths.splitlines()} >= {"status.json", "backup.json"}
    read = app.platform.sh(READABLE, stdin=f"{paths}\n").out
    assert read.splitlines() == paths.splitlines()
    for user in (users.name_of(NAME), "www-data", "nobody"):
        tried = app.platform.sh(f"runuser -u {user} -- sh -c '{READABLE}'", stdin=f"{paths}\n")
        assert tried.out == "", user
        for folder in (REPOSITORY, f"{STATE}/*/"):
            assert app.platform.sh(f"runuser -u {user} -- ls {folder}").status != 0
        for folder in (REPOSITORY, STATE, f"$(ls -d {STATE}/*/)"):
            touched = app.platform.sh(f"runuser -u {user} -- touch {folder}/planted")
            assert touched.status != 0


def test_a_new_recipient_reads_what_is_kept_from_then_on(app: App, tmp_path: Path) -> None:
    row(app, "old")
    app.flipside("backup.now")
    before = app.rows()
    then, key = present(), identity.generate()
    (tmp_path / "ann.key").write_text(f"{key}\n")
    app.flipside("secret.recipients", "add", "bk-ann", identity.public(key))
    try:
        app.platform.bootstrap()
        goes_on(app, "new")
        copy = tmp_path / "repository"
        source = f"{app.platform.box.name}:{REPOSITORY}"
        subprocess.run(["docker", "cp", "-q", source, str(copy)], check=True)
        name, own = f"{NAME}/production/rows.db", f"--identity={tmp_path}/ann.key"
        done = command(tmp_path, "restore", copy, name, f"--into={tmp_path}/now.db", own)
        assert done.returncode == 0, done.stderr
        assert rows(tmp_path / "now.db") == [*before, "new"]
        early = (f"--into={tmp_path}/then.db", f"--at={then}", own)
        refused = command(tmp_path, "restore", copy, name, *early)
        assert refused.returncode == 1, refused
        assert not (tmp_path / "then.db").exists()
    finally:
        app.flipside("secret.recipients", "remove", "bk-ann")
        app.platform.bootstrap()


def command(home: Path, *words: object) -> subprocess.CompletedProcess[str]:
    """Run `flipside-backup` as somebody who has nothing but what is named."""
    argv = [str(FLIPSIDE.with_name("flipside-backup")), *map(str, words)]
    env = {"HOME": str(home), "PATH": os.environ["PATH"]}
    return subprocess.run(argv, env=env, capture_output=True, text=True, check=False)
