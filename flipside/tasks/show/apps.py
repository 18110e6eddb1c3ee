"""Apps for people: one, or all of a platform."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from flipside.console import age, get_console, size
from flipside.tasks.show import end, hint
from flipside.tasks.show.releases import history

if TYPE_CHECKING:
    from flipside.apps.subject import Subject

# What to type for an app in each state; nothing for one that runs, or sleeps until it is called.
MEND = {
    "stopped": "app.start",
    "failed": "app.logs",
    "crashing": "app.logs",
    "starting": "app.status",
    "never deployed": "app.deploy",
}


def several(apps: list[dict[str, Any]]) -> None:
    """Print a table of apps."""
    if not apps:
        get_console().say("no app was deployed here yet")
        hint("flipside app.publish && flipside app.deploy")
        return
    columns = ["app", "env", "state", "release", "since", "memory", "url"]
    get_console().table(columns, [_row(app) for app in apps])


def _row(app: dict[str, Any]) -> list[Any]:
    state = "deploying" if app.get("deploying") else app["state"]
    memory = app.get("memory")
    return [
        app["app"],
        app["env"],
        state,
        app.get("release"),
        since(app.get("since")),
        memory and size(memory),
        app.get("url"),
    ]


def since(moment: str | float | None) -> str | None:
    """Return how long ago a moment, in ISO 8601 or Unix time, was; None of none."""
    if moment is None:
        return None
    return age(moment if isinstance(moment, str) else datetime.fromtimestamp(moment, UTC))


def one(app: dict[str, Any], subject: Subject) -> None:
    """Print how an app is, and what was done to it last."""
    console = get_console()
    console.say(f"{subject}: {app['state']}")
    for name, value in _facts(app):
        console.say(f"  {name:<8} {value}")
    if app.get("traceback"):
        console.say(f"\n{app['traceback']}")
    recent = app.get("recent") or []
    if recent:
        console.say()
        history(recent)
    if app["state"] in MEND:
        hint(subject.command(MEND[app["state"]]))


def _facts(app: dict[str, Any]) -> list[tuple[str, str]]:
    live = f"{app.get('release')}, live since {since(app.get('since'))}"
    memory = app.get("memory") and size(app["memory"])
    lock = app.get("deploying")
    facts = [
        ("release", app.get("release") and live),
        ("url", " ".join(app.get("urls") or [])),
        ("memory", memory),
        ("data", app.get("data")),
        ("logs", " ".join(app.get("logs") or [])),
        ("config", " ".join(sorted(app.get("config") or {}))),
        ("lock", lock and f"{lock.get('action')} by {lock.get('by')}, {since(lock.get('since'))}"),
    ]
    return [(name, value) for name, value in facts if value]


def changed(app: dict[str, Any], subject: Subject) -> None:
    """Print how an app is after it was restarted, stopped or started."""
    get_console().say(f"{subject}: {app['state']}")
    end(subject.command(MEND.get(app["state"], "app.status")))


def settings(done: dict[str, Any], subject: Subject, *, changed: object) -> None:
    """Print the env that was set by hand, and whether the app runs with it."""
    say, env = get_console().say, done["config"]
    for key, value in sorted(env.items()):
        say(f"{key}={value}")
    if not env:
        say(f"{subject} has nothing set beside what .flipside-app says")
    if not changed:
        hint(subject.command("app.config", "set", "KEY=VALUE"))
        return
    say(f"{subject} runs with it" if done["restarted"] else "it counts from the next deploy on")
    end(subject.command("app.status" if done["restarted"] else "app.deploy"))


def destroyed(done: dict[str, Any], subject: Subject) -> None:
    """Print that an app is gone, and where its data is."""
    say = get_console().say
    say(f"{subject} is gone")
    say(f"  its data is kept in {done['kept']}" if done["kept"] else "  and no data is left of it")
    end("flipside app.list")
