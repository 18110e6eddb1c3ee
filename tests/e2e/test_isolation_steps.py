"""What an app's steps can lay out for root, who walks over the app's folders: nothing is followed."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from e2e.rig import App, until
from e2e.rig_attack import Neighbours, Taken, fork_bomb, python, taken
from e2e.rig_docker import DockerPlatform

DATABASE = "import sqlite3; c = sqlite3.connect({path!r}); c.execute('create table if not exists t (x)'); {more}"
PRIVATE = "/etc /etc/shadow /etc/ssl /root /srv/flipside/etc /srv/flipside/var /srv/flipside/log"
MODES = "stat -c '%a %U %G %n' " + PRIVATE + " $(find {place} -xdev)"

# In a session of its own, with all that it has inherited, the deploy's lock for one.
STAY = """
import os, time
if os.fork():
    time.sleep(1)
    raise SystemExit
os.setsid()
while True:
    open(os.environ["DATA_DIR"] + "/new", "w").close()
    time.sleep(0.01)
"""

Make = Callable[..., App]


def _with_steps(app: App, **steps: list[str]) -> None:
    app.configure(steps={when: [{"run": run} for run in runs] for when, runs in steps.items()})


@pytest.fixture
def other(docker_platform: DockerPlatform, make_docker_app: Make) -> Taken:
    """An app with steps of the test's own."""
    return taken(docker_platform, make_docker_app, "steps")


def _modes(neighbours: Neighbours) -> str:
    return neighbours.victim.root(MODES.format(place=neighbours.victim.app.place())).out


def test_links_in_data_home_and_snapshots_lead_root_nowhere(
    neighbours: Neighbours, other: Taken
) -> None:
    """At a deploy with a migration, a rollback, and when the app is destroyed with its data."""
    place, victim = other.app.place(), neighbours.victim
    before = _modes(neighbours)
    aims = ("/etc", "/etc/shadow", "/srv/flipside/etc", f"{victim.app.place()}")
    for number, aim in enumerate(aims):
        plant = f"ln -sfn {aim} {place}/data/{number}; ln -sfn {aim} {place}/home/{number}; "
        assert other.outside(plant + f"ln -sfn {aim} {place}/data/{number}.db").status == 0
    planted = other.outside(
        f"for n in 2 3 4 5 6; do ln -sfn {victim.app.place()} {place}/snapshots/$n; done"
    )
    assert planted.status == 0, planted
    _with_steps(other.app, deploy=["echo migrated > migrated; cat /etc/shadow || true"])
    other.app.write(version_txt="2")
    other.app.ship()
    other.app.flipside("app.restart")
    other.app.flipside("app.rollback", "--with-data", "--yes")
    assert _modes(neighbours) == before
    other.app.flipside("app.destroy", other.app.name, "--yes", "--data")
    assert _modes(neighbours) == before
    assert victim.app.answers("/up")


def test_database_that_is_a_link_to_anothers_is_neither_copied_nor_put_back(
    neighbours: Neighbours, other: Taken
) -> None:
    victim = neighbours.victim
    theirs = f"{victim.data}/theirs.db"
    kept = DATABASE.format(path=theirs, more="c.execute('insert into t values (1)'); c.commit()")
    assert victim.outside(python(kept)).status == 0
    before = victim.root(f"md5sum {theirs}").out
    assert other.outside(f"ln -sfn {theirs} app.db").status == 0
    own = DATABASE.format(path="own.db", more="c.commit()")
    assert other.outside(python(own)).status == 0
    migrate = DATABASE.format(
        path="own.db", more="c.execute('insert into t values (1)'); c.commit()"
    )
    _with_steps(other.app, deploy=[f"cd $DATA_DIR && {python(migrate)}"])
    other.app.ship("2")
    copied = other.root(f"find {other.app.place()}/snapshots -name '*.db'").out.split()
    assert "own.db" in {path.rpartition("/")[2] for path in copied}
    assert "app.db" not in {path.rpartition("/")[2] for path in copied}
    other.app.flipside("app.rollback", "--with-data", "--yes")
    assert victim.root(f"md5sum {theirs}").out == before


def test_sealed_tree_keeps_no_right_of_its_owner(other: Taken) -> None:
    """What a step makes is root's in the end: it must give nobody root's rights."""
    lay = (
        "cp /bin/sh shell; chmod 6755 shell; mkdir open; chmod 2777 open; ln -s /etc/shadow open/x"
    )
    _with_steps(other.app, install=[lay])
    other.app.ship("2")
    tree = f"{other.app.place()}/current/release/tree"
    assert other.root(f"test -x {tree}/shell").status == 0
    assert other.root(f"stat -c %U {tree}/shell").out == "root\n"
    assert other.root(f"find {tree}/ -perm /6000 -o -perm /022 ! -type l").out == ""
    assert other.outside(f"touch {tree}/open/new").status != 0


def test_hard_link_to_anothers_file_is_refused_and_root_keeps_what_has_two_names(
    neighbours: Neighbours, other: Taken
) -> None:
    for path in ("/etc/shadow", "/etc/passwd", f"{neighbours.victim.data}/private.txt"):
        command = f"ln {path} {path}.attack && rm {path}.attack"
        assert other.root(command).status == 0
        assert other.outside(f"ln {path} {other.data}/attack").status != 0


def test_steps_write_nothing_of_roots(neighbours: Neighbours, other: Taken) -> None:
    aims = [
        "/etc/passwd",
        "/etc/systemd/system/flipside-nginx.service",
        f"{neighbours.victim.data}/x",
    ]
    tries = " ".join(f"if (: >> {aim}) 2> /dev/null; then echo open {aim}; fi;" for aim in aims)
    _with_steps(other.app, install=[f"({tries} true) > tried"], deploy=[tries])
    assert "open /etc/passwd" in other.root(tries).out
    other.app.ship("2")
    assert other.root(f"cat {other.app.place()}/current/release/tree/tried").out == ""


def test_what_a_step_leaves_behind_ends_with_it(other: Taken) -> None:
    """It would go on writing under the next release, and under the next user of its number."""
    unconfined = other.outside(f"timeout 20 {python(STAY)} & sleep 2; pgrep -f '[o]s.setsid'")
    assert unconfined.status == 0, unconfined
    other.root("pkill -f '[o]s.setsid'")
    _with_steps(other.app, deploy=[python(STAY)])
    other.app.ship("2")
    assert other.root("pgrep -f '[o]s.setsid'").status != 0
    other.app.run("app.deploy")


def test_step_ends_with_the_deploy_that_runs_it(other: Taken) -> None:
    """Killed so that it cannot end the step by itself."""
    _with_steps(other.app, deploy=["sleep 4711"])
    other.app.write(version_txt="2")
    other.app.run("app.publish")
    with ThreadPoolExecutor(1) as pool:
        deploy = pool.submit(other.app.run, "app.deploy")
        until(lambda: other.root("pgrep -fx 'sleep 4711'").status == 0)
        client = other.root("pgrep -f '^systemd-run .*app-steps'").out.strip()
        other.root(f"kill -9 $(ps -o ppid= {client})")
        until(lambda: other.root("pgrep -fx 'sleep 4711'").status != 0)
        assert deploy.result().status != 0
    _with_steps(other.app)
    other.app.ship("3")
    assert other.app.answers("/up")


def test_steps_see_nothing_of_others_and_bring_down_nobody(
    neighbours: Neighbours, other: Taken
) -> None:
    assert int(neighbours.victim.outside(fork_bomb(700)).out) == 700
    look = f"ls {neighbours.victim.data}; ls /run/flipside/victim; ps -e; cat /proc/meminfo"
    tries = f"({look}; touch outside.txt) > $DATA_DIR/seen 2>&1 || true"
    _with_steps(
        other.app,
        install=["touch inside.txt"],
        deploy=[tries, f"{fork_bomb(700)} > $DATA_DIR/forks"],
    )
    other.app.ship("2")
    assert 100 < int(other.root(f"cat {other.data}/forks").out) < 512
    seen = other.root(f"cat {other.data}/seen").out
    assert "private.txt" not in seen
    assert "MemTotal" not in seen
    tree = f"{other.app.place()}/current/release/tree"
    assert other.root(f"ls {tree}/inside.txt").status == 0
    assert other.root(f"ls {tree}/outside.txt").status != 0
