"""The tasks of `invoke` in this checkout; `flipside` runs the same from anywhere."""

from flipside.tasks import namespace

__all__ = ["namespace"]
