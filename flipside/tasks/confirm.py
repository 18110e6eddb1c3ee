"""Asking before something is gone, or down."""

from __future__ import annotations

import sys

from flipside.console import get_console
from flipside.errors import FlipsideError


def confirm(what: str, again: str, *, yes: bool) -> None:
    """Say what is about to happen, and ask whether it shall; with `yes` say it only.

    Args:
        what: What will be destroyed or stopped, and what is kept.
        again: The command line with `--yes` in it.
        yes: Whether the answer was given already.

    Raises:
        FlipsideError: The answer is no, or nobody is there to give one.
    """
    console = get_console()
    if yes:
        console.say(what)
        return
    if not sys.stdin.isatty():
        raise FlipsideError(f"{what}; that needs a yes, and nobody can give it here", next=again)
    if not agreed(f"{what}. Go on"):
        raise FlipsideError("nothing was changed")


def agreed(question: str) -> bool:
    """Ask a yes or no; no where nobody is there to answer."""
    if not sys.stdin.isatty():
        return False
    console = get_console()
    console.text.write(f"{question}? [y/N] ")
    console.text.flush()
    return sys.stdin.readline().strip().lower() in ("y", "yes")
