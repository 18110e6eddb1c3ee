"""200 apps in a container: what those cost that sleep, and those that are awake.

Each is the guestbook under a name of its own, with a release, units, a socket, a site, a database and a
Unix user of its own.
"""

from __future__ import annotations

import statistics
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from bench import ROUNDS, App, DockerPlatform, Result, guestbook, heading, machine, rows, seconds

COUNT = 200
ACTIVE = 30
STARTS = 20
IDLE_MINUTES = 1
HERE = Path(__file__).parent


def measure(many: DockerPlatform, one: DockerPlatform, count: int = COUNT) -> list[Result]:
    """Bring as many apps live as is said, and let them sleep.

    Args:
        many: The platform that gets them.
        one: A platform that gets a single one.
        count: How many.
    """
    for on in (many, one):
        live(on, "first")
    asleep(many)
    before = rest(held(many))
    with ThreadPoolExecutor(2) as pool:
        apps = list(pool.map(lambda number: live(many, f"app{number}"), range(count)))
    asleep(many)
    after = rest(held(many))
    return [
        *memory(before, after, awake(many, apps[:ACTIVE]), count),
        *starts(many, apps[-STARTS:]),
        *applies(many, one, count),
    ]


def live(on: DockerPlatform, name: str) -> App:
    """A guestbook that soon goes to sleep."""
    resources = {"idle_minutes": IDLE_MINUTES}
    wsgi = {"callable": "guestbook.wsgi:application"}
    env = {"DJANGO_SETTINGS_MODULE": "guestbook.settings"}
    return guestbook(on, name, resources=resources, wsgi=wsgi, env=env)


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


def starts(on: DockerPlatform, apps: list[App]) -> list[Result]:
    """The first request to each that sleeps, through nginx."""
    asleep(on)
    ours = [first_answer(app) for app in apps]
    user = f"app-{apps[0].name}"
    as_app = f"setpriv --reuid {user} --regid {user} --clear-groups"
    folder = apps[0].place() / "current"
    bare = python(on, f"{as_app} python3 - {folder} {len(apps)}", "bare.py")
    name = f"first answer of an app that slept, of {len(apps)}"
    beside = "start of a bare uwsgi in there until /up"
    value, other = (statistics.median(each) * 1000 for each in (ours, bare))
    return [Result(name, value, "ms", 450, beside, other)]


def applies(many: DockerPlatform, one: DockerPlatform, count: int) -> list[Result]:
    """`platform.apply` with nothing to change, in turn on both platforms."""
    ours, others = [], []
    for _ in range(ROUNDS):
        ours.append(seconds(lambda: many.flipside("platform.apply")))
        others.append(seconds(lambda: one.flipside("platform.apply")))
    value, other = statistics.median(ours), statistics.median(others)
    name = f"platform.apply without a change, {count} apps"
    return [Result(name, value, "s", 3 * other, "the same with 1 app", other)]


def first_answer(app: App) -> float:
    """Seconds until an app has answered /up."""
    answer = app.http("/up")
    assert answer.status == 200, answer  # noqa: S101 - a failure is no measurement
    return answer.seconds


def awake(on: DockerPlatform, apps: list[App]) -> list[float]:
    """Wake them; MB of PSS that the processes of each hold."""
    for app in apps:
        first_answer(app)
    return [mb for unit, mb in held(on).items() if unit.startswith("app.")]


def asleep(on: DockerPlatform) -> None:
    """Wait until no app has a process."""
    while any(unit.startswith("app.") for unit in held(on)):
        time.sleep(2)


def rest(units: dict[str, float]) -> dict[str, float]:
    """What is not an app's."""
    return {unit: mb for unit, mb in units.items() if not unit.startswith("app.")}


def held(on: DockerPlatform) -> dict[str, float]:
    """MB of PSS by unit."""
    found: dict[str, float] = python(on, "python3 -", "units_pss.py")
    return found


def python(on: DockerPlatform, command: str, program: str) -> Any:
    """What a program of this folder prints in JSON, run in the machine by a command."""
    done = on.sh(command, stdin=(HERE / program).read_text())
    assert done.status == 0, str(done)  # noqa: S101 - the same
    return done.json


if __name__ == "__main__":
    with machine() as many, machine() as one:
        heading()
        rows(measure(many, one))
