"""Flipside's backups beside Litestream, restic and borg, in the same run, on databases of the same content."""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

import backup_idle
import backup_increments
import backup_live
import backup_restart
import backup_sizes
from backup_lab import Lab, versions
from backup_ours import Flipside
from backup_peers import Litestream
from bench import ROUNDS, heading, rows

PARTS = {
    "increments": backup_increments.measure,
    "restart": backup_restart.measure,
    "live": backup_live.measure,
    "idle": backup_idle.measure,
}


def main() -> None:
    """Run what is asked for."""
    asked = parser().parse_args()
    Litestream.age = not asked.plain
    Flipside.program = asked.program
    print(versions())
    parts = [*PARTS, "sizes"] if "all" in asked.parts else asked.parts
    with tempfile.TemporaryDirectory(prefix="fs-backup-") as folder:
        lab = Lab(Path(folder), asked.rounds, asked.seconds)
        if any(part in PARTS for part in parts):
            heading()
        for part in parts:
            if part in PARTS:
                for result in PARTS[part](lab):
                    rows([result])
        if "sizes" in parts:
            backup_sizes.table(lab, tuple(asked.sizes), asked.plots)


def parser() -> argparse.ArgumentParser:
    """What reads the command line."""
    made = argparse.ArgumentParser(description=__doc__)
    parts = ["all", *PARTS, "sizes"]
    made.add_argument("parts", nargs="*", choices=parts, default="all", help="which of them")
    made.add_argument("--rounds", type=int, default=ROUNDS, help="times are the median of so many")
    made.add_argument("--seconds", type=float, default=60, help="to watch an agent")
    made.add_argument("--sizes", type=float, nargs="+", default=backup_sizes.SIZES, help="in MB")
    made.add_argument("--plots", type=Path, help="the folder to draw the sizes into, as SVG")
    made.add_argument("--plain", action="store_true", help="Litestream without encryption")
    made.add_argument("--program", default=Flipside.program, help="another flipside-backup")
    return made


if __name__ == "__main__":
    main()
