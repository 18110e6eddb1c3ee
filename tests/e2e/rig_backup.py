"""What tests of backups on a machine with systemd ask of them, and of the machine behind their back."""

from __future__ import annotations

import sqlite3
import subprocess
import tempfile
from contextlib import closing
from pathlib import Path
from typing import Any

from e2e.rig import App, until
from e2e.rig_docker import DockerPlatform

from flipside.machine import users

ROOT = "/srv/flipside"
REPOSITORY = f"{ROOT}/backup"
STATE = f"{ROOT}/var/backup"
UNIT = "flipside-backup.service"


def standings(platform: DockerPlatform) -> dict[str, dict[str, Any]]:
    """How each subject stands, by name, be it well or not."""
    found = platform.flipside.run("backup.status", "--json")
    return {one["name"]: one for one in found.json["subjects"]}


def moment(app: App, file: str = "rows.db") -> str | None:
    """The id of the last moment of a database of the app's, None before the first."""
    found = standings(app.platform).get(f"{app.name}/production/{file}")
    return found and found["moment"]


def goes_on(app: App, word: str, seconds: float = 60) -> str:
    """Write a row, and see that the agent keeps it by itself; the id of the moment."""
    before = moment(app)
    assert app.http("/rows", method="POST", body=word, timeout=60).status == 200
    until(lambda: moment(app) != before, seconds)
    assert word in rows(brought_out(app) / "rows.db")
    return str(moment(app))


def brought_out(app: App) -> Path:
    """All that is kept of the app, written into a folder here."""
    folder = Path(tempfile.mkdtemp(dir=app.platform.folder))
    app.flipside("backup.export", app.name, f"--into={folder}/archive")
    subprocess.run(["tar", "-xzf", "archive"], cwd=folder, check=True)
    return folder / f"{app.name}-production"


def rows(path: Path) -> list[str]:
    """The rows of a copy of the probe's database."""
    with closing(sqlite3.connect(path)) as found:
        return [word for (word,) in found.execute("SELECT word FROM rows ORDER BY rowid")]


def agent(platform: DockerPlatform) -> int:
    """The process of the agent; 0 while there is none."""
    return int(platform.sh(f"systemctl show -P MainPID {UNIT}").out)


def owners(app: App) -> dict[str, str]:
    """Owner, group and mode of all in the app's data, by path; not of what was set aside there."""
    find = f"find {app.place()}/data ! -name '*.replaced-*' -printf '%P\\t%u:%g %m\\n'"
    found = app.platform.sh(find)
    assert found.status == 0, found
    return dict(line.split("\t") for line in found.out.splitlines())


def strange(app: App) -> list[str]:
    """What of the app's data is not its user's."""
    user = users.name_of(app.name)
    return [path for path, said in owners(app).items() if not said.startswith(f"{user}:{user} ")]
