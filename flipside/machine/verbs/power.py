"""Verbs that restart, stop, start and configure what is live."""

from __future__ import annotations

import time
from typing import Any

from flipside.errors import NotFoundError
from flipside.machine.live import RESTART
from flipside.machine.records import Record
from flipside.machine.sheets import Sheets
from flipside.machine.verbs.apps import app_status
from flipside.machine.verbs.change import change, changing, deployed, first_line
from flipside.machine.verbs.context import Context
from flipside.machine.verbs.order import Order
from flipside.machine.verbs.secrets import Given, taking
from flipside.secrets.value import refuse_plain


def config(  # noqa: PLR0913, PLR0917 - the verb's own words
    context: Context,
    app: str,
    env: str,
    by: str,
    set: dict[str, str] | None = None,  # noqa: A002 - the word on the command line
    unset: list[str] | None = None,
    *,
    here: bool = False,
) -> dict[str, Any]:
    """Set and unset variables; a running app switches to a process that has the new ones.

    Raises:
        NotFoundError: If nothing goes by that name; one whose folder the caller is ``here`` in
            may be yet to come.
    """
    order = Order(context, app, env, by)
    if not (here or context.records.exists(app, env) or context.store.manifests.all(app)):
        raise NotFoundError(f"there is no app {app}", next="flipside app.list")
    result: dict[str, Any] = {"app": app, "env": env, "restarted": False}
    if not set and not unset:
        return result | {"config": order.record["config"]}
    with changing(order, "config"):
        before = order.record
        refuse_plain(app, env, set or {}, Sheets(order.layout).names(app, env))
        context.records.set_config(app, env, set or {})
        context.records.unset_config(app, env, unset or [])
        result["config"] = order.record["config"]
        if result["config"] != before["config"] and before["release"] and not before["stopped"]:
            report = _switch_env(order, before)
            result |= {"restarted": True, **{key: report[key] for key in ("seconds", "traffic")}}
    order.audit("config", "ok", detail=", ".join([*(set or {}), *(unset or [])]))
    return result


def _switch_env(order: Order, before: Record) -> dict[str, Any]:
    """Switch to a generation with the new variables, or put the old ones back."""
    try:
        return change(order, "config")
    except BaseException as error:
        order.audit("config", "failed", detail=first_line(error))
        records = order.context.records
        records.unset_config(order.app, order.env, list(order.record["config"]))
        records.set_config(order.app, order.env, before["config"])
        raise


def restart(  # noqa: PLR0913 - the verb's own words
    context: Context, app: str, env: str, *, cold: bool, by: str, secrets: Given | None = None
) -> dict[str, Any]:
    """Restart hot, by a switch to another process of the same, or cold: stop, then start.

    Its secrets become what is given.
    """
    order = Order(context, app, env, by)
    if deployed(order)["stopped"]:
        raise NotFoundError(f"{app} is stopped in {env}", next=f"flipside app.start {app}")
    begun = time.monotonic()
    with changing(order, "restart"), taking(order, secrets):
        _restart_cold(order) if cold else change(order, RESTART)
    return _finished(order, "restart", begun, "cold" if cold else "hot")


def _restart_cold(order: Order) -> None:
    try:
        order.set_stopped(stopped=True)
        change(order, "stop")
    finally:
        order.set_stopped(stopped=False)
        change(order, "start")


def stop(context: Context, app: str, env: str, by: str) -> dict[str, Any]:
    """Stop an app; nginx answers 503 for it until it is started."""
    return _stopped(Order(context, app, env, by), "stop")


def start(context: Context, app: str, env: str, by: str) -> dict[str, Any]:
    """Start an app that was stopped."""
    return _stopped(Order(context, app, env, by), "start")


def _stopped(order: Order, action: str) -> dict[str, Any]:
    before = deployed(order)["stopped"]
    begun = time.monotonic()
    with changing(order, action):
        order.set_stopped(stopped=action == "stop")
        try:
            change(order, action)
        except BaseException:
            order.set_stopped(stopped=before)
            raise
    return _finished(order, action, begun)


def _finished(order: Order, action: str, begun: float, detail: str | None = None) -> dict[str, Any]:
    seconds = round(time.monotonic() - begun, 3)
    order.audit(action, "ok", seconds=seconds, detail=detail)
    return app_status(order.context, order.app, order.env) | {"seconds": seconds}
