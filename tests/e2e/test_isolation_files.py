"""What an app that was taken over can read and write: nothing but its own data and home."""

from __future__ import annotations

import pytest
from e2e.rig_attack import Neighbours, connect

ETC = "/srv/flipside/etc"


@pytest.mark.parametrize(
    "command",
    [
        "cat {data}/private.txt",
        "ls {place}",
        "cat {place}/generations/*/env.json",
        "cat {place}/generations/*/spec.json",
        "cat {place}/current/release/tree/app.py",
        "ls {place}/snapshots {place}/home",
        "cat /srv/flipside/log/apps/victim.production/app.log",
        "ls /run/flipside/victim/production",
        "ls /srv/flipside/store",
        f"cat {ETC}/settings.json",
        f"cat {ETC}/salt/pki/minion/minion.pem",
        f"cat {ETC}/salt/master/master",
        "ls /srv/flipside/var/master",
        "cat /srv/flipside/srv/pillar/top.sls",
        "cat /etc/shadow",
    ],
)
def test_what_is_anothers_or_the_platforms_is_not_read(
    neighbours: Neighbours, command: str
) -> None:
    victim = neighbours.victim
    place = victim.app.place()
    neighbours.refuses(command.format(data=victim.data, place=place))


def test_env_of_anothers_process_is_not_read(neighbours: Neighbours) -> None:
    command = f"cat /proc/{neighbours.victim.pid}/environ"
    assert neighbours.victim.outside(command).status == 0
    assert neighbours.attacker.inside(command).status != 0
    assert neighbours.attacker.outside(command).status != 0


@pytest.mark.parametrize(
    "folder",
    [
        "{place}",
        "{place}/generations",
        "{place}/current/",
        "{place}/current/release/",
        "{place}/current/release/tree",
        "{place}/current/release/venv/bin",
        "/srv/flipside",
        "/srv/flipside/lib/flipside/machine",
        "/srv/flipside/venv/bin",
        "/run/flipside",
        "/etc/systemd/system",
        "/etc/cron.d",
        "/usr/local/bin",
        "/var/lib",
        "/root",
    ],
)
def test_nothing_is_made_outside_of_its_data_and_home(neighbours: Neighbours, folder: str) -> None:
    folder = folder.format(place=neighbours.attacker.app.place())
    neighbours.refuses(f"touch {folder}/.attack && rm {folder}/.attack")


@pytest.mark.parametrize("name", ["env.json", "spec.json", "uwsgi.ini"])
def test_its_own_generation_is_not_written(neighbours: Neighbours, name: str) -> None:
    neighbours.refuses(f": >> {neighbours.attacker.app.place()}/current/{name}")


def test_its_own_data_and_home_are_written(neighbours: Neighbours) -> None:
    """Else all of the above could hold because nothing works at all."""
    for place in ("$DATA_DIR", "$HOME"):
        assert neighbours.attacker.inside(f"touch {place}/new && rm {place}/new").status == 0


@pytest.mark.parametrize("folder", ["/tmp", "/var/tmp", "/dev/shm"])
def test_temporary_files_are_an_apps_own(neighbours: Neighbours, folder: str) -> None:
    look = f"cat {folder}/note"
    assert neighbours.attacker.outside(f"umask 0; echo x > {folder}/note").status == 0
    assert neighbours.victim.outside(look).status == 0
    assert neighbours.victim.inside(look).status != 0
    neighbours.victim.root(f"rm {folder}/note")
    assert neighbours.attacker.inside(f"umask 0; echo x > {folder}/note").status == 0
    assert neighbours.attacker.inside(look).status == 0
    assert neighbours.victim.inside(look).status != 0
    assert neighbours.victim.root(look).status != 0


def test_anothers_sockets_are_not_reached(neighbours: Neighbours) -> None:
    found = neighbours.victim.root("find /run/flipside/victim/production -name '*.sock'").out
    assert "current.sock" in found
    for path in found.split():
        neighbours.refuses(connect(path))


def test_link_in_its_data_does_not_make_nginx_serve_anothers_file(neighbours: Neighbours) -> None:
    """The web server is of every app's group: it could read what the link leads to."""
    attacker, victim = neighbours.attacker, neighbours.victim
    private = f"{victim.data}/private.txt"
    assert attacker.root(f"runuser -u www-data -- cat {private}").out == "private"
    plant = "mkdir -p media; echo mine > own.txt; ln -sfn ../own.txt media/mine; "
    assert attacker.outside(plant + f"ln -sfn {private} media/theirs").status == 0
    assert attacker.outside(f"ln -sfn {victim.app.place()} media/place").status == 0
    assert attacker.app.http("/media/mine").text == "mine\n"
    for path in ("theirs", "place/data/private.txt", "place/current/release/tree/app.py"):
        assert attacker.app.http(f"/media/{path}").status in (403, 404)
