"""What can be wrong with a repository, besides what `flipside.errors` has."""

from __future__ import annotations

from flipside.errors import FlipsideError


class BackupError(FlipsideError):
    """A backup that could not be made, or a repository that cannot be used as it stands."""


class DamagedError(BackupError):
    """An object of a repository that is not what was put there: cut, altered, moved or missing."""


class UnopenedError(BackupError):
    """An epoch that none of the keys at hand opens."""


class ConflictError(BackupError):
    """Somebody else writes to the same repository."""
