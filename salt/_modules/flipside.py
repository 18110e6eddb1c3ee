"""Apps on this machine, for the states and for jobs; the work is done by `flipside.machine`."""

from __future__ import annotations

from pathlib import Path
from typing import Any


def _parts(app: str, env: str, pending: bool) -> tuple[Any, ...]:
    from flipside.machine import live
    from flipside.machine.layout import Layout
    from flipside.machine.services import services_of

    layout = Layout.from_root(Path(__grains__["flipside"]["root"]))  # type: ignore[name-defined]
    secrets = __pillar__.get("secrets", {}).get(app, {}).get(env, {})  # type: ignore[name-defined]
    record = {**__pillar__["apps"][app][env], "secrets": secrets}  # type: ignore[name-defined]
    settings = __pillar__["flipside"]  # type: ignore[name-defined]
    want = live.wanted(layout, record, settings, pending=pending)
    return live, want, services_of(layout, __salt__), record  # type: ignore[name-defined]


def outdated(parameters: dict[str, Any]) -> list[list[str]]:
    """Return app and environment of each that is not what is wanted of it.

    Only these need states of their own: with hundreds of environments, states that find nothing
    to do would take most of a highstate's time.

    Args:
        parameters: The parameter map, for nginx's sites.
    """
    return [
        [app, env]
        for app, environments in __pillar__.get("apps", {}).items()  # type: ignore[name-defined]
        for env in environments
        if _is_outdated(parameters, app, env)
    ]


def _is_outdated(parameters: dict[str, Any], app: str, env: str) -> bool:
    wanted = site(app, env)
    if wanted is None:
        return False
    path = Path(parameters["nginx"]["config"], "sites", f"{wanted['unit']}.conf")
    text = _site_template().render(map=parameters, site=wanted)
    if not path.exists() or path.read_text() != text:
        return True
    why = reasons(app, env)
    return "error" in why or bool(why["reasons"])


def _site_template() -> Any:
    """Return the template that `nginx/files/site.conf` is, compiled once."""
    from jinja2 import Environment

    if "site.conf" not in __context__:  # type: ignore[name-defined]
        cached = __salt__["cp.cache_file"]("salt://nginx/files/site.conf")  # type: ignore[name-defined]
        made = Environment(keep_trailing_newline=True)  # noqa: S701 - nginx is no HTML
        __context__["site.conf"] = made.from_string(Path(cached).read_text())  # type: ignore[name-defined]
    return __context__["site.conf"]  # type: ignore[name-defined]


def _tell(topic: str) -> Any:
    """Return what passes an event on through the minion's own line to the master.

    `event.send` would open, and authenticate, a new line for each event (0.15 s).
    """
    count = 0

    def tell(event: dict[str, Any]) -> None:
        nonlocal count
        count += 1
        package = {
            "data": event,
            "tag": f"flipside/{topic}/{count}",
            "events": None,
            "pretag": None,
        }
        __salt__["event.fire"](package, "fire_master")  # type: ignore[name-defined]

    return tell


def reasons(
    app: str, env: str, pending: bool = False, action: str = "highstate", by: str = "schedule"
) -> dict[str, Any]:
    """Return why an environment is not what is wanted of it.

    Returns:
        ``{"reasons": [words]}``, None in place of the list if nothing is wanted; or an error as
        `bring` returns it.
    """
    from flipside.errors import FlipsideError

    live, want, services, record = _parts(app, env, pending)
    errand = live.Errand(action, by, record["stopped"])
    try:
        return {"reasons": live.reasons(want, services, errand) if want else None}
    except FlipsideError as error:
        return _error(error)


def bring(
    app: str,
    env: str,
    pending: bool = False,
    action: str = "highstate",
    by: str = "schedule",
    snapshot: str | None = None,
) -> dict[str, Any]:
    """Make an environment what is wanted of it; see `flipside.machine.live.bring`.

    Returns:
        Its result, or ``{"error": {"class", "what", "where", "next"}}``.
    """
    from flipside.errors import FlipsideError
    from flipside.machine.narrate import Story

    live, want, services, record = _parts(app, env, pending)
    story = Story(_tell(f"{app}.{env}"))
    try:
        errand = live.Errand(action, by, record["stopped"], snapshot and Path(snapshot))
        return live.bring(want, services, story, errand)
    except FlipsideError as error:
        return _error(error)
    except OSError as error:
        # A full disk shows anywhere: at a log, a link, a copy.
        where = error.filename2 or error.filename
        advice = "flipside platform.doctor"
        what = f"{error.strerror or error}; what served before still serves"
        return {"error": {"class": "MachineError", "what": what, "where": where, "next": advice}}


def _error(error: Any) -> dict[str, Any]:
    return {"error": {"class": type(error).__name__, **error.as_dict()}}


def site(app: str, env: str, pending: bool = False) -> dict[str, Any] | None:
    """Return what nginx's template needs to know of an environment; None if nothing is wanted."""
    from flipside.machine.site import site as context

    _, want, _, record = _parts(app, env, pending)
    return context(want, stopped=record["stopped"]) if want else None


def exists(app: str, env: str, data: bool) -> bool:
    """Return whether anything of an environment that is to go is on this machine."""
    from flipside.machine import gone
    from flipside.machine.layout import Layout

    return gone.exists(Layout.from_root(Path(__grains__["flipside"]["root"])), app, env, data=data)  # type: ignore[name-defined]


def remove(app: str, env: str, data: bool, by: str) -> dict[str, Any]:
    """End an environment; see `flipside.machine.gone.remove`."""
    from flipside.errors import FlipsideError
    from flipside.machine import gone
    from flipside.machine.layout import Layout
    from flipside.machine.services import services_of

    layout = Layout.from_root(Path(__grains__["flipside"]["root"]))  # type: ignore[name-defined]
    try:
        return gone.remove(services_of(layout, __salt__), app, env, data=data, by=by)  # type: ignore[name-defined]
    except FlipsideError as error:
        return _error(error)
