"""The console as work sees it: steps that it opens, and events that machines send."""

from __future__ import annotations

from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING, Any

from flipside.errors import FlipsideError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import TracebackType

    from flipside.console import Console, Step


class Narrator:
    """What a target speaks to; see `flipside.targets.base.Narrator`."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._open: list[Step] = []

    @contextmanager
    def step(self, title: str) -> Iterator[Step]:
        """Run the block as a step."""
        with self._console.step(title) as step:
            self._open.append(step)
            try:
                yield step
            finally:
                self._open.remove(step)

    def detail(self, text: str) -> None:
        """Say something about the innermost step that runs."""
        if self._open:
            self._open[-1].detail(text)
        else:
            self._console.say(text)


class Live(AbstractContextManager["Live"]):
    """Steps that a machine begins and ends, printed as its events arrive.

    A step that is open when the `with` ends in an exception has failed.
    """

    def __init__(self, console: Console) -> None:
        self._console = console
        self._step: Step | None = None
        self._running: AbstractContextManager[Step] | None = None

    def __call__(self, event: dict[str, Any]) -> None:
        """Take one event: `step`, `done`, `failed` or `detail`."""
        if "step" in event:
            self._end()
            self._running = self._console.step(event["step"])
            self._step = self._running.__enter__()
        elif "done" in event:
            self._end()
        elif "failed" in event:
            self._end(FlipsideError, FlipsideError(event["failed"]))
        elif "detail" in event and self._step:
            self._step.detail(str(event["detail"]))
        elif "detail" in event:
            self._console.say(str(event["detail"]))

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End the step that is still open."""
        self._end(kind, error, trace)

    def _end(
        self,
        kind: type[BaseException] | None = None,
        error: BaseException | None = None,
        trace: TracebackType | None = None,
    ) -> None:
        running, self._running, self._step = self._running, None, None
        if running:
            running.__exit__(kind, error, trace)
