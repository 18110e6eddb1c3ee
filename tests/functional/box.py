"""A container with sshd for the tests: users, keys, and what is done to it behind ssh's back."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from flipside.targets.docker import boot, commands, engine
from flipside.targets.machines.remote import Remote
from flipside.targets.machines.ssh import Address, Ssh

USERS = """\
for user in ann bob carl dora; do
    useradd --create-home --shell /bin/bash $user
    echo $user:secret | chpasswd
done
usermod --shell /usr/sbin/nologin dora
echo 'ann ALL=(ALL) ALL' >/etc/sudoers.d/ann
echo 'carl ALL=(ALL) NOPASSWD: ALL' >/etc/sudoers.d/carl
for home in /root /home/ann /home/bob /home/carl /home/dora; do
    mkdir -p $home/.ssh
    echo "$0" >$home/.ssh/authorized_keys
    chown -R $(basename $home) $home/.ssh
done
"""
# Not the one that listens: that has a path behind its colon.
CUT = "for it in $(grep -ls '^sshd: [a-z]' /proc/[0-9]*/cmdline); do kill -9 $(basename ${it%/*}); done"


@dataclass(frozen=True)
class Box:
    """A container that ssh reaches.

    Attributes:
        name: The container's name.
        known: Where it is, as root.
    """

    name: str
    known: Address

    def address(self, user: str = "root", **changes: Any) -> Address:
        return replace(self.known, host=f"{user}@{self.ip}", **changes)

    @property
    def ip(self) -> str:
        return self.known.host.partition("@")[2]

    def machine(self, user: str = "root", **changes: Any) -> Remote:
        return Remote(Ssh(self.address(user, **changes)))

    def sh(self, command: str, *words: str) -> str:
        return engine.run(commands.execute(self.name, ["sh", "-c", command, *words]))

    def cut(self) -> None:
        """Kill what serves the connections, as a network that breaks would end them."""
        self.sh(CUT)


@contextmanager
def running(image: str, folder: Path) -> Iterator[Box]:
    """Run a container with systemd and sshd, whose users a new key opens."""
    name = f"flipside-test-{uuid.uuid4().hex[:6]}"
    engine.run(commands.create(name, name, image, folder, 0))
    try:
        engine.run(commands.start(name))
        boot.wait(name)
        new_key(folder / "key")
        engine.run(commands.execute(name, ["sh", "-c", USERS, (folder / "key.pub").read_text()]))
        format_ = "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}"
        address = engine.run(["docker", "inspect", "--format", format_, name]).strip()
        known = Address(f"root@{address}", folder / "known hosts", 22, folder / "key")
        yield Box(name, known)
    finally:
        engine.run(commands.remove(name))


def new_key(path: Path) -> None:
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", path], check=True)


def until(true: Callable[[], Any], seconds: float = 60) -> None:
    """Wait until something is so, or fail."""
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def on_terminal(code: str, answers: dict[str, str]) -> str:
    """Run Python on a terminal of its own; type each answer when its question appears; return all."""
    pid, terminal = os.forkpty()
    if pid == 0:
        os.execv(sys.executable, [sys.executable, "-c", code])
    seen, left = "", dict(answers)
    try:
        while chunk := _read(terminal):
            seen += chunk
            for question in [each for each in left if each in seen]:
                os.write(terminal, left.pop(question).encode())
    finally:
        os.waitpid(pid, 0)
        os.close(terminal)
    return seen


def _read(terminal: int) -> str:
    try:
        return os.read(terminal, 4096).decode(errors="replace")
    except OSError:  # so Linux says that nobody has the other end any more
        return ""


def without_program(folder: Path, name: str) -> str:
    """Return a PATH with all programs of this one but one."""
    folder.mkdir()
    for path in os.environ["PATH"].split(os.pathsep):
        for program in Path(path).glob("*"):
            if program.name != name and not (folder / program.name).exists():
                (folder / program.name).symlink_to(program)
    assert shutil.which(name, path=str(folder)) is None
    return str(folder)
