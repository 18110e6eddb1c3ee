"""Where the chain of a database ends, and what is needed to go on."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import Any

from flipside.backup.database.content import Increment, pack_increment
from flipside.backup.database.image import Shape
from flipside.backup.database.steps import Step
from flipside.backup.names import Epoch
from flipside.backup.sealing import INCREMENT, EpochKey, digest


@dataclass(frozen=True)
class Point:
    """The end of a chain.

    Attributes:
        number: Of the last increment; 0 for the base.
        digest: The SHA-256 of its object.
        at: When it was taken, seconds since 1970; never before the one before it.
        root: The image's root hash.
        shape: Its shape.
        partial: Whether more belongs to it, that is yet to be put.
    """

    number: int
    digest: bytes
    at: float
    root: int
    shape: Shape
    partial: bool = False

    def as_json(self) -> dict[str, Any]:
        """Return it as JSON-ready values."""
        return asdict(self) | {"digest": self.digest.hex(), "root": f"{self.root:064x}"}

    @classmethod
    def from_json(cls, found: dict[str, Any]) -> Point:
        """Return what `as_json` made."""
        values = {"digest": bytes.fromhex(found["digest"]), "root": int(found["root"], 16)}
        return cls(**(found | values | {"shape": Shape(**found["shape"])}))


@dataclass(frozen=True)
class Tip:
    """The end of the chain of one database, and what is needed to go on.

    Attributes:
        epoch: The epoch.
        key: Its key.
        begun: When its base was taken, seconds since 1970.
        recipients: Who can open it.
        checked: When SQLite last found nothing wrong with an image of it.
        point: Where it ends.
    """

    epoch: Epoch
    key: EpochKey
    begun: float
    recipients: tuple[str, ...]
    checked: float
    point: Point

    def at(self, point: Point) -> Tip:
        """Return it with another end."""
        return replace(self, point=point)

    def sealed(self, step: Step, at: float) -> tuple[bytes, Point]:
        """Return the object of a step taken at a time, and the point that it leads to."""
        number, before, after = self.point.number + 1, step.before, step.after
        marks = after.shape, before.root, after.root
        head = Increment(number, at, *marks, step.groups, step.partial)
        name, content = self.epoch.increment(number), pack_increment(head)
        data = self.key.seal(INCREMENT, name, self.point.digest, content)
        return data, Point(number, digest(data), at, after.root, after.shape, step.partial)
