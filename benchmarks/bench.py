"""What the benchmarks share: a platform of their own, the guestbook on it, medians and ratios."""

from __future__ import annotations

import atexit
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

TOP = Path(__file__).parents[1]
sys.path.insert(0, str(TOP / "tests"))
# The keys of the platforms made here; none is to be kept.
os.environ["FLIPSIDE_KEYS"] = tempfile.mkdtemp(prefix="fs-keys-")
atexit.register(shutil.rmtree, os.environ["FLIPSIDE_KEYS"])

from docker_engine import image_of  # noqa: E402
from e2e.rig import AnyPlatform, App, Platform, environment, temporary  # noqa: E402
from e2e.rig_docker import DockerPlatform  # noqa: E402

ROUNDS = 5


@dataclass(frozen=True)
class Result:
    """One line of the table.

    Attributes:
        name: What was measured.
        value: Its median.
        unit: Of the value.
        target: What it may be at most; None if nothing was asked of it.
        beside: What was measured beside it in the same run.
        other: The median of that, in the same unit.
    """

    name: str
    value: float
    unit: str
    target: float | None
    beside: str
    other: float

    def row(self) -> str:
        """A line of a Markdown table."""
        held = self.target is None or self.value <= self.target
        ratio = f"{self.value / self.other:.2f}" if self.other else "-"
        other = f"{self.beside}: {self.other:.3g} {self.unit}"
        return (
            f"| {self.name} | {self.value:.3g} {self.unit} | {self._target} "
            f"| {'yes' if held else '**no**'} | {other} | {ratio} | {os.getloadavg()[0]:.1f} |"
        )

    @property
    def _target(self) -> str:
        return "" if self.target is None else f"{self.target:g} {self.unit}"


def seconds(do: Callable[[], object]) -> float:
    """Wall-clock seconds that it takes."""
    begun = time.monotonic()
    do()
    return time.monotonic() - begun


def median(do: Callable[[], object], rounds: int = ROUNDS) -> float:
    """The median of several rounds, in seconds."""
    return statistics.median(seconds(do) for _ in range(rounds))


def quiet(argv: list[str], env: dict[str, str] | None = None, cwd: Path | None = None) -> None:
    """Run a command to its end; it must succeed."""
    subprocess.run(argv, env=env, cwd=cwd, check=True, capture_output=True)


@contextmanager
def platform() -> Iterator[Platform]:
    """A local platform of its own, gone afterwards."""
    made = Platform(temporary())
    try:
        made.bootstrap()
        yield made
    finally:
        made.destroy()


@contextmanager
def machine() -> Iterator[DockerPlatform]:
    """A platform in a container of its own, gone afterwards."""
    image_of("machine")
    made = DockerPlatform(temporary())
    try:
        made.bootstrap()
        yield made
    finally:
        made.destroy()


def guestbook(on: AnyPlatform, name: str = "guestbook", **changes: Any) -> App:
    """The example app, with its first release live; `changes` go over its `.flipside-app`."""
    app = on.app(name, on.folder / name)
    shutil.copytree(TOP / "examples/guestbook", app.folder)
    app.configure(name=name, **changes)
    app.ship()
    return app


def touch(app: App, number: int) -> None:
    """Change its code, so that the next release is another one."""
    style = next(app.folder.glob("guestbook/static/**/*.css"))
    style.write_text(style.read_text() + f"\n/* {number} {time.time_ns()} */\n")


def variables(app: App) -> dict[str, str]:
    """A user's environment with the app's own variables over it."""
    text = app.flipside("app.exec", "--", "env", "-0").out
    own = dict(pair.split("=", 1) for pair in text.split("\0") if "=" in pair)
    return environment(app.platform.home) | own | {"PATH": os.environ["PATH"]}


def alone(measure: Callable[[App], list[Result]]) -> None:
    """Run one benchmark on a platform of its own, and print its table."""
    with platform() as on:
        app = guestbook(on)
        heading()
        rows(measure(app))


def heading() -> None:
    """Begin a table in Markdown."""
    print(f"\n{time.strftime('%Y-%m-%d')}, {os.cpu_count()} CPUs\n")
    print("| measured | median | target | held | beside it, in the same run | ratio | load |")
    print("|---|---|---|---|---|---|---|", flush=True)


def rows(results: list[Result]) -> None:
    """Print results, each as a line of the table."""
    for result in results:
        print(result.row(), flush=True)
