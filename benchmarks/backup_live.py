"""An app at 100 transactions a second: what its agent costs, and what its writers feel of it."""

from __future__ import annotations

import json
import shutil
import statistics
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import astuple, dataclass
from pathlib import Path

from backup_lab import COUNT, Lab, compared, restored
from backup_meter import Meter, peak, resident
from backup_ours import EachSecond, Flipside, Watching
from backup_peers import Litestream
from backup_tools import Agent
from bench import Result

PACE = 100


@dataclass(frozen=True)
class Cost:
    """What one agent cost, or the median of several rounds.

    Attributes:
        p99: Milliseconds that a transaction took, from its begin on.
        late: The same from when it was due.
        longest: Milliseconds of the longest transaction.
        cpu: Percent of one core.
        peak: MB that the agent held at most, from its start on.
        held: MB that it held in the end.
        grown: MB that 1,000 transactions added to the repository.
    """

    p99: float
    late: float
    longest: float
    cpu: float = 0
    peak: float = 0
    held: float = 0
    grown: float = 0


def measure(lab: Lab) -> Iterator[Result]:
    """Write undisturbed and with each agent in turn, several times."""
    kinds = (Watching, EachSecond, Litestream)
    costs: dict[type[Agent] | None, list[Cost]] = {kind: [] for kind in (None, *kinds)}
    for _ in range(lab.rounds):
        for kind, found in costs.items():
            found.append(_watched(lab, kind) if kind else _undisturbed(lab))
    medians = {kind: _median(found) for kind, found in costs.items()}
    other, alone = medians.pop(Litestream), medians.pop(None)
    for kind, ours in medians.items():
        # Only what comes unasked for is held to the limits.
        yield from _compared(_named(kind), ours, other, alone, limits=kind is Watching)
    yield compared("late with Litestream, p99", "ms", other.late, "undisturbed", alone.late)


def _compared(of: str, ours: Cost, other: Cost, alone: Cost, *, limits: bool) -> Iterator[Result]:
    """The lines of one agent."""
    peer, twice, slower = Litestream.name, 2 if limits else None, 1.5 if limits else None
    name = f"{of} at {PACE} transactions/s"
    yield compared(f"CPU of {name}", "% of a core", ours.cpu, peer, other.cpu, twice)
    yield compared(f"memory of {name}, at most", "MB", ours.peak, peer, other.peak, twice)
    yield compared(f"memory of {name}, in the end", "MB", ours.held, peer, other.held)
    yield compared(f"1,000 transactions, {name}", "MB", ours.grown, peer, other.grown)
    for beside, found in ((f"with {peer}", other), ("undisturbed", alone)):
        yield compared(f"a transaction with {of}, p99", "ms", ours.p99, beside, found.p99, slower)
        yield compared(f"late with {of}, p99", "ms", ours.late, beside, found.late)
        yield compared(f"longest with {of}", "ms", ours.longest, beside, found.longest)


def _named(kind: type[Agent] | None) -> str:
    return f"`watch --every {kind.every:g}`" if kind and issubclass(kind, Flipside) else ""


def _watched(lab: Lab, kind: type[Agent]) -> Cost:
    """Write with an agent that has made the base itself."""
    with lab.kept(kind) as (tool, _):
        pid, size = tool.process.pid, tool.size
        meter = Meter.of(pid)
        said = _written(lab, tool.paths[0])
        cpu = meter.percent
        tool.again()
        held = (peak(pid), resident(pid))
        restored(tool)
        grown = (tool.size - size) / said.pop("count") * COUNT / 1e6
    return Cost(**said, cpu=cpu, peak=held[0], held=held[1], grown=grown)


def _undisturbed(lab: Lab) -> Cost:
    path = lab.fresh()
    said = _written(lab, path)
    shutil.rmtree(path.parent)
    del said["count"]
    return Cost(**said)


def _written(lab: Lab, path: Path) -> dict[str, float]:
    """What the writer says, which is a process of its own."""
    program = str(Path(__file__).with_name("backup_writer.py"))
    argv = [sys.executable, program, str(path), str(PACE), str(lab.seconds)]
    done = subprocess.run(argv, stdout=subprocess.PIPE, check=True)
    said: dict[str, float] = json.loads(done.stdout)
    return said


def _median(costs: list[Cost]) -> Cost:
    return Cost(*map(statistics.median, zip(*map(astuple, costs), strict=True)))
