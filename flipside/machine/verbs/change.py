"""Change one environment: under its locks, through the states, with a report of what users saw."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from flipside import errors
from flipside.errors import DeployError, LockedError, LostJobError, NotFoundError
from flipside.machine import front, observe, refused, traffic
from flipside.machine.lock import deploy_lock, holder
from flipside.machine.records import Record
from flipside.machine.verbs.order import Order
from flipside.machine.verbs.salt import states

# Seconds that a step of a killed job gets to end.
PATIENCE = 60.0


@contextmanager
def changing(order: Order, action: str) -> Iterator[None]:
    """Keep others from changing an environment's record meanwhile.

    Raises:
        LockedError: If somebody else is at it, be it from a laptop or still on the machine.
    """
    lock = order.layout.record(order.app, order.env).with_suffix(".lock")
    with deploy_lock(lock, order.by, action):
        _refuse_locked(order)
        settle(order)
        yield


def settle(order: Order) -> None:
    """Whatever became of a deploy, or of the one who asked for it, the machine says what is live."""
    pending = order.record["pending"]
    if pending:
        serving = observe.live_release(order.layout, order.app, order.env)
        success = serving == pending["release"]
        order.context.records.finish(order.app, order.env, success=success)


def change(
    order: Order, action: str, *, pending: bool = False, snapshot: Path | None = None
) -> dict[str, Any]:
    """Run the states of one environment.

    Args:
        order: Whose environment, and who asks.
        action: What for; see `flipside.machine.live.bring`.
        pending: Whether the pending release is to go live.
        snapshot: The databases that are to be put in place, if any are.

    Returns:
        ``{"app", "env", "release", "previous", "generation", "changed", "ran", "kept", "url",
        "urls", "seconds", "traffic"}``; seconds as floats, traffic as `flipside.machine.traffic`
        counts; ``kept`` is where databases are that others took the place of, None if none did.
    """
    begun = time.monotonic()
    before = observe.live_release(order.layout, order.app, order.env)
    window = traffic.opened(order.layout.log_dir(order.app, order.env) / "access.log")
    outcome = _apply(order, action, pending=pending, snapshot=snapshot)
    raise_failure(outcome, order.app)
    state = _arrived(order)
    live = [entry["changes"] for entry in outcome["changed"] if entry["id"].endswith("-live")]
    new = live[0]["new"] if live else {}
    return {
        "app": order.app,
        "env": order.env,
        "release": state["release"],
        "previous": before,
        "generation": state["generation"],
        "changed": bool(live),
        "ran": new.get("ran", []),
        "kept": new.get("kept"),
        "url": state["url"],
        "urls": state["urls"],
        "seconds": round(time.monotonic() - begun, 3),
        "traffic": window.closed(),
    }


def _apply(order: Order, action: str, **more: Any) -> dict[str, Any]:
    try:
        return _run(order, action, **more)
    except LostJobError:
        _put_back(order)
        raise


def _run(
    order: Order, action: str, *, pending: bool, snapshot: Path | None = None
) -> dict[str, Any]:
    place = {"app": order.app, "env": order.env, "by": order.by}
    what = {"pending": pending, "action": action, "snapshot": snapshot and str(snapshot)}
    pillar = {"deploy": {**place, **what}}
    return states(order.context, "app.deploy", pillar, topic=f"{order.app}.{order.env}")


def _put_back(order: Order) -> None:
    """Undo what a job that was killed had begun, rather than leave that to the next highstate."""
    deadline = time.monotonic() + PATIENCE
    # The step that it was at may live on, with the lock in its hand.
    while holder(order.layout.lock(order.app, order.env)) and time.monotonic() < deadline:
        time.sleep(0.1)
    _run(order, "highstate", pending=False)


def _arrived(order: Order) -> dict[str, Any]:
    """Return the environment's status once nginx hands requests to it, if it is to serve."""
    settings = order.context.settings
    state = observe.status(order.layout, order.record, settings)
    if not state["stopped"]:
        front.wait(state["host"], settings["nginx"]["http_port"], state["health"])
    return state


def raise_failure(outcome: dict[str, Any], app: str) -> None:
    """Raise the first failure of a run of states, those that only follow from it left out."""
    if outcome["refused"]:
        raise DeployError("\n".join(map(str, outcome["refused"])), next="flipside platform.doctor")
    for state in outcome["failed"]:
        if error := state.get("error"):
            kind = getattr(errors, error.pop("class"), DeployError)
            raise kind(**error)
        if refused.is_site(state["name"]) and "check_cmd" in state["comment"]:
            raise refused.refusal(state["comment"], state["name"])
        if "requisite" not in state["comment"]:
            where = state["name"]
            raise DeployError(state["comment"], where, f"flipside app.logs {app}")


def _refuse_locked(order: Order) -> None:
    held = holder(order.layout.lock(order.app, order.env))
    if held:
        since = str(held.get("since", ""))[11:19]
        what = f"deploy lock held by {held.get('by')} since {since} UTC: {held.get('action')}"
        raise LockedError(what, f"{order.app}, {order.env}", f"flipside app.status {order.app}")


def deployed(order: Order) -> Record:
    """Return the record of an environment that something was deployed to.

    Raises:
        NotFoundError: If nothing was; it names what there is.
    """
    record = order.record
    if record["release"] is None:
        known = sorted({one["app"] for one in order.context.records.all()})
        what = f"{order.app} is not deployed in {order.env}"
        if order.app not in known and known:
            what += f"; deployed are {', '.join(known)}"
        raise NotFoundError(what, next=f"flipside app.deploy {order.app}")
    return record


def first_line(error: BaseException) -> str:
    """Return what an entry of the audit trail says of a failure."""
    return str(error).splitlines()[0] if str(error) else "interrupted"
