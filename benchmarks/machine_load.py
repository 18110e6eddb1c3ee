"""Half of what a machine can do, without a pause, through 20 deploys and 20 rollbacks.

GETs, a quarter POSTs, a request of 5 s every two seconds; half of them on connections that are kept.
What it can do is measured first, by clients that ask again as soon as they have been answered.
"""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from bench import App, DockerPlatform, Result, heading, machine, rows
from e2e.load import Load, Seen

ROUNDS = 20
CLIENTS = 16
SECONDS = 15.0


def probe(on: DockerPlatform) -> App:
    """The tests' own app, with threads enough for long requests, and its first release live."""
    app = on.app("probe").make(uwsgi={"threads": 8})
    app.ship("0")
    return app


def measure(app: App, rounds: int = ROUNDS) -> list[Result]:
    """Find what the machine can do; load it by half of that, undisturbed and through each switch."""
    releases = [app.publish(str(number), f"--tag=kept-{number}") for number in range(1, rounds + 1)]
    most = capacity(app)
    calm, lost_calm = load(app, most / 2, lambda: time.sleep(2 * SECONDS))
    seen, lost = load(app, most / 2, lambda: switches(app, releases))
    print(f"{most:.0f} requests/s at most\ncalm: {calm}\nswitched: {seen}")
    bad, bad_calm = (one.failures.total() for one in (seen, calm))
    p99, p99_calm = (one.quantile(0.99) * 1000 for one in (seen, calm))
    what = f"{2 * rounds} deploys and rollbacks at {most / 2:.0f}/s"
    title = f"failed or lost of {seen.requests} requests, through {what}"
    beside = f"undisturbed, of {calm.requests} requests"
    return [
        Result(title, bad + lost, "", 0, beside, bad_calm + lost_calm),
        Result(f"p99 through {what}", p99, "ms", 3 * p99_calm, "undisturbed", p99_calm),
    ]


def switches(app: App, releases: list[str]) -> None:
    """Deploy each release, and roll back to the one before all of them."""
    for release in releases:
        app.deploy("--release", release)
        app.flipside("app.rollback")


def capacity(app: App) -> float:
    """Requests a second that the machine and these clients can do together."""
    visitors = Load(app.platform.port, app.host, slow_every=1 << 30, keep=True)
    end = threading.Event()
    numbers = itertools.count()

    def client() -> None:
        while not end.is_set():
            visitors.visit(next(numbers))

    with ThreadPoolExecutor(CLIENTS) as pool:
        for _ in range(CLIENTS):
            pool.submit(client)
        time.sleep(SECONDS)
        end.set()
    return visitors.seen.requests / SECONDS


def load(app: App, rate: float, do: Callable[[], object]) -> tuple[Seen, int]:
    """What visitors saw while something was done, and how many of their POSTs are not there."""
    every = int(2 * rate)
    visitors = Load(app.platform.port, app.host, rate, slow=5, slow_every=every, keep=True)
    with visitors.running() as seen:
        do()
    return seen, len(set(seen.posted) - set(app.rows()))


if __name__ == "__main__":
    with machine() as on:
        app = probe(on)
        heading()
        rows(measure(app))
