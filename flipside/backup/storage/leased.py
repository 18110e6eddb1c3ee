"""A storage as its writer sees it."""

from __future__ import annotations

from collections.abc import Iterator

from flipside.backup.storage.lease import Lease
from flipside.backup.storage.protocol import Listed, Storage


class Leased(Storage):
    """A storage whose lease is kept from lapsing: what is put may take longer than one lasts.

    Args:
        storage: The storage itself.

    Attributes:
        lease: The writer's, renewed before each object; None while nobody here is the writer.
    """

    def __init__(self, storage: Storage) -> None:
        self.storage = storage
        self.lease: Lease | None = None

    def __str__(self) -> str:
        return str(self.storage)

    def make(self) -> None:
        """Make the place itself."""
        self.storage.make()

    def put(self, name: str, data: bytes) -> None:
        """Store an object. Raises ConflictError, too, if another computer is the writer by now."""
        self._renew()
        self.storage.put(name, data)

    def get(self, name: str) -> bytes | None:
        """Return an object."""
        return self.storage.get(name)

    def list(self, prefix: str, *, deep: bool = True) -> Iterator[Listed]:
        """Yield objects."""
        return self.storage.list(prefix, deep=deep)

    def folders(self, prefix: str) -> Iterator[str]:
        """Yield folders."""
        return self.storage.folders(prefix)

    def delete(self, name: str) -> None:
        """Remove an object. Raises ConflictError, too, if another computer is the writer by now."""
        self._renew()
        self.storage.delete(name)

    def swap(self, name: str, old: bytes | None, new: bytes) -> bool:
        """Replace a small object."""
        return self.storage.swap(name, old, new)

    def _renew(self) -> None:
        if self.lease:
            self.lease.renew()
