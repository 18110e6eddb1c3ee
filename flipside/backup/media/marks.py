"""What is about to be deleted: named a day before, so that nothing comes to rely on it unseen.

Whoever collects marks first, and deletes once `retention.GRACE` is over what is still marked and not
referred to by then. A writer may rely on anything that the newest manifest refers to: that one is
kept. For all else it looks at the marks just before it puts a manifest: a mark younger than `FRESH`
leaves time enough for the manifest to be seen; a content in an older one is not relied on any more.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import suppress
from dataclasses import dataclass

from flipside.backup import fields, packing
from flipside.backup.errors import DamagedError
from flipside.backup.media.objects import LIST_MOST, content_names
from flipside.backup.names import Epoch
from flipside.backup.packing import pack_json, read_json
from flipside.backup.repository import Repository
from flipside.backup.retention import GRACE
from flipside.backup.sealing import FIRST, GONE, EpochKey

FRESH = GRACE / 2
"""Seconds that a mark says nothing yet: the other half is for clocks that differ and puts that last."""
MOST = 200_000
"""Manifests, and contents, that a mark names; what is left is for the next one."""


@dataclass(frozen=True)
class Mark:
    """What is about to be deleted of an epoch.

    Attributes:
        name: Its object's.
        at: When it was marked, seconds since 1970.
        manifests: Numbers.
        contents: Names.
    """

    name: str
    at: float
    manifests: frozenset[int]
    contents: frozenset[str]


def names(epoch: Epoch, heads: Collection[str]) -> set[str]:
    """Return the names of the marks among those of an epoch's objects."""
    return {name for name in heads if name.startswith(epoch.gone("") + "-")}


def pack(mark: Mark) -> bytes:
    """Return a mark as bytes."""
    found = {
        "at": mark.at,
        "manifests": sorted(mark.manifests),
        "contents": sorted(mark.contents),
    }
    return packing.packed(pack_json(found))


def read(repository: Repository, key: EpochKey, wanted: Collection[str]) -> Iterator[Mark]:
    """Yield the marks of these names that are there, and are as they were put.

    Another mark can do no harm: whoever collects cannot read it, either.
    """
    for name in sorted(wanted):
        with suppress(DamagedError):
            if found := opened(repository, key, name):
                yield found


def opened(repository: Repository, key: EpochKey, name: str) -> Mark | None:
    """Return a mark, None if it is gone by now. Raises DamagedError if it was altered."""
    data = repository.storage.get(name)
    if data is None:
        return None
    found = read_json(packing.unpacked(key.open(GONE, name, FIRST, data), name, LIST_MOST), name)
    try:
        manifests = frozenset(map(fields.whole, fields.several(found["manifests"])))
        contents = frozenset(content_names(found["contents"]))
        return Mark(name, fields.moment(found["at"]), manifests, contents)
    except (KeyError, TypeError, ValueError):
        raise DamagedError("this does not say what is to be deleted", name) from None
