"""Everything that a person or a program gets to read."""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TextIO, TypeVar

from flipside.console.plain import jsonable
from flipside.console.spinner import Spinner
from flipside.console.step import Step
from flipside.console.table import table_lines
from flipside.console.words import seconds, without_escapes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from flipside.errors import FlipsideError

T = TypeVar("T")

RED, GREEN, YELLOW, BOLD, DIM = "31", "32", "33", "1", "2"


class Console:
    """The output of one task.

    With `as_json`, stdout carries exactly one JSON document, and all else goes to stderr.

    Args:
        as_json: Whether reports and errors are JSON.
        out: The standard output, `sys.stdout` if None.
        err: The standard error, `sys.stderr` if None.
    """

    def __init__(
        self, *, as_json: bool = False, out: TextIO | None = None, err: TextIO | None = None
    ) -> None:
        self.as_json = as_json
        self._given = out, err
        self._lock = threading.RLock()
        self._open: list[Step] = []
        self._spinner: Spinner | None = None
        self._reported = False
        self._since = time.monotonic()
        self.steps: list[Step] = []

    @property
    def _out(self) -> TextIO:
        return self._given[0] or sys.stdout

    @property
    def _err(self) -> TextIO:
        return self._given[1] or sys.stderr

    @property
    def text(self) -> TextIO:
        """Return the stream of what is not JSON."""
        return self._err if self.as_json else self._out

    def say(self, text: str = "") -> None:
        """Print lines of text."""
        self._write(self.text, text)

    def warn(self, text: str) -> None:
        """Print a warning to stderr."""
        self._write(self._err, f"{self._paint(self._err, YELLOW, 'warning:')} {text}")

    def table(self, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
        """Print a table; see `flipside.console.table.table_lines`."""
        heading, *lines = table_lines(columns, rows)
        self.say("\n".join([self._paint(self.text, BOLD, heading), *lines]))

    def report(self, data: T, text: Callable[[T], object]) -> None:
        """Print `data` as JSON if that was asked for, otherwise call `text` with it.

        Raises:
            RuntimeError: A report was printed before: two documents are no JSON.
        """
        if not self.as_json:
            text(data)
            return
        if self._reported:
            msg = "a task reports once"
            raise RuntimeError(msg)
        self._document(data)

    def error(self, error: FlipsideError) -> None:
        """Print an error to stderr; with JSON to stdout, unless a report stands there already."""
        if self.as_json and not self._reported:
            self._document({"error": error.as_dict()})
            return
        self._write(self._err, f"{self._paint(self._err, RED, 'error:')} {error}")

    def total(self) -> None:
        """Print the time since this console was made."""
        self.say(self._paint(self.text, DIM, f"done in {seconds(time.monotonic() - self._since)}"))

    @contextmanager
    def step(self, title: str) -> Iterator[Step]:
        """Run the block as a step: print its line, and its details, when it is over.

        Yields:
            The step, to add details and the result to.
        """
        step, since, word = Step(title), time.monotonic(), "ok"
        self._begin(step)
        try:
            yield step
        except KeyboardInterrupt:
            word = "stopped"
            raise
        except BaseException:
            word = "failed"
            raise
        finally:
            step.seconds = time.monotonic() - since
            self._end(step, word)

    def _begin(self, step: Step) -> None:
        with self._lock:
            self._open.append(step)
            if self._spinner is None and _is_terminal(self.text):
                self._spinner = Spinner(self.text, self._running)
                self._spinner.start()

    def _end(self, step: Step, word: str) -> None:
        with self._lock:
            depth = self._open.index(step)
            if len(self._open) == 1 and self._spinner:
                self._spinner.stop()
                self._spinner = None
            self._open.remove(step)
            self.steps.append(step)
            indent = "  " * depth
            lines = [self._line(step, word), *(f"  {detail}" for detail in step.details)]
            self.say("\n".join(f"{indent}{line}".rstrip() for line in lines))

    def _running(self) -> str:
        steps = self._open
        return without_escapes(steps[-1].running) if steps else ""

    def _line(self, step: Step, word: str) -> str:
        took = seconds(step.seconds or 0)
        if not _is_terminal(self.text) or not _has_marks(self.text):
            return f"{word:<5} {step.summary} ({took})"
        mark = (GREEN, "✓") if word == "ok" else (RED, "✗")
        stopped = f" {word}" if word == "stopped" else ""
        took = self._paint(self.text, DIM, took)
        return f"{self._paint(self.text, *mark)} {step.summary}{stopped}  {took}"

    def _document(self, data: Any) -> None:
        self._reported = True
        document = json.dumps(data, indent=2, ensure_ascii=False, default=jsonable)
        self._write(self._out, document)

    def _write(self, stream: TextIO, text: str) -> None:
        def write() -> None:
            stream.write(f"{_printable(stream, text)}\n")
            stream.flush()

        with self._lock:
            if self._spinner:
                self._spinner.aside(write)
            else:
                write()

    def _paint(self, stream: TextIO, colour: str, text: str) -> str:
        if not _is_terminal(stream) or os.environ.get("NO_COLOR"):
            return text
        return f"\x1b[{colour}m{text}\x1b[0m"


def _is_terminal(stream: TextIO) -> bool:
    return stream.isatty() and os.environ.get("TERM") != "dumb"


def _has_marks(stream: TextIO) -> bool:
    return (stream.encoding or "").lower().replace("-", "") == "utf8"


def _printable(stream: TextIO, text: str) -> str:
    """Return `text` as the stream can show it: no escapes in a file, no character it lacks."""
    shown = text if _is_terminal(stream) else without_escapes(text)
    encoding = stream.encoding or "utf-8"
    return shown.encode(encoding, "backslashreplace").decode(encoding)
