"""What befalls the backup agent of a machine with systemd: it goes on where it was."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from e2e.inside import row, sh
from e2e.rig import App, until
from e2e.rig_attack import python
from e2e.rig_backup import (
    REPOSITORY,
    STATE,
    UNIT,
    agent,
    brought_out,
    goes_on,
    moment,
    rows,
    standings,
)
from e2e.rig_docker import DockerPlatform

from flipside.targets.docker import boot

MADE = 'import sqlite3; sqlite3.connect("{0}").executescript("CREATE TABLE rows (word)")'
FULL = f"dd if=/dev/zero of={STATE}/filler bs=4k 2>/dev/null; true"
# A small disk under the agent's state; and away with it.
SMALL = f"""
set -e
systemctl stop {UNIT}
cp -a {STATE} {STATE}.copy
mount -t tmpfs -o mode=0755,size=$(($(du -sk {STATE} | cut -f1) + 2048))k tmpfs {STATE}
cp -a {STATE}.copy/. {STATE}/
systemctl start {UNIT}
"""
LARGE = f"""
set -e
systemctl stop {UNIT}
rm -rf {STATE}.copy
cp -a {STATE} {STATE}.copy
umount {STATE}
cp -a {STATE}.copy/. {STATE}/
rm -rf {STATE}.copy
systemctl start {UNIT}
"""


@pytest.fixture(scope="module")
def app(docker_platform: DockerPlatform) -> Iterator[App]:
    made = docker_platform.app("bk-lasting").make()
    made.ship("1")
    row(made, "first")
    made.flipside("backup.now")
    yield made
    made.run("app.destroy", "--yes", "--data")


def follows(app: App, before: str, word: str, seconds: float = 60) -> None:
    """Assert that the next change is kept as an increment, not as another base."""
    after = goes_on(app, word, seconds)
    old, new = ([int(part) for part in one.split(".")] for one in (before, after))
    assert new[0] == old[0], (before, after)
    assert new[1] > old[1], (before, after)


def status(app: App) -> int:
    """The exit status of `backup.status` of this app alone."""
    return app.run("backup.status").status


def test_killed_agent_is_started_again_and_goes_on(app: App) -> None:
    before = goes_on(app, "before the kill")
    killed = agent(app.platform)
    sh(app, f"kill -9 {killed}")
    until(lambda: agent(app.platform) not in (0, killed))
    follows(app, before, "after the kill")


def test_agent_goes_on_after_a_restart_of_the_machine(app: App) -> None:
    before = goes_on(app, "before the restart")
    app.platform.restart()
    boot.wait(app.platform.box.name)
    until(lambda: app.platform.flipside.run("platform.status").status == 0, 90)
    until(lambda: app.answers("/"), 60)
    until(lambda: agent(app.platform), 60)
    follows(app, before, "after the restart")


def test_repository_that_is_gone_is_told_of_and_gone_on_with(app: App) -> None:
    before = goes_on(app, "before it went")
    assert status(app) == 0
    sh(app, f"mv {REPOSITORY} {REPOSITORY}.away")
    try:
        row(app, "while it was gone")
        done = app.fails("backup.status")
        assert "there is no such folder" in done.err
        assert REPOSITORY in done.err
        failed = f"journalctl -u {UNIT} --since -60s | grep 'bk-lasting.*no such folder'"
        until(lambda: app.platform.sh(failed).status == 0)
        assert sh(app, f"ls -d {REPOSITORY} || true") == ""
    finally:
        sh(app, f"mv {REPOSITORY}.away {REPOSITORY}")
    until(lambda: moment(app) != before, 90)
    until(lambda: status(app) == 0, 90)
    assert "while it was gone" in rows(brought_out(app) / "rows.db")
    follows(app, before, "after it came back")


def test_full_disk_is_told_of_and_gone_on_from(app: App) -> None:
    before = goes_on(app, "before it was full")
    sh(app, SMALL)
    try:
        sh(app, FULL)
        row(app, "while it was full")
        done = app.run("backup.now")
        assert done.status == 1, done
        assert "No space left" in done.out + done.err
        assert "Traceback" not in done.out + done.err
        assert app.version == "1"
        sh(app, f"rm {STATE}/filler")
        until(lambda: app.run("backup.now").status == 0, 60)
        until(lambda: status(app) == 0, 90)
        assert "while it was full" in rows(brought_out(app) / "rows.db")
    finally:
        sh(app, f"rm -f {STATE}/filler; {LARGE}")
    follows(app, before, "after it was full")


def test_bootstrap_again_changes_nothing(app: App) -> None:
    before, process = goes_on(app, "before"), agent(app.platform)
    app.platform.bootstrap()
    assert agent(app.platform) == process
    follows(app, before, "after")


def test_database_that_is_gone_is_no_failure(app: App) -> None:
    """It was damaged, and the app has removed it: there is nothing left to be done about it."""
    data, name = f"{app.place()}/data", "bk-lasting/production/spoilt.db"
    user = f"cd {data} && runuser -u app-bk-lasting --"
    sh(app, f"{user} {python(MADE.format('spoilt.db'))}")
    sh(app, f"{user} dd if=/dev/zero of=spoilt.db bs=1 seek=4096 count=4096 conv=notrunc")
    assert app.run("backup.now").status == 1
    assert standings(app.platform)[name]["error"]
    sh(app, f"rm {data}/spoilt.db")
    assert app.run("backup.now").status == 0
    until(lambda: status(app) == 0, 90)


def test_data_of_a_destroyed_app_stays_kept(app: App, make_docker_app: Callable[..., App]) -> None:
    gone = make_docker_app("bk-gone")
    gone.ship("1")
    before = goes_on(gone, "stays", 90)
    gone.flipside("app.destroy", "--yes")
    goes_on(app, "another goes on")
    assert status(app) == 0
    assert "stays" in rows(brought_out(gone) / "rows.db")
    gone.ship("2")
    assert gone.rows() == ["stays"]
    follows(gone, before, "goes on", 90)
    gone.flipside("backup.restore", "--to", before, "--yes")
    assert gone.rows() == ["stays"]
    row(gone, "written")


def test_database_that_was_removed_does_not_come_back_nor_stand_in_the_way(app: App) -> None:
    """A folder is where one of them was."""
    user = f"cd {app.place()}/data && runuser -u app-bk-lasting --"
    for name in ("removed.db", "place"):
        sh(app, f"{user} {python(MADE.format(name))}")
    app.flipside("backup.now")
    sh(app, f"cd {app.place()}/data && rm removed.db place && {user} mkdir place")
    sh(app, f"{user} {python(MADE.format('place/inner.db'))}")
    row(app, "after it was removed")
    app.flipside("backup.now")
    app.flipside("backup.restore", "--yes")
    found = sh(app, f"cd {app.place()}/data && find . -name '*.db'").split()
    assert sorted(found) == ["./place/inner.db", "./rows.db"]
    assert "after it was removed" in app.rows()


def test_app_that_is_destroyed_with_its_data_is_no_failure(
    app: App, make_docker_app: Callable[..., App]
) -> None:
    gone = make_docker_app("bk-ended")
    gone.ship("1")
    goes_on(gone, "goes", 90)
    gone.flipside("app.destroy", "--yes", "--data")
    goes_on(app, "after its end")
    until(lambda: not [name for name in standings(app.platform) if name.startswith("bk-ended/")])
