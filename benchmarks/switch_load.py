"""25 requests a second, a quarter of them POSTs, a new connection each, through every switch."""

from __future__ import annotations

import statistics
from collections.abc import Callable

from bench import App, Platform, Result, heading, platform, rows
from e2e.load import Load

ROUNDS = 3


def probe(on: Platform) -> App:
    """The tests' own app, which has long requests and keeps what is posted, with two releases."""
    app = on.app("probe").make()
    app.ship("1")
    app.publish("2")
    return app


def measure(app: App) -> list[Result]:
    """Count failures, and the slowest request of a hundred, beside the same load undisturbed."""
    calm_total, calm_bad, calm_p99 = load(app, [lambda: None])
    switches = [app.deploy, lambda: app.flipside("app.rollback")] * ROUNDS
    found = []
    for name, deeds in (
        ("deploys and rollbacks", switches),
        ("hot restarts", [lambda: app.flipside("app.restart")] * ROUNDS),
    ):
        total, bad, p99 = load(app, deeds)
        beside = f"undisturbed, of {calm_total} requests"
        title = f"failed or lost of {total} requests, through {len(deeds)} {name}"
        found.append(Result(title, bad, "", 0, beside, calm_bad))
        found.append(Result(f"p99 through {name}", p99, "ms", None, "undisturbed", calm_p99))
    return found


def load(app: App, deeds: list[Callable[[], object]]) -> tuple[int, int, float]:
    """Requests, those that failed or whose POST is not in the database, and the median p99 in ms."""
    total = bad = 0
    p99 = []
    for do in deeds:
        visitors = Load(app.platform.port, app.host)
        with visitors.running() as seen:
            do()
        lost = len(set(seen.posted) - set(app.rows()))
        total += seen.requests
        bad += seen.failures.total() + lost
        p99.append(seen.quantile(0.99) * 1000)
    return total, bad, statistics.median(p99)


if __name__ == "__main__":
    with platform() as on:
        heading()
        rows(measure(probe(on)))
