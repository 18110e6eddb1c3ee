"""What an app that was taken over can do to the machine's services: nothing but use its own."""

from __future__ import annotations

import shlex
from collections.abc import Callable

import pytest
from e2e.rig import App, until
from e2e.rig_attack import Neighbours, connect, python, taken
from e2e.rig_docker import DockerPlatform

TCP = "import socket; socket.create_connection(('127.0.0.1', {port}), 5)"
LOG = """
import socket
log = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
log.connect({path!r})
log.send({line!r})
"""
ASK = """
import socket
client = socket.socket(socket.AF_UNIX)
client.settimeout(5)
client.connect({path!r})
client.send({words!r} + b"\\r\\n")
print(client.recv(4096))
"""
MEMCACHED = "/run/flipside/memcached/sock"


@pytest.mark.parametrize("port", [4505, 4506])
def test_salts_ports_do_not_open_to_apps(neighbours: Neighbours, port: int) -> None:
    neighbours.refuses(python(TCP.format(port=port)))


def test_salt_runs_no_job_of_an_app(neighbours: Neighbours) -> None:
    job = "/srv/flipside/venv/bin/salt -c /srv/flipside/etc/salt/master '*' test.ping"
    neighbours.refuses(job)
    call = "/srv/flipside/venv/bin/salt-call -c /srv/flipside/etc/salt/minion test.ping"
    neighbours.refuses(call)


@pytest.mark.parametrize(
    "path",
    [
        "/run/flipside/master/workers-default.ipc",
        "/run/flipside/master/publish_pull.ipc",
        "/run/flipside/master/master_event_pull.ipc",
        "/run/systemd/private",
    ],
)
def test_root_services_sockets_are_not_reached(neighbours: Neighbours, path: str) -> None:
    neighbours.refuses(connect(path))


def test_systems_bus_is_not_reached_from_the_sandbox(neighbours: Neighbours) -> None:
    """Any user reaches it; it lets them look and change nothing."""
    neighbours.refuses(connect("/run/dbus/system_bus_socket"), user=False)
    neighbours.refuses("systemctl restart flipside-schedule || systemctl reset-failed")


def test_rsyslogs_socket_takes_no_line_in_anothers_name(neighbours: Neighbours) -> None:
    line = b"<14>victim.production: forged line"
    log = "/srv/flipside/log/apps/victim.production/app.log"
    neighbours.refuses(python(LOG.format(path="/run/flipside/rsyslog/log.sock", line=line)))
    # Root's own line proves that it would have come through.
    until(lambda: neighbours.victim.root(f"grep 'forged line' {log}").status == 0)


@pytest.mark.parametrize("path", ["/dev/log", "/run/systemd/journal/dev-log"])
def test_line_by_the_journal_lands_in_its_own_log_whatever_it_claims(
    neighbours: Neighbours, path: str
) -> None:
    line = f"<14>victim.production[{neighbours.victim.pid}]: claimed by {path}".encode()
    neighbours.attacker.inside(python(LOG.format(path=path, line=line)))
    _lands_only_with_its_sender(neighbours, f"claimed by {path}")


def test_native_line_of_the_journal_cannot_name_another_unit(neighbours: Neighbours) -> None:
    fields = [
        "_SYSTEMD_UNIT=app.victim.production.1.service",
        "UNIT=app.victim.production.1.service",
    ]
    fields += ["SYSLOG_IDENTIFIER=victim.production", "MESSAGE=native claim"]
    line = "\n".join(fields).encode() + b"\n"
    neighbours.attacker.inside(python(LOG.format(path="/run/systemd/journal/socket", line=line)))
    _lands_only_with_its_sender(neighbours, "native claim")


def _lands_only_with_its_sender(neighbours: Neighbours, text: str) -> None:
    look = ["grep", "-rlF", text, "/srv/flipside/log"]

    def found() -> list[str]:
        return neighbours.attacker.root(shlex.join(look)).out.split()

    assert until(found) == ["/srv/flipside/log/apps/attacker.production/app.log"]


def test_cache_keeps_and_gives_and_does_nothing_for_all(neighbours: Neighbours) -> None:
    """What is proven first: a memcached with no options does all that ours refuses."""
    attacker = neighbours.attacker
    plain = "/tmp/plain.sock"
    attacker.root(f"memcached -d -u root -s {plain} -a 0666 -P /tmp/plain.pid")
    try:
        until(lambda: attacker.root(f"test -S {plain}").status == 0)
        for words in (b"flush_all", b"lru_crawler metadump all", b"stats cachedump 1 10", b"watch"):
            theirs = attacker.root(python(ASK.format(path=plain, words=words))).out
            ours = attacker.inside(python(ASK.format(path=MEMCACHED, words=words)))
            assert "ERROR" not in theirs, theirs
            assert ours.status == 0
            assert "ERROR" in ours.out, (words, ours)
    finally:
        attacker.root(f"kill $(cat /tmp/plain.pid); rm -f {plain} /tmp/plain.pid")
    keep = ASK.format(path=MEMCACHED, words=b"set attack 0 9 1\r\nx")
    assert "STORED" in attacker.inside(python(keep)).out


def test_anothers_key_in_the_cache_is_not_guessed(neighbours: Neighbours) -> None:
    """Who could put something there would have it unpickled by the other app."""
    prefixes = {
        each: each.step("echo $FLIPSIDE_CACHE_PREFIX").out.strip()
        for each in (neighbours.attacker, neighbours.victim)
    }
    theirs = prefixes[neighbours.victim]
    put = ASK.format(path=MEMCACHED, words=f"set {theirs}:1:x 0 0 6\r\nsecret".encode())
    assert "STORED" in neighbours.victim.inside(python(put)).out
    # That memcached would give it is shown first: nothing but the key is needed.
    get = ASK.format(path=MEMCACHED, words=f"get {theirs}:1:x".encode())
    assert "secret" in neighbours.attacker.inside(python(get)).out
    assert theirs.startswith("victim.production-")
    own = prefixes[neighbours.attacker].removeprefix("attacker.production-")
    assert own not in theirs
    guess = ASK.format(path=MEMCACHED, words=f"get victim.production-{own}:1:x".encode())
    assert "secret" not in neighbours.attacker.inside(python(guess)).out
    neighbours.refuses("cat /srv/flipside/etc/cache.key")
    neighbours.refuses(f"cat {neighbours.victim.app.place()}/generations/*/env.json")


def test_app_without_network_is_served_and_reaches_nobody(
    neighbours: Neighbours,
    docker_platform: DockerPlatform,
    make_docker_app: Callable[..., App],
) -> None:
    """The web server stands for the world: it listens on every address of the machine."""
    address = neighbours.attacker.root("hostname -I").out.split()[0]
    reach = [
        python(f"import socket; socket.create_connection(({host!r}, 80), 5)")
        for host in (address, "127.0.0.1")
    ]
    alone = taken(docker_platform, make_docker_app, "alone", resources={"network": False})
    for command in reach:
        assert neighbours.attacker.inside(command).status == 0
        assert alone.inside(command).status != 0
