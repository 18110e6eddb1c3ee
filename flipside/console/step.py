"""One step of a task: what it is called, what came of it, and its details."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass
class Step:
    """A step that runs, or ran. Details and result appear with the step's line, once it is over."""

    title: str
    details: list[str] = field(default_factory=list)
    outcome: str | None = None
    noted: str | None = None
    seconds: float | None = None

    def detail(self, text: str) -> None:
        """Add lines that are shown, indented, below the step's own."""
        self.details.extend(text.splitlines())

    def result(self, text: str) -> None:
        """Say in a word or two, on the step's line, what came of it: `2 of 31 wheels`."""
        self.outcome = text

    def note(self, text: str) -> None:
        """Say what is going on right now; shown beside the spinner only."""
        self.noted = text

    def progress(self, done: int, total: int) -> None:
        """Say how far the step has come; shown beside the spinner only."""
        self.note(f"{done}/{total}")

    @property
    def running(self) -> str:
        """Return the title with the note or, without one, the last detail."""
        last = self.noted or (self.details[-1].strip() if self.details else "")
        return f"{self.title}  {last}" if last else self.title

    @property
    def summary(self) -> str:
        """Return the title with the result."""
        return f"{self.title}: {self.outcome}" if self.outcome else self.title
