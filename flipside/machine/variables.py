"""What an environment variable of an app may be called."""

from __future__ import annotations

import re

from flipside.errors import FlipsideError

_OURS = "FLIPSIDE_"
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def is_variable(name: str) -> bool:
    """Return whether an environment variable can be called so at all."""
    return _NAME.fullmatch(name) is not None


def check_variable(name: str) -> str:
    """Return the name if an app's variable can have it.

    Raises:
        FlipsideError: If it cannot.
    """
    if not is_variable(name):
        what = (
            f"{name!r} is no name for a variable: letters, digits and underscores, no digit first"
        )
        raise FlipsideError(what, next="choose another name")
    if name.startswith(_OURS):
        what = f"{name} begins with {_OURS}: the platform sets these itself"
        raise FlipsideError(what, next="choose another name")
    return name
