"""A machine whose disk is full: apps go on answering, nothing is lost, and with room again it goes on."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from e2e.harm import says
from e2e.inside import row, serves, sh
from e2e.rig import temporary, until
from e2e.rig_docker import DockerPlatform

FILLER = "/srv/flipside/filler"
# To the last byte: in small pieces what the large ones leave.
FILL = f"for size in 64k 512; do dd if=/dev/zero bs=$size 2> /dev/null >> {FILLER} || true; done"
# A disk of its own for all that lasts, with some room left.
SMALL = """
set -e
systemctl stop flipside-salt-minion flipside-salt-master flipside-rsyslog
cp -a /srv/flipside /srv/copy
mount -t tmpfs -o mode=0755,size=$(($(du -sm /srv/copy | cut -f1) + 80))m tmpfs /srv/flipside
cp -a /srv/copy/. /srv/flipside/
systemctl start flipside-rsyslog flipside-salt-master flipside-salt-minion
"""


@pytest.fixture
def small(machine_image: Callable[[str], str]) -> Iterator[DockerPlatform]:
    """A platform of the test's own, on a small disk."""
    machine_image("machine")
    made = DockerPlatform(temporary())
    try:
        made.bootstrap()
        done = made.sh(SMALL)
        assert done.status == 0, done
        until(lambda: made.flipside.run("platform.status").status == 0, 60)
        yield made
    finally:
        made.destroy()


def test_nothing_is_lost_and_it_goes_on_with_room(small: DockerPlatform) -> None:
    app = small.app("full").make(steps={"deploy": ["true"]})
    release = app.ship("1")
    row(app, "kept")
    app.write(version_txt="2")
    new = app.publish("2")
    sh(app, FILL)
    says(app.run("app.deploy"), "No space left")
    app.write(version_txt="a version that the store has no file of")
    says(app.run("app.publish"), "No space left", "make room")
    assert small.flipside.run("platform.apply").status != 0
    serves(app, release, "1")
    assert small.flipside.run("app.status", "full").status == 0
    sh(app, f"rm {FILLER}")
    app.write(version_txt="2")
    until(lambda: small.flipside.run("platform.apply").status == 0, 60)
    assert app.rows() == ["kept"]
    app.flipside("app.deploy")
    serves(app, new, "2")
    app.flipside("app.rollback", "--keep-data")
    serves(app, release, "1")
    assert app.rows() == ["kept"]
