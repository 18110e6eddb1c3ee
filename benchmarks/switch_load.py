"""25 requests a second, a quarter of them POSTs, a new connection each, through every switch."""

from __future__ import annotations

from collections.abc import Callable

from bench import App, Platform, Result, platform, table
from e2e.load import Load


def probe(on: Platform) -> App:
    """The tests' own app, which has long requests and keeps what is posted, with two releases."""
    app = on.app("probe").make()
    app.ship("1")
    app.publish("2")
    return app


def measure(app: App) -> list[Result]:
    """Count failures, and the slowest request of a hundred, beside the same load undisturbed."""
    calm = load(app, lambda: None)
    found = []
    for name, do in (
        ("deploy", app.deploy),
        ("rollback", lambda: app.flipside("app.rollback")),
        ("hot restart", lambda: app.flipside("app.restart")),
    ):
        failed, p99, lost = load(app, do)
        found.append(Result(f"failed or lost through a {name}", failed + lost, "", 0, "calm", 0))
        found.append(Result(f"p99 through a {name}", p99, "ms", 1500, "undisturbed", calm[1]))
    return found


def load(app: App, do: Callable[[], object]) -> tuple[int, float, int]:
    """Failures, p99 in ms and lost POSTs while something is done."""
    visitors = Load(app.platform.port, app.host)
    with visitors.running() as seen:
        do()
    print(seen, flush=True)
    lost = len(set(seen.posted) - set(app.rows()))
    return seen.failures.total(), seen.quantile(0.99) * 1000, lost


if __name__ == "__main__":
    with platform() as on:
        table(measure(probe(on)))
