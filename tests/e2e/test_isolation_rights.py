"""What rights an app that was taken over can gain, and how much of the machine it can use up: little."""

from __future__ import annotations

import re

import pytest
from e2e.rig import until
from e2e.rig_attack import Neighbours, fork_bomb, python

EAT = "print(len(bytearray(400 << 20)))"
WRITE_AND_RUN = "import mmap; mmap.mmap(-1, 4096, prot=7)"
# PTRACE_SEIZE, which does not stop whom it is done to.
PTRACE = """
import ctypes, sys
sys.exit(ctypes.CDLL(None).ptrace(0x4206, {pid}, None, None) != 0)
"""
RAW = "import socket; socket.socket(socket.AF_INET, socket.SOCK_RAW, 1)"
PACKET = "import socket; socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 3)"
NETLINK = "import socket; socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0)"
CHROOT = "import os; os.chroot('/')"


def test_its_units_exposure_is_as_low_as_is_promised(neighbours: Neighbours) -> None:
    unit = neighbours.attacker.root("systemctl list-units --plain --no-legend 'app.*.service'")
    name = unit.out.split()[0]
    said = neighbours.attacker.root(f"systemd-analyze security --no-pager {name}").out
    level = re.search(r"Overall exposure level for .*: ([0-9.]+)", said)
    assert level, said
    assert float(level[1]) <= 1.2


@pytest.mark.parametrize(
    "command",
    [
        python(CHROOT),
        python(RAW),
        python(PACKET),
        "unshare --mount true",
        "mkdir -p /tmp/m && mount -t tmpfs none /tmp/m && umount /tmp/m",
        "nft list ruleset",
        "ip link set lo up",
        'hostname "$(hostname)"',
        "chown root /tmp && true",
        "kill -0 1",
        "systemctl start flipside-nginx",
        "su -c true",
        "mknod /tmp/null c 1 3 && rm /tmp/null",
        "nsenter --target 1 --mount true",
        "nginx -t -c /srv/flipside/etc/nginx/nginx.conf",
        *(f"kill -0 $(pgrep -o {name})" for name in ("nginx", "memcached", "rsyslogd", "systemd")),
    ],
)
def test_what_takes_roots_rights_is_refused(neighbours: Neighbours, command: str) -> None:
    neighbours.refuses(command)


@pytest.mark.parametrize(
    "command",
    [
        python(WRITE_AND_RUN),
        python(NETLINK),
        "cd $HOME; rm -f x; touch x; chmod u+s x; test -u x",
        "cd $HOME; rm -f x; touch x; chmod g+s x; test -g x",
        "systemctl show flipside-nginx",
        "ps -p 1",
        "chrt --batch 0 true",
        "unshare --user true",
        "test -r /proc/meminfo",
        "ls /var/log",
    ],
)
def test_what_an_ordinary_user_may_is_refused_in_the_sandbox(
    neighbours: Neighbours, command: str
) -> None:
    place = neighbours.attacker.app.place()
    proof = neighbours.attacker.outside(f"export HOME={place}/home; {command}")
    assert proof.status == 0, proof
    assert neighbours.attacker.inside(command).status != 0
    # A step may be a compiler, which writes what it then executes.
    if command != python(WRITE_AND_RUN):
        assert neighbours.attacker.step(command).status != 0


def test_it_has_no_capabilities_and_gains_none(neighbours: Neighbours) -> None:
    """A setuid program that is root's to everybody else is a plain one here."""
    look = "grep -E '^(Cap(Prm|Eff|Bnd|Amb)|NoNewPrivs):' /proc/self/status | cut -f2 | sort -u"
    for way in (neighbours.attacker.inside, neighbours.attacker.step):
        assert way(look).out.split() == ["0000000000000000", "1"]
    assert neighbours.attacker.outside(look).out.split() != ["0000000000000000", "1"]


def test_anothers_process_is_not_seen_signalled_or_traced(neighbours: Neighbours) -> None:
    attacker, victim = neighbours.attacker, neighbours.victim
    for command in (f"kill -0 {victim.pid}", python(PTRACE.format(pid=victim.pid))):
        assert victim.outside(command).status == 0, command
        assert attacker.inside(command).status != 0
        assert attacker.step(command).status != 0
        assert attacker.outside(command).status != 0
    look = f"test -e /proc/{victim.pid}"
    assert attacker.outside(look).status == 0
    assert attacker.inside(look).status != 0
    assert attacker.step(look).status != 0


def test_fork_bomb_ends_at_its_tasks_and_its_neighbour_goes_on(neighbours: Neighbours) -> None:
    attacker, victim = neighbours.attacker, neighbours.victim
    assert attacker.outside(fork_bomb(200)).out.strip() == "200"
    ran = attacker.inside(f"({fork_bomb(200, seconds=3)}) > $DATA_DIR/forks 2>&1 & sleep 1")
    assert victim.app.answers("/up")
    assert victim.inside("echo works").out == "works\n", ran
    until(lambda: attacker.outside("test -s forks").status == 0)
    assert int(attacker.outside("cat forks").out) < 40
    assert until(lambda: attacker.app.answers("/up"))


def test_memory_that_is_eaten_up_costs_the_eater_alone(neighbours: Neighbours) -> None:
    attacker, victim = neighbours.attacker, neighbours.victim
    assert attacker.outside(python(EAT)).status == 0
    assert attacker.inside(python(EAT)).status != 0
    before = victim.pid
    assert attacker.app.http("/eat", timeout=60).status == 502
    assert victim.pid == before
    assert until(lambda: attacker.app.answers("/up"))
    assert attacker.inside("echo works").out == "works\n"
