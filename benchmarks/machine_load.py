"""Half of what a machine can do, without a pause, through 20 deploys and 20 rollbacks.

The machine has one processor to itself, and its visitors and the laptop that deploys share another:
neither takes from the other what it would have if they were apart. What the machine can do is
measured first, by visitors that ask again as soon as they have been answered.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
from bench import App, DockerPlatform, Result, heading, machine, quiet, rows
from e2e.load import Seen

ROUNDS = 20
SECONDS = 15.0
VISITORS = Path(__file__).with_name("visitors.py")


def probe(on: DockerPlatform) -> App:
    """The tests' own app, with threads enough for long requests, and its first release live."""
    app = on.app("probe").make(uwsgi={"threads": 8})
    app.ship("0")
    return app


def measure(app: App, rounds: int = ROUNDS) -> list[Result]:
    """Find what the machine can do; load it by half of that, undisturbed and through each switch."""
    releases = [app.publish(str(number), f"--tag=kept-{number}") for number in range(1, rounds + 1)]
    greedy, lost_greedy = visited(app, 0, lambda: time.sleep(SECONDS))
    most = greedy.requests / SECONDS
    calm, lost_calm = visited(app, most / 2, lambda: time.sleep(2 * SECONDS))
    seen, lost = visited(app, most / 2, lambda: switches(app, releases))
    print(f"at most: {greedy}\ncalm: {calm}\nswitched: {seen}", file=sys.stderr)
    bad, bad_calm = (one.failures.total() for one in (seen, calm))
    p99, p99_calm = (one.quantile(0.99) * 1000 for one in (seen, calm))
    what = f"{2 * rounds} deploys and rollbacks at {most / 2:.0f}/s"
    title = f"failed or lost of {seen.requests} requests, through {what}"
    beside = f"undisturbed or as many as it can, of {calm.requests + greedy.requests} requests"
    other = bad_calm + lost_calm + greedy.failures.total() + lost_greedy
    return [
        Result(title, bad + lost, "", 0, beside, other),
        Result(f"p99 through {what}", p99, "ms", 3 * p99_calm, "undisturbed", p99_calm),
    ]


def switches(app: App, releases: list[str]) -> None:
    """Deploy each release, and roll back to the one before all of them."""
    for release in releases:
        app.deploy("--release", release)
        app.flipside("app.rollback")


def visited(app: App, rate: float, do: Callable[[], object]) -> tuple[Seen, int]:
    """What visitors saw while something was done, and how many of their POSTs are not there."""
    # Docker's proxy of the published port would be one more to wait for.
    address = app.platform.sh("hostname -I").out.split()[0]
    # Before the laptop's part, which has the same processor and is not what is measured.
    argv = ["nice", "-n", "-15", sys.executable, str(VISITORS), address, app.host, str(rate)]
    pipe = subprocess.PIPE
    with subprocess.Popen(argv, stdin=pipe, stdout=pipe, text=True) as visitors:
        time.sleep(1)
        do()
        time.sleep(1)
        said, _ = visitors.communicate()
    seen = Seen(**json.loads(said))
    seen.failures = Counter(seen.failures)
    return seen, len(set(seen.posted) - set(app.rows()))


@contextmanager
def apart(on: DockerPlatform) -> Iterator[None]:
    """Give the machine one processor, and all else another, Docker's own part among it."""
    first, second, *_ = whole = sorted(os.sched_getaffinity(0))
    quiet(["docker", "update", "--cpuset-cpus", str(first), on.box.name])
    _pin([second])
    try:
        yield
    finally:
        _pin(whole)


def _pin(processors: list[int]) -> None:
    for process in psutil.process_iter(["name"]):
        if process.pid == os.getpid() or process.info["name"].startswith(("dockerd", "containerd")):
            for thread in process.threads():
                os.sched_setaffinity(thread.id, processors)


if __name__ == "__main__":
    with machine() as on:
        app = probe(on)
        with apart(on):
            heading()
            rows(measure(app))
