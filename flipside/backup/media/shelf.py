"""One epoch of a folder's files, opened: its moments, and what each of them lists."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from flipside.backup.errors import DamagedError
from flipside.backup.fetch import fetched
from flipside.backup.keys import Keys
from flipside.backup.media import entry as entries_of
from flipside.backup.media import manifest as manifests_of
from flipside.backup.media import marks, objects
from flipside.backup.media.contents import Contents
from flipside.backup.media.entry import Entry
from flipside.backup.media.manifest import Manifest
from flipside.backup.media.marks import Mark
from flipside.backup.media.objects import LIST_MOST, MANIFEST
from flipside.backup.moment import Moment
from flipside.backup.names import Epoch
from flipside.backup.repository import Repository
from flipside.backup.sealing import FIRST, EpochKey


class Shelf:
    """One epoch of a folder's files.

    Args:
        repository: Where it lies.
        epoch: Which.
        key: Its key.
        name: The folder's name.
    """

    def __init__(self, repository: Repository, epoch: Epoch, key: EpochKey, name: str) -> None:
        self.repository, self.epoch, self.key, self.name = repository, epoch, key, name
        self.contents = Contents(repository, epoch, key)

    @classmethod
    def by(cls, keys: Keys, repository: Repository, epoch: Epoch) -> Shelf:
        """Return an epoch that some keys open.

        Raises:
            DamagedError: If its key is missing or altered.
            UnopenedError: If its key cannot be opened.
        """
        return cls(repository, epoch, *keys.open(epoch))

    def put(self, kind: bytes, name: str, content: bytes) -> bytes:
        """Seal and store an object; return it.

        Raises:
            ConflictError: If there is another of that name.
            BackupError: If it cannot be stored.
        """
        data = self.key.seal(kind, name, FIRST, content)
        self.repository.storage.put(name, data)
        return data

    def sizes(self) -> dict[int, int]:
        """Return the bytes of all manifests' objects, by number, rising."""
        listed = self.repository.storage.list(objects.manifests(self.epoch))
        found = {objects.number_of(each.name): each.size for each in listed}
        return {number: size for number, size in found.items() if number is not None}

    def kept(self) -> list[int]:
        """Return the numbers of the manifests that are not about to be deleted, rising."""
        going = {number for mark in self.marks() for number in mark.manifests}
        return [number for number in self.sizes() if number not in going]

    def marks(self) -> list[Mark]:
        """Return what is about to be deleted, the oldest first."""
        wanted = marks.names(self.epoch, self.repository.heads(self.epoch))
        return sorted(marks.read(self.repository, self.key, wanted), key=lambda mark: mark.at)

    def manifest(self, number: int) -> Manifest:
        """Return a manifest. Raises DamagedError if it is missing or altered."""
        name = objects.manifest(self.epoch, number)
        return self.opened(number, self.repository.require(name))

    def manifests(self, numbers: Iterable[int]) -> Iterator[Manifest]:
        """Yield manifests in order. Raises DamagedError at one that is missing or altered."""
        names = (objects.manifest(self.epoch, number) for number in numbers)
        for name, data in fetched(self.repository, names):
            yield self.opened(objects.number_of(name) or 0, data)

    def opened(self, number: int, data: bytes) -> Manifest:
        """Return the manifest of an object. Raises DamagedError if it is none, or another's."""
        name = objects.manifest(self.epoch, number)
        found = manifests_of.unpack(self.key.open(MANIFEST, name, FIRST, data), name)
        if (found.number, found.name) != (number, self.name):
            raise DamagedError("this is the manifest of another moment, or folder", name)
        return found

    def moments(self) -> Iterator[Moment]:
        """Yield the moments that can be restored to, the first of them first.

        Raises:
            DamagedError: At a manifest that is missing or altered.
        """
        sizes = self.sizes()
        for found in self.manifests(self.kept()):
            yield self.moment(found, sizes[found.number])

    def moment(self, manifest: Manifest, size: int) -> Moment:
        """Return a manifest's moment; its size is that of all objects that were put for it."""
        return Moment(self.epoch, manifest.number, manifest.at, size + manifest.added)

    def entries(self, manifest: Manifest) -> list[Entry]:
        """Return what a manifest lists.

        Raises:
            DamagedError: If a part is missing or altered, or lists what is not beneath its folder.
        """
        where = objects.manifest(self.epoch, manifest.number)
        pieces = self.contents.read(manifest.pieces, LIST_MOST)
        found = (entry for piece in pieces for entry in entries_of.read_piece(piece, where))
        return entries_of.checked(found, where)

    def references(self, manifests: Iterable[Manifest]) -> set[str]:
        """Return the names of all contents that manifests refer to.

        Raises:
            DamagedError: If a list is missing or altered.
        """
        pieces = dict.fromkeys(name for each in manifests for name in each.pieces)
        found = set(pieces)
        for piece in self.contents.read(pieces, LIST_MOST):
            where = objects.contents(self.epoch)
            found.update(*(entry.chunks for entry in entries_of.read_piece(piece, where)))
        return found
