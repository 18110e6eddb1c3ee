"""Print what each unit of a machine's systemd holds, MB of PSS by its name; run in the machine by its own Python."""

from __future__ import annotations

import json
from collections import Counter
from contextlib import suppress
from pathlib import Path


def by_unit() -> dict[str, float]:
    """MB that the processes of each unit hold; systemd itself is `init.scope`."""
    found: Counter[str] = Counter()
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):  # it has ended meanwhile
            found[_unit(folder)] += _pss(folder)
    return {unit: mb for unit, mb in found.items() if unit.endswith((".service", ".scope"))}


def _unit(process: Path) -> str:
    """The last part of its control group (cgroups(7)); under version 1 systemd's own is taken."""
    lines = (process / "cgroup").read_text().splitlines()
    return next(line for line in lines if ":name=systemd:" in line or line[0] == "0").split("/")[-1]


def _pss(process: Path) -> float:
    lines = (process / "smaps_rollup").read_text().splitlines()
    return sum(int(line.split()[1]) * 1024 / 1e6 for line in lines if line.startswith("Pss:"))


if __name__ == "__main__":
    print(json.dumps(by_unit()))
