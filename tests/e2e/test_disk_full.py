"""A full disk: the error names it, nothing is lost, and with room again it goes on."""

import os
import subprocess

import pytest
from e2e.harm import row, says, serves

FILLER = "filler"


def as_root(*argv):
    """Only root can make a small disk; a user who may run the tests has sudo."""
    sudo = [] if os.getuid() == 0 else ["sudo", "-n"]
    subprocess.run([*sudo, *argv], check=True, timeout=30)


@pytest.fixture
def small_disk():
    """Make a folder a disk of its own, of so many megabytes."""
    mounted = []

    def mount(folder, megabytes):
        folder.mkdir(parents=True, exist_ok=True)
        options = f"size={megabytes}m,uid={os.getuid()},gid={os.getgid()},mode=0700"
        as_root("mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder))
        mounted.append(folder)

    yield mount
    for folder in mounted:
        as_root("umount", "--lazy", str(folder))


def fill(folder):
    """Leave no room on the disk of a folder."""
    with (folder / FILLER).open("wb", buffering=0) as file:
        try:
            while True:
                file.write(bytes(65536))
        except OSError:
            return


def test_a_deploy_onto_a_full_disk(make_app, small_disk):
    app = make_app("full", steps={"deploy": ["true"]})
    disk = app.place()
    small_disk(disk, 60)
    release = app.ship("1")
    row(app, "kept")
    new = app.publish("2")
    fill(disk)
    says(app.run("app.deploy"), "full", str(disk))
    serves(app, release)
    (disk / FILLER).unlink()
    assert app.rows() == ["kept"]
    app.flipside("app.deploy")
    serves(app, new, "2")
    assert app.rows() == ["kept"]


def test_a_publish_onto_a_full_disk(make_app, platform, small_disk):
    app = make_app("fullstore")
    release = app.ship("1")
    before = app.flipside("app.releases", "--json").json
    incoming = platform / "store/incoming"
    small_disk(incoming, 1)
    fill(incoming)
    app.write(version_txt="a version that the store has no file of")
    says(app.run("app.publish"), "No space left", str(incoming))
    assert app.flipside("app.releases", "--json").json == before
    serves(app, release)
