"""Starting and stopping generations: what both kinds of machine can do."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from flipside.machine.generation import Generation
from flipside.machine.layout import Layout


class Services(Protocol):
    """The services of generations.

    Attributes:
        layout: Where everything lies.
    """

    layout: Layout

    def start(self, generation: Generation) -> None:
        """Start a generation; whether it is any good is for the health check to find out."""

    def listen(self, generation: Generation) -> None:
        """Let a generation that served before wait for its first caller, where that costs nothing."""

    def retire(self, generation: Generation, *, wait: bool = True) -> None:
        """End a generation's process once it has finished what it has in hand.

        It may serve again: where waiting costs nothing its socket stays.
        """

    def stop(self, generation: Generation, *, mercy: bool = True) -> None:
        """End a generation, wait until it is gone, and forget it.

        Args:
            generation: What to stop.
            mercy: Whether it may finish what it has in hand. One that never had a visitor need
                not: it may hang, and visitors may be waiting for another.
        """

    def running(self, generation: Generation) -> bool:
        """Return whether a generation serves, be it that its first caller has to wake it."""

    def alive(self, generation: Generation) -> bool:
        """Return whether a generation's process is up, or being brought up."""

    def finishing(self, generation: Generation) -> bool:
        """Return whether a generation was told to end, and still has something in hand."""

    def sweep(self, app: str, env: str, known: set[int]) -> None:
        """Forget the services of generations that are no more."""


def services_of(layout: Layout, salt: Mapping[str, Callable[..., Any]]) -> Services:
    """Return the services of a machine.

    Args:
        layout: Where everything lies.
        salt: Salt's execution functions by name.
    """
    if layout.is_local:
        from flipside.machine.programs import Programs

        return Programs(layout, salt)
    from flipside.machine.units import Units

    return Units(layout)
