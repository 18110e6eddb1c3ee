"""Verbs about apps as a whole: what they are doing, and their end."""

from __future__ import annotations

from typing import Any

from flipside.errors import NotFoundError
from flipside.machine import applog, observe
from flipside.machine.layout import Layout
from flipside.machine.sheets import Sheets
from flipside.machine.verbs.change import changing, raise_failure
from flipside.machine.verbs.context import Context
from flipside.machine.verbs.order import Order
from flipside.machine.verbs.salt import states


def apps(context: Context) -> list[dict[str, Any]]:
    """Return the status of every environment of every app."""
    layout, settings = context.layout, context.settings
    known = observe.programs(layout)
    return [observe.status(layout, record, settings, known) for record in context.records.all()]


def app_status(context: Context, app: str, env: str) -> dict[str, Any]:
    """Return one environment's status with its data dir, logs, variables and recent history."""
    if not context.records.exists(app, env):
        known = [f"{one['app']} ({one['env']})" for one in context.records.all()]
        what = f"{app} was never deployed in {env}; there is {', '.join(known) or 'no app yet'}"
        raise NotFoundError(what, next=f"flipside app.deploy {app}")
    record = context.records.load(app, env)
    folder = context.layout.log_dir(app, env)
    logs = [folder / name for name in ("app.log", "access.log")]
    state = observe.status(context.layout, record, context.settings)
    return state | {
        "traceback": _traceback(context.layout, state),
        "data": str(context.layout.data(app, env)),
        "logs": [str(path) for path in logs if path.exists()],
        "config": record["config"],
        "history": record["history"],
        "recent": context.audit.read(app, env, 5),
    }


def _traceback(layout: Layout, state: dict[str, Any]) -> str | None:
    """Return the last traceback in the log of an app that cannot hold itself up."""
    if state["state"] not in ("crashing", "failed"):
        return None
    app, env = state["app"], state["env"]
    release = layout.release(app, env, state["release"])
    return applog.latest(layout.log_dir(app, env) / "app.log", release) or None


def destroy_app(context: Context, app: str, env: str, *, data: bool, by: str) -> dict[str, Any]:
    """End an environment; its data is kept, and said where, unless ``data``."""
    kept = context.layout.data(app, env)
    if not context.records.exists(app, env) and not context.layout.app_dir(app, env).exists():
        raise NotFoundError(f"there is no {app} in {env}", next="flipside app.list")
    order = Order(context, app, env, by)
    with changing(order, "destroy"):
        place = {"app": app, "env": env, "data": data, "by": by}
        raise_failure(states(context, "app.gone", {"gone": place}), app)
        context.records.remove(app, env)
        Sheets(context.layout).remove(app, env)
    order.audit("destroy", "ok")
    return {"app": app, "env": env, "kept": str(kept) if kept.exists() else None}
