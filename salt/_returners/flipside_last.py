"""Remember the outcome of the last highstate, for `platform.status`."""

from __future__ import annotations

from typing import Any


def returner(ret: dict[str, Any]) -> None:
    """Write time, duration, changes and failures of a state run to ``var/highstate.json``."""
    from flipside.machine import highstate

    highstate.remember(__grains__["flipside"]["root"], ret)  # type: ignore[name-defined]
