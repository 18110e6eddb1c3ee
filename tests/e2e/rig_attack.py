"""An app that was taken over, beside another that was not, on a machine with systemd."""

from __future__ import annotations

import json
import shlex
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from e2e.rig import App
from e2e.rig_docker import DockerPlatform

CODE = Path(__file__).parent / "apps/attack/app.py"
CONNECT = """
import socket
socket.socket(socket.AF_UNIX, socket.{kind}).connect({path!r})
"""

_FORK = """
import os, signal, time
made = []
while len(made) < {most}:
    try:
        child = os.fork()
    except OSError:
        break
    if not child:
        time.sleep(60)
    made.append(child)
time.sleep({seconds})
for child in made:
    os.kill(child, signal.SIGKILL)
print(len(made))
"""


@dataclass(frozen=True)
class Ran:
    """What a command did: its status, and all that it printed."""

    status: int
    out: str


def python(code: str) -> str:
    """The shell command that runs Python code."""
    return f"python3 -c {shlex.quote(code)}"


def fork_bomb(most: int, seconds: float = 0) -> str:
    """The shell command that forks until it cannot or has so many, stays, and prints how many."""
    return python(_FORK.format(most=most, seconds=seconds))


def connect(path: object, kind: str = "SOCK_STREAM") -> str:
    """The shell command that connects to a Unix socket."""
    return python(CONNECT.format(path=str(path), kind=kind))


@dataclass(frozen=True)
class Taken:
    """An app that runs whatever it is sent.

    Attributes:
        platform: Where it lives.
        app: The app.
    """

    platform: DockerPlatform
    app: App

    @property
    def user(self) -> str:
        return f"app-{self.app.name}"

    @property
    def data(self) -> str:
        return f"{self.app.place()}/data"

    @property
    def pid(self) -> int:
        """The process that answers."""
        return int(self.app.http("/process").json)

    def inside(self, command: str) -> Ran:
        """Run a command from within its unit: all that keeps apps in holds."""
        answer = self.app.http("/run", method="POST", body=json.dumps(["sh", "-c", command]))
        assert answer.status == 200, answer.text
        return Ran(**answer.json)

    def step(self, command: str) -> Ran:
        """Run a command as `app.exec` does; its steps are confined alike."""
        enter = "/srv/flipside/venv/bin/python -m flipside.machine.enter /srv/flipside"
        lead = f"PYTHONPATH=/srv/flipside/lib {enter} {self.app.name} production"
        done = self.platform.sh(f"{lead} sh -c {shlex.quote(f'cd $DATA_DIR; {command}')}")
        return Ran(done.status, done.out + done.err)

    def outside(self, command: str) -> Ran:
        """Run a command as its user without the sandbox: what would be if that did not hold."""
        words = ["runuser", "-u", self.user, "--", "sh", "-c", f"cd {self.data}; {command}"]
        done = self.platform.sh(shlex.join(words))
        return Ran(done.status, done.out + done.err)

    def root(self, command: str) -> Ran:
        """Run a command as root, whom nothing keeps from anything."""
        done = self.platform.sh(command)
        return Ran(done.status, done.out + done.err)


def taken(platform: DockerPlatform, make: Callable[..., App], name: str, **changes: Any) -> Taken:
    """Make and deploy an app that runs what it is sent."""
    app = make(name, **changes)
    shutil.copy(CODE, app.folder)
    app.ship()
    return Taken(platform, app)


@dataclass(frozen=True)
class Neighbours:
    """Two apps of one machine, the first of them taken over."""

    attacker: Taken
    victim: Taken

    def refuses(self, command: str, *, user: bool = True) -> None:
        """See that root can, and that the attacker cannot: not from its unit, nor in its steps.

        Nor, if that is said of its `user`, without the sandbox.
        """
        ways = [self.attacker.inside, self.attacker.step]
        ways += [self.attacker.outside] if user else []
        proof = self.attacker.root(command)
        assert proof.status == 0, proof
        for way in ways:
            ran = way(command)
            assert ran.status != 0, (way, command, ran)
