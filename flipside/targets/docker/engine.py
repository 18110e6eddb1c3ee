"""Docker on this machine: the one place that runs its command, and puts its errors into words."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass

from flipside.errors import MachineError, NotFoundError
from flipside.targets.docker import commands

BOOTSTRAP = "flipside platform.bootstrap"
# What the client says, over versions 20.10 to 29; what that means; what to type next.
PROBLEMS = (
    (
        r"permission denied while trying to connect",
        "this user may not use Docker",
        'sudo usermod -aG docker "$USER", log in anew, then run the same again',
    ),
    (
        r"(?i)cannot connect to the docker daemon|failed to connect to the docker api|error during connect",
        "the Docker daemon does not answer",
        "sudo systemctl start docker, then run the same again",
    ),
)
_TAKEN = re.compile(
    r"(\S+):(\d+)\b.*(?:port is already allocated|address already in use)", re.DOTALL
)


@dataclass(frozen=True)
class Container:
    """A container that there is.

    Attributes:
        folder: The folder of the platform that it belongs to; empty if it is not ours.
        running: Whether it runs.
        port: The port of the loopback that leads to its port 80; 0 if none does.
    """

    folder: str
    running: bool
    port: int


def run(argv: Sequence[str], stdin: bytes = b"") -> str:
    """Run a command of Docker's; return its standard output.

    Raises:
        NotFoundError: It names a container or an image that there is not.
        MachineError: There is no Docker, it does not answer, or it refuses.
    """
    try:
        done = subprocess.run(argv, input=stdin, capture_output=True, check=False)
    except FileNotFoundError:
        advice = (
            "install Docker (on Debian: sudo apt-get install docker.io), then run the same again"
        )
        raise MachineError("there is no `docker` command on this machine", None, advice) from None
    if done.returncode:
        raise refusal(argv, done.stderr.decode(errors="replace"))
    return done.stdout.decode(errors="replace")


def refusal(argv: Sequence[str], said: str) -> MachineError | NotFoundError:
    """Return the error for what Docker's client said on standard error."""
    where = " ".join(argv)
    for pattern, what, advice in PROBLEMS:
        if re.search(pattern, said):
            return MachineError(what, where, advice)
    taken = _TAKEN.search(said)
    if taken:
        address, port = taken.groups()
        advice = f"end the program that has it (ss -ltnp), then: {BOOTSTRAP}"
        return MachineError(f"port {port} of {address} is taken by another program", where, advice)
    # The client's own closing line gives no reason; the daemon's before it does.
    lines = [line for line in said.strip().splitlines() if "failed to start containers" not in line]
    last = (lines or ["no reason given"])[-1]
    if re.search(r"(?i)no such (container|image|object)", said):
        return NotFoundError(last, where, BOOTSTRAP)
    return MachineError(last, where, "flipside platform.doctor")


def find(name: str) -> Container | None:
    """Return the container of that name, None if there is none.

    Raises:
        MachineError: There is no Docker, or it does not answer.
    """
    try:
        (found,) = json.loads(run(commands.inspect(name)))
    except NotFoundError:
        return None
    bound = (found["HostConfig"]["PortBindings"] or {}).get("80/tcp")
    return Container(
        folder=(found["Config"]["Labels"] or {}).get(commands.LABEL, ""),
        running=found["State"]["Running"],
        port=int(bound[0]["HostPort"]) if bound else 0,
    )
