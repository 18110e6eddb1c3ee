"""200 environments of the guestbook in a container: what those cost that sleep, and those that are awake.

Each has a generation, units, a socket, a site and a database of its own, and all are of one app,
so they share a Unix user.
"""

from __future__ import annotations

import statistics
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from bench import App, Result, guestbook, heading, machine, median, rows

COUNT = 200
ACTIVE = 30
STARTS = 20
IDLE_MINUTES = 1
HERE = Path(__file__).parent


def measure(app: App, one: App, count: int = COUNT) -> list[Result]:
    """Bring as many environments live as is said, and let them sleep.

    Args:
        app: The guestbook on the platform that gets them.
        one: The guestbook on a platform that has no other environment.
        count: How many.
    """
    names = [f"e{number}" for number in range(count)]
    asleep(app)
    before = rest(held(app))
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda name: app.deploy("--env", name), names))
    asleep(app)
    after = rest(held(app))
    return [
        *memory(before, after, awake(app, names[:ACTIVE]), count),
        *starts(app, names[-STARTS:]),
        *applies(app, one, count),
    ]


def memory(
    before: dict[str, float], after: dict[str, float], awake: list[float], count: int
) -> list[Result]:
    """What one that sleeps adds to all other processes, and what one that is awake holds."""
    each = (sum(after.values()) - sum(before.values())) / count
    for unit, mb in sorted(after.items()):
        print(f"{unit}: {before.get(unit, 0):.2f} MB, {mb:.2f} MB", file=sys.stderr)
    active = statistics.median(awake)
    return [
        Result(f"an app that sleeps, of {count}", each, "MB", 0.5, "one that is awake", active),
        Result(f"an app that is awake, of {len(awake)}", active, "MB", 40, "one asleep", each),
    ]


def starts(app: App, names: list[str]) -> list[Result]:
    """The first request to each that sleeps, through nginx."""
    asleep(app)
    ours = [first_answer(app, name) for name in names]
    folder = app.place(names[0]) / "current"
    as_app = "setpriv --reuid app-guestbook --regid app-guestbook --clear-groups"
    bare = python(app, f"{as_app} python3 - {folder} {len(names)}", "bare.py")
    title = f"first answer of an app that slept, of {len(names)}"
    beside = "start of a bare uwsgi in there until /up"
    return [
        Result(
            title, statistics.median(ours) * 1000, "ms", 450, beside, statistics.median(bare) * 1000
        )
    ]


def applies(app: App, one: App, count: int) -> list[Result]:
    """`platform.apply` with nothing to change, in turn on both platforms."""
    many, alone = [], []
    for _ in range(3):
        many.append(median(lambda: app.platform.flipside("platform.apply"), 1))
        alone.append(median(lambda: one.platform.flipside("platform.apply"), 1))
    ours, other = statistics.median(many), statistics.median(alone)
    name = f"platform.apply without a change, {count} apps"
    return [Result(name, ours, "s", 3 * other, "the same with 1 app", other)]


def first_answer(app: App, env: str) -> float:
    """Seconds until an environment has answered /up."""
    answer = app.platform.http(f"{env}.{app.host}", "/up")
    assert answer.status == 200, answer  # noqa: S101 - a failure is no measurement
    return answer.seconds


def awake(app: App, names: list[str]) -> list[float]:
    """Wake them; MB of PSS that the processes of each hold."""
    for name in names:
        first_answer(app, name)
    return [mb for unit, mb in held(app).items() if unit.startswith("app.")]


def asleep(app: App) -> None:
    """Wait until no app has a process."""
    while any(unit.startswith("app.") for unit in held(app)):
        time.sleep(2)


def rest(units: dict[str, float]) -> dict[str, float]:
    """What is not an app's."""
    return {unit: mb for unit, mb in units.items() if not unit.startswith("app.")}


def held(app: App) -> dict[str, float]:
    """MB of PSS by unit."""
    found: dict[str, float] = python(app, "python3 -", "units_pss.py")
    return found


def python(app: App, command: str, program: str) -> Any:
    """What a program of this folder prints in JSON, run in the machine by a command."""
    done = app.platform.sh(command, stdin=(HERE / program).read_text())
    assert done.status == 0, str(done)  # noqa: S101 - the same
    return done.json


if __name__ == "__main__":
    with machine() as many, machine() as alone:
        resources = {"idle_minutes": IDLE_MINUTES}
        heading()
        rows(measure(guestbook(many, resources=resources), guestbook(alone, resources=resources)))
