"""A platform for people: made, looked at, planned, checked, gone."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from flipside import __version__
from flipside.console import age, get_console, seconds, size
from flipside.salt import plan as plans
from flipside.tasks.show import apps, end, hint

if TYPE_CHECKING:
    from flipside.config import LoadedPlatform


def made(state: dict[str, Any], platform: LoadedPlatform) -> None:
    """Print that a platform is up, and how the first app gets onto it."""
    where = f"http://<app>.{platform.config.domain}:{state['http_port']}"
    get_console().say(f"platform {platform.config.name} is up; its apps are at {where}")
    bootstrap = "flipside app.bootstrap NAME -d FOLDER"
    end(bootstrap if not state["apps"] else "flipside app.list", "flipside platform.status")


def upgraded(state: dict[str, Any], platform: LoadedPlatform, before: str) -> None:
    """Print which version a platform has now, and how its components are."""
    was = "as before" if before == __version__ else f"before: {before}"
    get_console().say(f"platform {platform.config.name} is of version {__version__} ({was})\n")
    status(state, platform)


def status(state: dict[str, Any], platform: LoadedPlatform) -> None:
    """Print how a platform is."""
    console, disk = get_console(), state["disk"]
    config = platform.config
    console.say(f"platform {config.name} ({config.target}) in {state['root']}")
    console.say(f"  web server on port {state['http_port']}")
    console.say(f"  disk: {size(disk['free'])} of {size(disk['total'])} free")
    console.say(f"  highstate: {highstate(state)}")
    console.say("".join(f"  {line}\n" for line in corrected(state["drift"])))
    columns = ["component", "state", "up", "memory"]
    console.table(columns, [_component(each) for each in state["components"]])
    console.say()
    apps.several(state["apps"])
    if any(each["state"] != "running" for each in state["components"]):
        hint("flipside platform.doctor")
    elif state["drift"]:
        hint("flipside platform.status --acknowledge")


def corrected(drift: list[dict[str, Any]]) -> list[str]:
    """Return a line for each time that a scheduled highstate had to correct something."""
    return [
        f"corrected {age(datetime.fromtimestamp(each['at'], UTC))}: "
        + ", ".join(dict.fromkeys(state["id"] for state in each["states"]))
        for each in drift
    ]


def highstate(state: dict[str, Any]) -> str:
    """Return a line about the last highstate and the next."""
    last = state["highstate"]
    if last is None:
        return "never ran"
    counts = f"{len(last['changed'])} changed, {len(last['failed'])} failed of {last['total']}"
    when = age(datetime.fromtimestamp(last["at"], UTC))
    return f"{when} in {seconds(last['seconds'])}: {counts}; next {_ahead(state['next_highstate'])}"


def _ahead(moment: float | None) -> str:
    if moment is None:
        return "unknown"
    left = moment - datetime.now(UTC).timestamp()
    return f"in {seconds(left)}" if left > 0 else "any moment"


def _component(each: dict[str, Any]) -> list[Any]:
    up, memory = each["uptime"], each["memory"]
    return [each["name"], each["state"], up and seconds(up), memory and size(memory)]


def plan(outcome: dict[str, Any]) -> None:
    """Print what would change."""
    for line in plans.lines(outcome):
        get_console().say(line)
    get_console().say(plans.verdict(outcome))
    end("flipside platform.apply" if outcome["changed"] else "flipside platform.status")


def applied(outcome: dict[str, Any]) -> None:
    """Print how many states changed something."""
    changed = len(outcome["changed"]) or "none"
    get_console().say(f"{changed} of {outcome['total']} states changed something")
    end("flipside platform.status")


def doctor(result: dict[str, Any]) -> None:
    """Print every check, and what mends those that fail."""
    for check in result["checks"]:
        get_console().say(f"{'ok' if check['ok'] else 'bad':<5} {check['name']}: {check['detail']}")
    bad = [check["next"] for check in result["checks"] if not check["ok"] and check["next"]]
    if bad:
        hint(*dict.fromkeys(bad))
    else:
        get_console().say("everything is as it should be")


def halted(done: dict[str, Any]) -> None:
    """Print that a platform is stopped, and how it starts."""
    get_console().say(f"platform {done['name']} is stopped; nothing of it was removed")
    end("flipside platform.bootstrap")


def destroyed(done: dict[str, Any], platform: LoadedPlatform) -> None:
    """Print that a platform is gone, and where its apps' data is."""
    say = get_console().say
    say(f"platform {done['name']} is gone; {platform.path} is left")
    if done["kept"]:
        say(f"  the data of its apps is kept in {done['kept']}")
    end("flipside platform.bootstrap")
