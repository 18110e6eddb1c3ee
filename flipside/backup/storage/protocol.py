"""Where a repository lies: objects are put once and never changed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple, Protocol

TRIES = 5
"""How often an operation is begun anew that was crossed by another writer's."""
TAKEN = "there is another object of this name: another agent writes here, too"
OTHERS = "end that agent, or give this one a repository of its own"


class Listed(NamedTuple):
    """An object as a listing has it.

    Attributes:
        name: Its name.
        size: Bytes.
    """

    name: str
    size: int


class Storage(Protocol):
    """A place for objects. Their names are parts with slashes between, none beginning with a dot."""

    def make(self) -> None:
        """Make the place itself, if it is not there. Raises BackupError if that cannot be."""
        ...

    def put(self, name: str, data: bytes) -> None:
        """Store an object; when this returns it outlives anything, and before nobody sees a part.

        The same bytes may be put again, as after an answer that was lost.

        Raises:
            ConflictError: If there is another object of that name.
            BackupError: If it cannot be stored, or that cannot be known.
        """
        ...

    def get(self, name: str) -> bytes | None:
        """Return an object, None if there is none. Raises BackupError if that cannot be known."""
        ...

    def list(self, prefix: str, *, deep: bool = True) -> Iterator[Listed]:
        """Yield the objects whose names begin so, in order of their names.

        Args:
            prefix: Ends with a slash, or is empty.
            deep: Whether those with further slashes in their names count, too.

        Raises:
            BackupError: If it cannot be known which there are.
        """
        ...

    def folders(self, prefix: str) -> Iterator[str]:
        """Yield what stands between ``prefix`` and the next slash of names, each once, in order.

        Raises:
            BackupError: If it cannot be known which there are.
        """
        ...

    def delete(self, name: str) -> None:
        """Remove an object, if it is there. Raises BackupError if it cannot be removed."""
        ...

    def swap(self, name: str, old: bytes | None, new: bytes) -> bool:
        """Replace a small object if it is what it is thought to be, all at once.

        Args:
            name: One that is never put.
            old: What it has to be; None if there must be none.
            new: What it becomes.

        Returns:
            Whether it is ``new`` now, be it by an earlier try whose answer was lost. If not, it was
            something else than ``old``, and still is.

        Raises:
            BackupError: If that cannot be known.
        """
        ...
