"""Verbs that bring releases live: deploy and roll back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from flipside.errors import DeployError, NotFoundError
from flipside.machine import epochs
from flipside.machine.live import ROLLBACK_WITH_DATA
from flipside.machine.records import previous
from flipside.machine.verbs.change import change, changing, deployed, first_line, settle
from flipside.machine.verbs.context import Context, in_background
from flipside.machine.verbs.order import Order
from flipside.machine.verbs.secrets import Given, taking


def deploy(  # noqa: PLR0913, PLR0917 - the verb's own words
    context: Context, app: str, env: str, ref: str, by: str, secrets: Given | None = None
) -> dict[str, Any]:
    """Make the release that a tag or id names live.

    Args:
        context: Where.
        app: The app's name.
        env: Its environment.
        ref: The tag or id.
        by: Who asks.
        secrets: Its secrets as they are to be now; as they are if None.

    Returns:
        The report of `change.change`, and ``generated``: sealed secrets made here, by name, that
        the sheet given has not.
    """
    manifest = context.store.resolve(app, ref)
    if not manifest["config"]["wsgi"].get("callable"):
        what = "the release names no WSGI callable"
        raise DeployError(what, ".flipside-app", "set `wsgi: callable:`")
    return _begin(Order(context, app, env, by), "deploy", manifest, secrets)


def rollback(  # noqa: PLR0913, PLR0917 - the verb's own words
    context: Context, app: str, env: str, to: str | None, by: str, data: str | None = None
) -> dict[str, Any]:
    """Make the release that was live before live again, or the one that ``to`` names.

    Args:
        context: Where.
        app: The app's name.
        env: Its environment.
        to: A release or a tag; None for the one before.
        by: Who asks.
        data: ``keep`` the databases as they are, or put them ``back`` as they were before the
            migration that lies between; None if a person has not said.

    Returns:
        The report of `change.change`.

    Raises:
        NotFoundError: If there is nothing to go back to.
        DeployError: If the databases have changed between, and nobody said what becomes of them.
    """
    order = Order(context, app, env, by)
    manifest = earlier(order, to)
    action = "rollback"
    if not epochs.fits(order.layout, app, env, manifest["id"]):
        copy_for(order, manifest["id"], data)
        action = ROLLBACK_WITH_DATA if data == "back" else action
    return _begin(order, action, manifest)


def earlier(order: Order, to: str | None) -> Any:
    """Return the manifest of the release to go back to: what ``to`` names, or the one before.

    Raises:
        NotFoundError: If there is none.
    """
    return order.context.store.resolve(order.app, to or _before(order))


def _before(order: Order) -> str:
    record = deployed(order)
    release = previous(record)
    if release is None:
        what = f"{order.app} has no release before {record['release']} in {order.env}"
        raise NotFoundError(what, next=f"flipside app.releases {order.app}")
    return release


def copy_for(order: Order, release: str, data: str | None) -> Path | None:
    """Return the copy of the databases that is of a release which the live ones are not of.

    Args:
        order: Whose databases.
        release: The release to go back to.
        data: What a person said, as `rollback` is told.

    Raises:
        DeployError: If nobody said what becomes of the databases, or they are to go back and there
            is no copy.
    """
    where, app = f"{order.app}, {order.env}", order.app
    copy = epochs.before(order.layout, app, order.env, release)
    keep = f"flipside app.rollback {app} --keep-data (they stay as they are)"
    if data == "back" and copy is None:
        what = f"no copy of the databases from the time of {release} is left"
        raise DeployError(what, where, keep)
    if data is None:
        what = f"a migration or a restore lies between {release} and what is live: {release} may"
        what += " start on the databases as they are, and fail on the first write"
        back = " --with-data (the databases go back, too; what was written since is set aside),"
        raise DeployError(
            what, where, f"flipside app.rollback {app}{back} or {keep}" if copy else keep
        )
    return copy


def _begin(
    order: Order, action: str, manifest: Any, secrets: Given | None = None
) -> dict[str, Any]:
    context, app, env, release = order.context, order.app, order.env, manifest["id"]
    # Said here, where nothing has begun: no part of it has a longer path.
    order.layout.current_socket(app, env)
    with changing(order, f"{action} {release}"), taking(order, secrets) as sheets:
        sheets.ensure(app, env, manifest["config"].get("secrets") or [])
        was_stopped = order.record["stopped"]
        order.set_stopped(stopped=False)
        context.records.begin(app, env, release, order.by, back=action != "deploy")
        try:
            report = change(order, action, pending=True)
        except BaseException as error:
            order.set_stopped(stopped=was_stopped)
            order.audit(action, "failed", release=release, detail=first_line(error))
            raise
        finally:
            settle(order)
    if report["changed"]:
        order.audit(action, "ok", release=release, seconds=report["seconds"])
        in_background(context, "flipside.machine.tidy")
    report["generated"] = sheets.unsent(app, env, (secrets or {}).get("readers", []))
    return report | {"before": previous(order.record)}
