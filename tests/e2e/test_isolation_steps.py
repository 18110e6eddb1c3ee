"""What an app's steps can lay out for root, who walks over the app's folders: nothing is followed."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from e2e.rig import App, until
from e2e.rig_attack import Neighbours, Taken, python, taken
from e2e.rig_docker import DockerPlatform

DATABASE = "import sqlite3; c = sqlite3.connect({path!r}); c.execute('create table if not exists t (x)'); {more}"
MODES = "stat -c '%a %U %G %n' $(find {folders} -xdev | head -3000) | md5sum"

Make = Callable[..., App]


def _with_steps(app: App, **steps: list[str]) -> None:
    app.configure(steps={when: [{"run": run} for run in runs] for when, runs in steps.items()})


@pytest.fixture
def other(docker_platform: DockerPlatform, make_docker_app: Make) -> Taken:
    """An app with steps of the test's own."""
    return taken(docker_platform, make_docker_app, "steps")


def _untouched(neighbours: Neighbours) -> str:
    folders = f"/etc /root {neighbours.victim.app.place()} /srv/flipside/etc /srv/flipside/log"
    return neighbours.victim.root(MODES.format(folders=folders)).out


def test_links_in_data_home_and_snapshots_lead_root_nowhere(
    neighbours: Neighbours, other: Taken
) -> None:
    """At a deploy with a migration, a rollback, and when the app is destroyed with its data."""
    place, victim = other.app.place(), neighbours.victim
    before = _untouched(neighbours)
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
    other.app.run("app.publish")
    for _ in range(2):
        other.app.run("app.deploy")
    other.app.run("app.rollback", "--with-data")
    assert _untouched(neighbours) == before
    other.app.flipside("app.destroy", other.app.name, "--yes", "--data")
    assert _untouched(neighbours) == before
    assert victim.app.answers("/up")


def test_database_that_is_a_link_to_anothers_is_neither_copied_nor_put_back(
    neighbours: Neighbours, other: Taken
) -> None:
    victim = neighbours.victim
    theirs = f"{victim.data}/theirs.db"
    kept = DATABASE.format(path=theirs, more="c.execute('insert into t values (1)'); c.commit()")
    assert victim.outside(python(kept)).status == 0
    before = victim.root(f"md5sum {theirs}").out
    assert other.outside(f"ln -sfn {theirs} app.db; touch own.db").status == 0
    migrate = DATABASE.format(path="own.db", more="c.commit()")
    _with_steps(other.app, deploy=[f"cd $DATA_DIR && {python(migrate)}"])
    other.app.ship("2")
    copied = other.root(f"find {other.app.place()}/snapshots -name '*.db'").out.split()
    assert "own.db" in {path.rpartition("/")[2] for path in copied}
    assert "app.db" not in {path.rpartition("/")[2] for path in copied}
    other.app.run("app.rollback", "--with-data")
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
    tries = " ".join(f"if : 2>/dev/null >> {aim}; then echo open {aim}; fi;" for aim in aims)
    _with_steps(other.app, install=[f"({tries} true) > tried"], deploy=[tries])
    assert "open /etc/passwd" in other.root(tries).out
    other.app.ship("2")
    assert other.root(f"cat {other.app.place()}/current/release/tree/tried").out == ""


def test_what_a_step_leaves_behind_ends_with_its_app(
    docker_platform: DockerPlatform, make_docker_app: Make
) -> None:
    """The next user that is made may get the same number."""
    app = make_docker_app("leaver")
    stay = (
        "setsid sh -c 'while :; do touch $DATA_DIR/$RANDOM.$$; sleep 0.01; done' > /dev/null 2>&1 &"
    )
    _with_steps(app, deploy=[stay])
    app.ship()
    (number,) = docker_platform.sh("id -u app-leaver").out.split()
    until(lambda: docker_platform.sh(f"ps -u {number} -o args | grep 'while'").status == 0)
    app.flipside("app.destroy", "leaver", "--yes", "--data")
    assert docker_platform.sh("id -u app-leaver").status != 0
    assert docker_platform.sh(f"ps -u {number} -o args=").out == ""
    assert not docker_platform.has(app)
