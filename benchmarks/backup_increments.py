"""What a base and 1,000 transactions weigh in each repository, and how soon all is back."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass

from backup_app import App, Transaction, random, small
from backup_lab import ALL, COUNT, Lab, compared, restored, restores
from backup_peers import Copying
from backup_tools import Tool
from bench import Result, seconds

PASSES = 10


@dataclass
class Kept:
    """What one tool did; sizes are MB.

    Attributes:
        tool: The tool, its repository still there.
        base: What the first backup weighs.
        grown: What the transactions add.
        took: Seconds until they were kept; an agent's are mostly the wait for it to be quiet.
    """

    tool: Tool
    base: float
    grown: float
    took: float


def measure(lab: Lab) -> Iterator[Result]:
    """Small edits in one pass and in several, then data that cannot be compressed."""
    with ExitStack() as stack:
        ours, *peers = [_kept(lab, stack, kind, small, 1) for kind in ALL]
        yield from bases(ours, peers)
        yield from grown("1,000 small transactions, in one pass", ours, peers, limits=True)
        yield from passes(ours, peers)
        yield from local(ours, peers)
        yield from back(lab, ours, peers, "one pass")
    with ExitStack() as stack:
        ours, *peers = [_kept(lab, stack, kind, small, PASSES) for kind in ALL]
        spread = f"1,000 small transactions, over {PASSES} passes"
        yield from grown(spread, ours, peers, limits=True)
        yield from back(lab, ours, peers, f"{PASSES} passes")
    with ExitStack() as stack:
        ours, *peers = [_kept(lab, stack, kind, random, 1) for kind in ALL]
        yield from grown("1,000 transactions of random data, in one pass", ours, peers)
        for each in (ours, *peers):
            restored(each.tool)


def _kept(lab: Lab, stack: ExitStack, kind: type[Tool], does: Transaction, times: int) -> Kept:
    tool, app = stack.enter_context(lab.kept(kind, does))
    return kept(tool, app, times)


def kept(tool: Tool, app: App, times: int = 1) -> Kept:
    """Commit 1,000 transactions, the tool keeping them in so many passes."""
    base, took = tool.size, 0.0
    for _ in range(times):
        app.work(COUNT // times)
        took += seconds(tool.again)
    return Kept(tool, base / 1e6, (tool.size - base) / 1e6, took)


def bases(ours: Kept, peers: list[Kept]) -> Iterator[Result]:
    """The first backup."""
    for peer, limit in zip(peers, (0.7, None, None), strict=True):
        yield compared("base", "MB", ours.base, peer.tool.name, peer.base, limit)


def grown(what: str, ours: Kept, peers: list[Kept], *, limits: bool = False) -> Iterator[Result]:
    """What the transactions add."""
    for peer, limit in zip(peers, (1 / 15, 1 / 80, None), strict=True):
        at_most = limit if limits else None
        yield compared(what, "MB", ours.grown, peer.tool.name, peer.grown, at_most)


def passes(ours: Kept, peers: list[Kept]) -> Iterator[Result]:
    """Seconds of the pass; Litestream makes none."""
    for peer in peers:
        if isinstance(peer.tool, Copying):
            name = f"{peer.tool.name}, with the copy"
            yield compared("the pass after 1,000 transactions", "s", ours.took, name, peer.took)


def local(ours: Kept, peers: list[Kept]) -> Iterator[Result]:
    """What is kept beside the database; with restic and borg that is the copy, for the most part."""
    for peer in peers:
        other = peer.tool.local / 1e6
        yield compared("on the app's own disk", "MB", ours.tool.local / 1e6, peer.tool.name, other)


def back(lab: Lab, ours: Kept, peers: list[Kept], what: str) -> Iterator[Result]:
    """Restore and quick_check."""
    mine, *others = restores([each.tool for each in (ours, *peers)], lab.rounds)
    for peer, other, limit in zip(peers, others, (1, 1, None), strict=True):
        name = f"restore and quick_check, after {what}"
        yield compared(name, "s", mine, f"{peer.tool.name} and quick_check", other, limit)
