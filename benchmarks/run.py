"""Run all benchmarks on one platform, and print their tables."""

from __future__ import annotations

import deploy
import memory
import noop_apply
import publish
import rollback
import switch_load
from bench import guestbook, platform, table

BENCHMARKS = (memory, noop_apply, publish, deploy, rollback)

if __name__ == "__main__":
    with platform() as on:
        app = guestbook(on)
        for one in BENCHMARKS:
            table(one.measure(app))
        table(switch_load.measure(switch_load.probe(on)))
