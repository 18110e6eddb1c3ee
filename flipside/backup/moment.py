"""Moments that a database can be restored to."""

from __future__ import annotations

import re
from dataclasses import dataclass

from flipside.backup import when
from flipside.backup.errors import BackupError
from flipside.backup.names import Epoch

LIST = "list shows what there is"
"""What to do where a moment is wanted that there is not: a platform's command is another one."""
_ID = re.compile(r"([1-9]\d{0,7})\.(0|[1-9]\d{0,7})")


@dataclass(frozen=True)
class Moment:
    """A moment of a subject.

    Attributes:
        epoch: Its epoch.
        number: Of its increment; 0 is the base.
        at: Seconds since 1970.
        size: Bytes of its objects.
    """

    epoch: Epoch
    number: int
    at: float
    size: int

    @property
    def id(self) -> str:
        """Return epoch and increment, as ``3.17``."""
        return f"{self.epoch.number}.{self.number}"


@dataclass(frozen=True)
class Until:
    """Which moment is wanted: the last one of all, unless something is said.

    Attributes:
        at: The last one that is not after it, seconds since 1970.
        id: The one that goes by it, as ``3.17``.
    """

    at: float | None = None
    id: str | None = None

    def __post_init__(self) -> None:
        """Raise BackupError if the id cannot be one."""
        if self.id is not None and not _ID.fullmatch(self.id):
            what = f"{self.id!r} is no moment's id: those are two numbers, as 3.17"
            raise BackupError(what, next="write it as the list has it")

    def __str__(self) -> str:
        if self.id:
            return self.id
        return "at all" if self.at is None else f"until {when.show(self.at)}"

    @property
    def _parts(self) -> tuple[int, int]:
        epoch, _, number = (self.id or "").partition(".")
        return int(epoch), int(number)

    def may_be_in(self, epoch: Epoch) -> bool:
        """Return whether the moment can be one of an epoch's, for all that the epoch's name tells."""
        return self.id is None or self._parts[0] == epoch.number

    def includes(self, moment: Moment) -> bool:
        """Return whether a moment is not after the wanted one."""
        if self.id:
            return moment.number <= self._parts[1]
        return self.at is None or moment.at <= self.at

    def ends_with(self, moment: Moment) -> bool:
        """Return whether nothing after a moment needs to be looked at."""
        return self.id is not None and moment.id == self.id

    def met_by(self, moment: Moment) -> bool:
        """Return whether a moment, the last one included, is the wanted one."""
        return self.includes(moment) and (self.id is None or moment.id == self.id)
