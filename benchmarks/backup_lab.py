"""Where the tools are compared: a folder of databases, each tool with a copy of its own, and proof of its work."""

from __future__ import annotations

import math
import os
import shutil
import statistics
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from backup_app import App, Transaction, small
from backup_data import alike, check, grow
from backup_fetch import installed, litestream
from backup_ours import Flipside
from backup_peers import Borg, Litestream, Restic
from backup_tools import Tool
from bench import Result, seconds

MB = 106.0
COUNT = 1000
T = TypeVar("T", bound=Tool)
ALL: tuple[type[Tool], ...] = (Flipside, Litestream, Restic, Borg)


@dataclass(frozen=True)
class Lab:
    """A folder to work in, and how long to.

    Attributes:
        folder: The folder.
        rounds: How often a time is taken; the median counts.
        seconds: How long an agent is watched.
    """

    folder: Path
    rounds: int
    seconds: float

    def database(self, megabytes: float = MB) -> Path:
        """A database of a size, that nobody writes to."""
        path = self.folder / f"{megabytes:g}.db"
        if not path.exists():
            grow(path, megabytes)
        return path

    def fresh(self, megabytes: float = MB) -> Path:
        """A copy of it, in a folder of its own."""
        folder = Path(tempfile.mkdtemp(dir=self.folder))
        return Path(shutil.copy(self.database(megabytes), folder / "app.db"))

    @contextmanager
    def kept(
        self, kind: type[T], does: Transaction = small, megabytes: float = MB
    ) -> Iterator[tuple[T, App]]:
        """A tool that has the base of a fresh database, and the app that writes to it."""
        path = self.fresh(megabytes)
        tool = kind(path.parent / "tool", path)
        app = App(path, does)
        try:
            tool.first()
            yield tool, app
        finally:
            tool.close()
            app.close()
            shutil.rmtree(path.parent)


def restored(tool: Tool) -> float:
    """Seconds of a restore with its quick_check; what came back must be what is live."""
    with tempfile.TemporaryDirectory(dir=tool.folder) as folder:
        made: list[Path] = []
        # Nobody is to wait for what others wrote.
        os.sync()
        took = seconds(lambda: made.append(tool.restore(Path(folder))))
        took += seconds(lambda: None if tool.checks else check(made[0]))
        same = alike(made[0], tool.paths[0], tool.folder)
        assert same, f"{tool.name} did not restore what was live"  # noqa: S101 - a wrong restore is no measurement
    return took


def restores(tools: list[Tool], rounds: int) -> list[float]:
    """Median seconds of each tool's restore, in turn, so that a moment's load is all of theirs."""
    times = [[restored(tool) for tool in tools] for _ in range(rounds)]
    return [statistics.median(each) for each in zip(*times, strict=True)]


def compared(  # noqa: PLR0913, PLR0917 - a line of the table
    name: str, unit: str, value: float, beside: str, other: float, at_most: float | None = None
) -> Result:
    """A line whose target is at most so many times what is beside it."""
    if value and other >= 2 * value:
        beside = f"{beside}, {other / value:.3g} times that"
    return Result(name, value, unit, at_most and _cut(other * at_most), beside, other)


def _cut(value: float) -> float:
    """Round down to three digits, so that a target never becomes easier."""
    if value <= 0:
        return value
    step = 10.0 ** (math.floor(math.log10(value)) - 2)
    return float(f"{math.floor(value / step) * step:.3g}")


def versions() -> str:
    """Name the peers as they call themselves."""
    asked = (
        [str(litestream()), "version"],
        [installed("restic"), "version"],
        ["borg", "--version"],
    )
    said = (subprocess.run(argv, capture_output=True, text=True, check=True) for argv in asked)
    found = ", ".join(each.stdout.partition(" compiled")[0].strip() for each in said)
    age = "encrypts with age" if Litestream.age else "does not encrypt"
    return f"Litestream {found}. Litestream {age}; all others encrypt."
