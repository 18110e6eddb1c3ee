"""Bytes and seconds against the size of the database, as a table and two plots."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

from backup_increments import kept
from backup_lab import ALL, Lab, restores
from backup_plot import Series, plot

SIZES = (1.0, 10.0, 50.0, 100.0, 250.0, 500.0, 1000.0)


def table(lab: Lab, sizes: tuple[float, ...], plots: Path | None) -> None:
    """Measure each size, print a line for each tool, and draw."""
    print("\n| database | tool | base | 1,000 small transactions | restore and quick_check |")
    print("|---|---|---|---|---|", flush=True)
    grown: dict[str, list[tuple[float, float]]] = {kind.name: [] for kind in ALL}
    back: dict[str, list[tuple[float, float]]] = {kind.name: [] for kind in ALL}
    for size in sizes:
        for name, base, more, took in _of(lab, size):
            print(
                f"| {size:g} MB | {name} | {base:.3g} MB | {more:.3g} MB | {took:.3g} s |",
                flush=True,
            )
            grown[name].append((size, more))
            back[name].append((size, took))
    if plots:
        title = "MB stored for 1,000 small transactions, by MB of the database"
        (plots / "backup-size.svg").write_text(plot(title, _series(grown)))
        title = "Seconds of a restore with quick_check, by MB of the database"
        (plots / "backup-restore.svg").write_text(plot(title, _series(back)))


def _series(found: dict[str, list[tuple[float, float]]]) -> list[Series]:
    return [Series(name, tuple(points)) for name, points in found.items()]


def _of(lab: Lab, size: float) -> list[tuple[str, float, float, float]]:
    """Name, MB of base and of transactions, and seconds of a restore, for each tool."""
    with ExitStack() as stack:
        done = [kept(*stack.enter_context(lab.kept(kind, megabytes=size))) for kind in ALL]
        took = restores([each.tool for each in done], lab.rounds)
    return [
        (each.tool.name, each.base, each.grown, back) for each, back in zip(done, took, strict=True)
    ]
