"""What the objects of a repository are called.

A database, or a folder's other files, is a **subject**, known by the SHA-256 of its name, so that a
listing tells nothing. Its **epochs** are counted; each has a key of its own. An epoch of a database
is a base and the increments upon it.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass

CONFIG = "flipside-backup.json"
DATABASE, FILES = "db", "files"
ALL, HOURLY = "i", "h"
"""The two lines of increments that an epoch may have: those of each pass, and what is left of them."""
MOST = 10**8 - 1
"""The last number that an epoch can have."""
WHOLE = ""
"""What stands for both of them, and the base."""
_EPOCH = re.compile(r"([0-9]{8})-([0-9a-f]{8})")
_INCREMENT = re.compile(r".*/([ih])/([0-9]{8})")


def subject_id(repository: str, name: str) -> str:
    """Return what a subject goes by: 32 hex digits.

    Args:
        repository: The repository's id.
        name: The subject's name; a path, as a rule.
    """
    return hashlib.sha256(f"{repository}\n{name}".encode()).hexdigest()[:32]


@dataclass(frozen=True, order=True)
class Epoch:
    """One epoch of a subject.

    Attributes:
        kind: `DATABASE` or `FILES`.
        subject: Its id.
        number: Counted from 1.
        random: 8 hex digits, which tell apart those of two agents that counted alike.
    """

    kind: str
    subject: str
    number: int
    random: str

    @property
    def label(self) -> str:
        """Return number and random part as its folder is called."""
        return f"{self.number:08d}-{self.random}"

    @property
    def prefix(self) -> str:
        """Return what the names of its objects begin with."""
        return f"{self.kind}/{self.subject}/{self.label}/"

    @property
    def key(self) -> str:
        """Return the name of its wrapped key."""
        return f"{self.prefix}key.age"

    @property
    def base(self) -> str:
        """Return the name of its base's manifest, which makes it count."""
        return f"{self.prefix}base"

    @property
    def chunks(self) -> str:
        """Return what the names of its base's parts begin with."""
        return f"{self.prefix}c/"

    def chunk(self, index: int) -> str:
        """Return the name of a part of its base, counted from 0."""
        return f"{self.chunks}{index:08d}"

    def increment(self, number: int, line: str = ALL) -> str:
        """Return the name of an increment of a line, counted from 1."""
        return f"{self.prefix}{line}/{number:08d}"

    def line(self, line: str) -> str:
        """Return what the names of a line's increments begin with."""
        return f"{self.prefix}{line}/"

    @property
    def hours(self) -> str:
        """Return the name of what ends its line `HOURLY`, and makes that count."""
        return f"{self.prefix}hours"

    def gone(self, line: str = "") -> str:
        """Return the name of what says that a line, or the whole epoch, is about to be deleted."""
        return f"{self.prefix}gone{f'-{line}' if line else ''}"


def epoch_of(name: str) -> Epoch | None:
    """Return the epoch that an object's name belongs to, if any."""
    kind, _, rest = name.partition("/")
    subject, _, rest = rest.partition("/")
    found = _EPOCH.fullmatch(rest.partition("/")[0])
    return Epoch(kind, subject, int(found[1]), found[2]) if found else None


def increment_of(name: str) -> tuple[str, int] | None:
    """Return line and number of the increment that goes by a name, if it is one."""
    found = _INCREMENT.fullmatch(name)
    return (found[1], int(found[2])) if found else None
