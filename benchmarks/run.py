"""Run all benchmarks on one platform, and print their table."""

from __future__ import annotations

import deploy
import memory
import noop_apply
import publish
import rollback
import secret_pillar
import switch_load
from bench import guestbook, heading, platform, rows

BENCHMARKS = (memory, noop_apply, publish, deploy, rollback)

if __name__ == "__main__":
    with platform() as on:
        app = guestbook(on)
        heading()
        for one in BENCHMARKS:
            rows(one.measure(app))
        rows(secret_pillar.measure(on))
        rows(switch_load.measure(switch_load.probe(on)))
