"""What the objects of a repository are called.

A database is known by the SHA-256 of its name, so that a listing tells nothing. Its **epochs** are counted;
each is a base and the increments upon it, under a key of its own.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass

CONFIG = "flipside-backup.json"
_EPOCH = re.compile(r"(\d{8})-([0-9a-f]{8})")
_INCREMENT = re.compile(r"i(\d{8})")


def database_id(repository: str, name: str) -> str:
    """Return what a database goes by: 32 hex digits.

    Args:
        repository: The repository's id.
        name: The database's name; a path, as a rule.
    """
    return hashlib.sha256(f"{repository}\n{name}".encode()).hexdigest()[:32]


@dataclass(frozen=True, order=True)
class Epoch:
    """One epoch of a database.

    Attributes:
        database: Its id.
        number: Counted from 1.
        random: 8 hex digits, which tell apart those of two agents that counted alike.
    """

    database: str
    number: int
    random: str

    @property
    def prefix(self) -> str:
        """Return what the names of its objects begin with."""
        return f"db/{self.database}/{self.number:08d}-{self.random}/"

    @property
    def key(self) -> str:
        """Return the name of its wrapped key."""
        return f"{self.prefix}key.age"

    @property
    def base(self) -> str:
        """Return the name of its base's manifest, which makes it count."""
        return f"{self.prefix}base"

    def chunk(self, index: int) -> str:
        """Return the name of a part of its base, counted from 0."""
        return f"{self.prefix}c{index:08d}"

    def increment(self, number: int) -> str:
        """Return the name of an increment, counted from 1."""
        return f"{self.prefix}i{number:08d}"


def epoch_of(name: str) -> Epoch | None:
    """Return the epoch that an object's name belongs to, if any."""
    parts = name.split("/")
    if len(parts) == 4 and parts[0] == "db" and (found := _EPOCH.fullmatch(parts[2])):
        return Epoch(parts[1], int(found[1]), found[2])
    return None


def increment_of(name: str) -> int | None:
    """Return the number of the increment that goes by a name, if it is one."""
    found = _INCREMENT.fullmatch(name.rpartition("/")[2])
    return int(found[1]) if found else None
