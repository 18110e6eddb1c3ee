"""100 databases that nobody writes to, watched by one process."""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from backup_app import App
from backup_lab import Lab, compared, restored
from backup_meter import Meter, peak
from backup_ours import EachSecond, Watching
from backup_peers import Litestream
from backup_tools import Agent
from bench import Result

COUNT = 100
MB = 0.2


def measure(lab: Lab) -> Iterator[Result]:
    """Compare what they cost."""
    (ours, held), (second, _), (other, beside) = (
        _idle(lab, kind) for kind in (Watching, EachSecond, Litestream)
    )
    name, peer = f"CPU of {COUNT} idle databases", Litestream.name
    yield Result(f"{name}, `--every 10`", ours, "% of a core", 1, peer, other)
    yield Result(f"{name}, `--every 1`", second, "% of a core", 1, peer, other)
    yield compared(f"memory of {COUNT} idle databases, at most", "MB", held, peer, beside)


def _idle(lab: Lab, kind: type[Agent]) -> tuple[float, float]:
    """Percent of a core, and MB, of an agent with nothing to do."""
    folder = Path(tempfile.mkdtemp(dir=lab.folder))
    source = lab.database(MB)
    paths = [Path(shutil.copy(source, folder / f"{number}.db")) for number in range(COUNT)]
    # As of apps that are there, but do nothing; half of them have a log, as they once did something.
    apps = [App(path) for path in paths]
    for app in apps[::2]:
        app.work(1)
    tool = kind(folder / "tool", *paths)
    try:
        tool.first()
        meter = Meter.of(tool.process.pid)
        time.sleep(lab.seconds)
        found = meter.percent, peak(tool.process.pid)
        # It only counts if it was awake.
        apps[0].work(1)
        tool.again()
        restored(tool)
    finally:
        tool.close()
        for app in apps:
            app.close()
        shutil.rmtree(folder)
    return found
