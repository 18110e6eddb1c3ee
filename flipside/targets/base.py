"""What every target is: it makes a machine, finds it again, and gives it back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from contextlib import AbstractContextManager
    from pathlib import Path, PurePosixPath

    Narrate = Callable[[str], None]


class Narrator(Protocol):
    """Tells a person what happens: the part of the console that work may speak to."""

    def step(self, title: str) -> AbstractContextManager[object]:
        """Return a context manager that reports a step and the time it took."""
        ...

    def detail(self, text: str) -> None:
        """Say something about the step that runs."""
        ...


class Machine(Protocol):
    """Something to run commands and put files on.

    Attributes:
        root: The folder of the platform on the machine.
    """

    root: PurePosixPath

    def run(
        self, argv: Sequence[str], *, stdin: bytes = b"", on_line: Narrate | None = None
    ) -> str:
        """Run a command; return its standard output, or hand each line of it to ``on_line``.

        Raises:
            MachineError: If the command cannot be run or exits with another status than 0.
        """
        ...

    def interactive(self, argv: Sequence[str]) -> int:
        """Run a command on the user's own terminal; return its exit status."""
        ...

    def put(self, source: Path, target: PurePosixPath) -> None:
        """Copy a file or a whole folder to the machine, replacing what is there."""
        ...


class Target(Protocol):
    """A place where a platform lives."""

    def bootstrap(self, narrator: Narrator) -> None:
        """Make the machine, or finish making it: idempotent, and resumable after any cut."""
        ...

    def machine(self, *, up: bool = True) -> Machine:
        """Return the machine.

        Args:
            up: Whether the platform on it has to run.

        Raises:
            MachineError: If there is none, or if it has to be up and is not.
        """
        ...

    def checks(self) -> list[dict[str, Any]]:
        """Return what can be checked from outside, of a platform that does not answer.

        Each is ``{"name", "ok", "detail", "next"}``, as the machine's own verb `doctor` has them.
        """
        ...

    def halt(self, narrator: Narrator) -> None:
        """Stop it with all its apps, if it runs; `bootstrap` starts it again.

        Raises:
            MachineError: There is none, or it is not ours to stop.
        """
        ...

    def destroy(self, narrator: Narrator, *, keep_data: bool) -> PurePosixPath | None:
        """Give the machine back; return where the apps' data was kept, if any was."""
        ...
