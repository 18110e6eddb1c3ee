"""Which version of Flipside a platform may be brought to."""

from __future__ import annotations

from packaging.version import Version

from flipside import __version__
from flipside.errors import FlipsideError


def check_upgrade(there: str, here: str = __version__) -> None:
    """Refuse to take a platform back to an earlier version.

    Args:
        there: The version that the platform has.
        here: Ours.

    Raises:
        FlipsideError: Ours is the earlier one: its code may not read what the later has written.
    """
    if Version(there) > Version(here):
        what = f"the platform is of version {there}, and this is Flipside {here}"
        raise FlipsideError(what, next=f"use Flipside {there} or later")
