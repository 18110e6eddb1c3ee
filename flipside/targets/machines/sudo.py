"""Becoming root on a machine: as root already, by sudo, by sudo with a password."""

from __future__ import annotations

import getpass
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from flipside.errors import MachineError
from flipside.targets.terminal import has_terminal

# sudo's messages are read, so they must be the untranslated ones.
_FACTS = """\
LC_ALL=C; export LC_ALL
if [ "$(id -u)" = 0 ]; then how=root
elif ! command -v sudo >/dev/null; then how=no-sudo
elif sudo -n true 2>/dev/null; then how=sudo
else how=password
fi
echo "flipside-facts $how $(id -un) $(command -v python3 || echo no-python)"
"""
FACTS = ["sh", "-c", _FACTS]
_TRY = ["env", "LC_ALL=C", "sudo", "-k", "-S", "-p", "", "true"]
_NO_PYTHON = "no-python"

Lead = Callable[[Sequence[str]], list[str]]


@dataclass(frozen=True)
class Root:
    """How a command becomes root's.

    Attributes:
        before: The words before the command.
        typed: What goes in before the command's standard input.
    """

    before: tuple[str, ...] = ()
    typed: bytes = field(default=b"", repr=False)


def root(output: str, name: str, lead: Lead) -> Root | None:
    """Return how to become root, from what the command `FACTS` printed; None if it did not.

    Args:
        output: Its standard output.
        name: What the machine is called, for people.
        lead: Returns the local command that leads to a command on the machine.

    Raises:
        MachineError: There is no way to root, or no Python.
    """
    facts = [line.split() for line in output.splitlines() if line.startswith("flipside-facts ")]
    if not facts:
        return None
    _, how, user, python = facts[-1]
    if how == "no-sudo":
        hint = (
            "log in as root (`host: root@...`), or install sudo there: su -c 'apt-get install sudo'"
        )
        raise MachineError(f"{user} is not root there, and there is no sudo", name, hint)
    if python == _NO_PYTHON:
        hint = "install it there: apt-get install python3"
        raise MachineError("there is no Python on the machine", name, hint)
    if how == "password":
        return _with_password(user, name, lead)
    return Root(("sudo", "-n", "--") if how == "sudo" else ())


def _with_password(user: str, name: str, lead: Lead) -> Root:
    if not has_terminal():
        what = f"sudo asks {user} for a password, and nobody can type it here"
        raise MachineError(what, name, f"run the same in a terminal, or {_free(user)}")
    typed = getpass.getpass(f"password of {user} for sudo on {name}: ").encode() + b"\n"
    done = subprocess.run(
        lead(_TRY), input=typed, capture_output=True, check=False, start_new_session=True
    )
    if done.returncode:
        raise _denied(user, name, done.stderr.decode(errors="replace"))
    return Root(("sudo", "-S", "-p", "", "--"), typed)


def _denied(user: str, name: str, said: str) -> MachineError:
    if "try again" in said or "incorrect password" in said:
        return MachineError(f"that is not {user}'s password", name, "type the same command again")
    what = (said.strip().splitlines() or [f"sudo refuses {user}"])[-1]
    return MachineError(what, name, _free(user))


def _free(user: str) -> str:
    return (
        f"let it become root, by this line in /etc/sudoers.d there: {user} ALL=(ALL) NOPASSWD: ALL"
    )
