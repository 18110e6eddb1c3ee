"""The one error tree: what happened, where, and the next command to type."""

from __future__ import annotations


class FlipsideError(Exception):
    """Something a person can mend.

    Args:
        what: What happened, one or more lines, without a final full stop.
        where: The file, key, machine or path it happened at.
        next: What to type or do next.
    """

    def __init__(self, what: str, where: str | None = None, next: str | None = None) -> None:
        super().__init__(what)
        self.what = what
        self.where = where
        self.next = next

    def __str__(self) -> str:
        lines = [self.what]
        if self.where:
            lines.append(f"  where: {self.where}")
        if self.next:
            lines.append(f"  next:  {self.next}")
        return "\n".join(lines)

    def as_dict(self) -> dict[str, str | None]:
        """Return the error as JSON-ready fields ``what``, ``where`` and ``next``."""
        return {"what": self.what, "where": self.where, "next": self.next}


class BadConfigError(FlipsideError):
    """A `.flipside-app` or `.flipside-platform` that cannot be used as it stands."""


class BuildError(FlipsideError):
    """A release that could not be made from the app's folder."""


class DeployError(FlipsideError):
    """A release that did not go live; what served before still serves."""


class LockedError(FlipsideError):
    """Somebody else is changing the same thing right now."""


class MachineError(FlipsideError):
    """A machine or a component of it that does not answer as it should."""


class LostJobError(MachineError):
    """A job of the machine that ended without a word, as one that was killed."""


class NotFoundError(FlipsideError):
    """A name (target, template, app, tag, release) that nothing goes by."""


class SecretError(FlipsideError):
    """A secret, or a key of secrets, that cannot be used; the message never has the value."""
