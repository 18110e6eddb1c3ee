"""Tell what happens while it happens: events that reach the laptop."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

Tell = Callable[[dict[str, Any]], None]


class Story:
    """Steps and details as events: ``{"step"}``, ``{"done", "seconds"}``, ``{"failed"}``, ``{"detail"}``.

    Args:
        tell: Takes each event.
    """

    def __init__(self, tell: Tell) -> None:
        self._tell = tell

    @contextmanager
    def step(self, title: str) -> Iterator[None]:
        """Tell when a step begins, and how it has ended."""
        begun = time.monotonic()
        self._tell({"step": title})
        try:
            yield
        except BaseException:
            self._tell({"failed": title})
            raise
        self._tell({"done": title, "seconds": round(time.monotonic() - begun, 3)})

    def detail(self, text: str) -> None:
        """Tell something about the step that runs."""
        self._tell({"detail": text})


def unheard(_line: str) -> None:
    """Take a line that nobody is told."""
