"""The words that a command on a machine is wrapped in, and what they announce."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from flipside.salt.config import environment

ROOT = "/srv/flipside"
ENVIRONMENT = environment(PurePosixPath(ROOT)) | {"HOME": "/root"}
# Lines before the token are not the command's: a password that sudo did not ask for ends here.
# The session of its own gives all of the command's processes one group, which a signal can reach.
_WRAPPER = """\
until [ "$line" = "$0" ]; do IFS= read -r line || exit 1; done
setsid sh -c 'echo "$0 group $$" >&2; exec "$@"' "$0" "$@"
status=$?
printf '\\n%s exit %s\\n' "$0" "$status" >&2
"""


def with_environment(argv: Sequence[str]) -> list[str]:
    """Return the command with the environment of a systemd machine, and nothing else of any.

    Where processors are short, whoever serves requests goes before it.
    """
    variables = (f"{name}={value}" for name, value in ENVIRONMENT.items())
    return ["nice", "-n", "15", "env", "-i", *variables, *argv]


def wrapped(token: str, argv: Sequence[str]) -> list[str]:
    """Return the command that runs ``argv``, and tells of it in lines that begin with the token.

    ``TOKEN group N`` on standard error is the process group to signal, ``TOKEN exit N`` the exit
    status. The command starts when a line with the token has come in, and reads what follows.
    """
    return ["sh", "-c", _WRAPPER, token, *with_environment(argv)]


def interrupting(group: str) -> list[str]:
    """Return the command that interrupts a process group, as Ctrl-C on its terminal would."""
    return ["sh", "-c", 'kill -s INT -- "-$0"', group]


@dataclass(frozen=True)
class Heard:
    """What came on standard error.

    Attributes:
        group: The command's process group; None if it did not start.
        status: Its exit status; None if it did not end, or nobody is left to tell.
        said: All other lines.
    """

    group: str | None
    status: int | None
    said: str


def heard(token: str, text: str) -> Heard:
    """Return what was announced by the token, and what was said besides."""
    announced = dict(re.findall(rf"^{token} (group|exit) (\d+)$", text, re.MULTILINE))
    said = [line for line in text.splitlines() if not line.startswith(token)]
    status = announced.get("exit")
    return Heard(announced.get("group"), int(status) if status else None, "\n".join(said).strip())
