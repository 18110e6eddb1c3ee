"""The text of the tasks' reports, for people."""

from __future__ import annotations

from flipside.console import get_console


def end(*commands: str) -> None:
    """Print the time that it took, and what to type next."""
    get_console().total()
    hint(*commands)


def hint(*commands: str) -> None:
    """Print what to type next."""
    for index, command in enumerate(commands):
        get_console().say(f"{'next:' if not index else '     '} {command}")
