"""The words that a command on a machine is wrapped in, and what they announce."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterable, Sequence
from concurrent.futures import Future

ROOT = "/srv/flipside"
ENVIRONMENT = {
    "FLIPSIDE_ROOT": ROOT,
    "PATH": f"{ROOT}/venv/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    "LANG": "C.UTF-8",
    "PYTHONPATH": f"{ROOT}/lib",
    "SPT_NOENV": "1",
    "HOME": "/root",
}
# Lines before the token are not the command's: a password that sudo did not ask for ends here.
# The session of its own gives all of the command's processes one group, which a signal can reach.
_WRAPPER = """\
until [ "$line" = "$0" ]; do IFS= read -r line || exit 1; done
setsid sh -c 'echo "$0 group $$" >&2; exec "$@"' "$0" "$@"
status=$?
printf '\\n%s exit %s\\n' "$0" "$status" >&2
"""
_KEPT = 200


def with_environment(argv: Sequence[str]) -> list[str]:
    """Return the command with the environment of a systemd machine, and nothing else of any."""
    return ["env", "-i", *(f"{name}={value}" for name, value in ENVIRONMENT.items()), *argv]


def wrapped(token: str, argv: Sequence[str]) -> list[str]:
    """Return the command that runs ``argv``, and tells of it in lines that begin with the token.

    ``TOKEN group N`` on standard error is the process group to signal, ``TOKEN exit N`` the exit
    status. The command starts when a line with the token has come in, and reads what follows.
    """
    return ["sh", "-c", _WRAPPER, token, *with_environment(argv)]


def interrupting(group: str) -> list[str]:
    """Return the command that interrupts a process group, as Ctrl-C on its terminal would."""
    return ["sh", "-c", 'kill -INT -- "-$0"', group]


class Heard:
    """What comes on standard error: the announcements, and what the command says there.

    Attributes:
        group: The command's process group; cancelled when the command never started.
        status: Its exit status, None as long as none was announced.
    """

    def __init__(self, token: str) -> None:
        self.group: Future[str] = Future()
        self.status: int | None = None
        self._announcement = re.compile(rf"{token} (group|exit) (\d+)")
        self._said: deque[str] = deque(maxlen=_KEPT)

    @property
    def said(self) -> str:
        """Return the last lines that were no announcements."""
        return "\n".join(self._said).strip()

    def listen(self, lines: Iterable[bytes]) -> None:
        """Take in all lines."""
        for raw in lines:
            line = raw.decode(errors="replace").rstrip()
            found = self._announcement.fullmatch(line)
            if found is None:
                self._said.append(line)
            elif found[1] == "group":
                self.group.set_result(found[2])
            else:
                self.status = int(found[2])
        self.group.cancel()
