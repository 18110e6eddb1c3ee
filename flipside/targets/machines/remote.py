"""A systemd machine, on which everything runs as root, at the end of some way."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Protocol

from flipside.errors import MachineError
from flipside.targets.machines import tarred, wrapper
from flipside.targets.machines.failed import failed
from flipside.targets.machines.process import Feed, communicate

if TYPE_CHECKING:
    from flipside.targets.base import Narrate
    from flipside.targets.machines.sudo import Root

_FULL = "No space left on device"


class Way(Protocol):
    """How a command gets onto a machine.

    Attributes:
        name: What the machine is called, for people.
    """

    name: str

    def root(self) -> Root:
        """Connect where it is needed; return how commands become root's.

        Raises:
            MachineError: The machine is out of reach, or root is.
        """
        ...

    def lead(self, argv: Sequence[str]) -> list[str]:
        """Return the local command that runs a command there."""
        ...

    def attach(self, argv: Sequence[str]) -> int:
        """Run a command as root on the user's own terminal; return its exit status."""
        ...

    def refused(self, said: str) -> MachineError:
        """Return what it means that a command never started.

        Args:
            said: What came on standard error.
        """
        ...


class Remote:
    """A systemd machine."""

    def __init__(self, way: Way) -> None:
        self.root = PurePosixPath(wrapper.ROOT)
        self._way = way

    def run(
        self, argv: Sequence[str], *, stdin: bytes = b"", on_line: Narrate | None = None
    ) -> str:
        """Run a command as root, with the environment of the platform's processes."""
        lines: list[str] = []
        self._run(argv, lambda pipe: pipe.write(stdin), on_line or lines.append)
        return "\n".join(lines)

    def feed(self, argv: Sequence[str], feed: Feed, on_line: Narrate) -> None:
        """Run a command as root while its input is written bit by bit."""
        self._run(argv, feed, on_line)

    def interactive(self, argv: Sequence[str]) -> int:
        """Run a command as root on this terminal."""
        return self._way.attach(wrapper.with_environment(argv))

    def put(self, source: Path, target: PurePosixPath) -> None:
        """Copy a file or a folder in place of what is there; a cut leaves the old one there."""
        try:
            self._run(tarred.unpack(target), lambda pipe: tarred.pack(source, pipe), lambda _: None)
        except OSError as error:
            advice = "see to that, then run the same again"
            raise MachineError(f"cannot read: {error.strerror}", error.filename, advice) from None
        except MachineError as error:
            if _FULL not in error.what:
                raise
            advice = "make room on the machine (`df`), then run the same again"
            raise MachineError(error.what, str(target), advice) from None

    def _run(self, argv: Sequence[str], feed: Feed, take: Narrate) -> None:
        root, token = self._way.root(), secrets.token_hex(16)
        local = self._way.lead([*root.before, *wrapper.wrapped(token, argv)])
        before = root.typed + f"{token}\n".encode()
        heard = communicate(
            local, token, lambda pipe: (pipe.write(before), feed(pipe)), take, self._interrupt
        )
        if heard.status is None:
            raise self._lost() if heard.group else self._way.refused(heard.said)
        if heard.status:
            raise failed(argv, heard.status, heard.said)

    def _interrupt(self, group: str) -> None:
        self.run(wrapper.interrupting(group))

    def _lost(self) -> MachineError:
        what = "the connection was lost midway, and what ran there may have ended or not"
        advice = "type the same command again: it finishes what was begun"
        return MachineError(what, self._way.name, advice)
