"""What turns while a step runs on a terminal: the step's title, its note and the time so far."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any, TextIO

if TYPE_CHECKING:
    from collections.abc import Callable

# Most steps are over by then, and need neither the spinner nor the 0.1 s that rich takes to import.
DELAY = 0.4


class Spinner:
    """One spinner on one terminal; appears `DELAY` seconds after its start."""

    def __init__(self, stream: TextIO, text: Callable[[], str]) -> None:
        self._stream, self._text = stream, text
        self._status: Any = None
        self._lock = threading.RLock()
        self._timer = threading.Timer(DELAY, self._appear)
        self._timer.daemon = True
        self._over = False

    def start(self) -> None:
        """Begin to wait for `DELAY`."""
        self._timer.start()

    def stop(self) -> None:
        """Take the spinner off the terminal for good."""
        self._timer.cancel()
        with self._lock:
            self._over = True
            if self._status:
                self._status.stop()

    def aside(self, write: Callable[[], None]) -> None:
        """Call `write` while the spinner is off the terminal, then let it go on."""
        with self._lock:
            if self._status:
                self._status.stop()
            write()
            if self._status and not self._over:
                self._status.start()

    def _appear(self) -> None:
        from rich.console import Console
        from rich.status import Status

        with self._lock:
            if not self._over:
                self._status = Status(_Line(self._text), console=Console(file=self._stream))
                self._status.start()


class _Line:
    """The spinner's text, made anew for each frame."""

    def __init__(self, text: Callable[[], str]) -> None:
        self._text, self._since = text, time.monotonic() - DELAY

    def __rich__(self) -> Any:
        from rich.text import Text

        passed = time.monotonic() - self._since
        return Text(f"{self._text()}  {passed:.0f} s", no_wrap=True, overflow="ellipsis")
