"""How a pass went for one subject, and how all of them stand."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flipside.errors import FlipsideError


@dataclass(frozen=True)
class Stored:
    """What a pass put.

    Attributes:
        kind: ``base``, ``increment`` or ``files``.
        size: Bytes of objects.
        pages: How many changed.
        at: Which moment it is of, seconds since 1970.
    """

    kind: str
    size: int
    pages: int
    at: float


@dataclass(frozen=True)
class Outcome:
    """What a pass did for one subject.

    Attributes:
        name: The subject's.
        stored: What was put; None if nothing had changed, or it failed.
        error: Why it failed.
    """

    name: str
    stored: Stored | None = None
    error: FlipsideError | None = None

    def as_dict(self) -> dict[str, Any]:
        """Return it as JSON-ready values."""
        error = self.error.as_dict() if self.error else None
        return {"name": self.name, "stored": self.stored and vars(self.stored), "error": error}
