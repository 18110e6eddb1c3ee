"""The verb that says what going back would lose, before anybody does."""

from __future__ import annotations

from typing import Any

from flipside.machine import epochs, losses, snapshot, users
from flipside.machine.verbs.change import changing
from flipside.machine.verbs.context import Context
from flipside.machine.verbs.deploys import copy_for, earlier
from flipside.machine.verbs.order import Order


def rollback_losses(
    context: Context, app: str, env: str, to: str | None, by: str
) -> dict[str, Any]:
    """Say what a rollback that puts the databases back would set aside, and change nothing.

    Nobody else can change the environment meanwhile: the databases and their copy stay what they are.

    Args:
        context: Where.
        app: The app's name.
        env: Its environment.
        to: A release or a tag; None for the one before.
        by: Who asks.

    Returns:
        ``{"release", "at", "databases"}``: what would go live; when the copy was taken that would
        come back, in ISO 8601, None if the databases would stay; and each database that differs
        from the copy, as `flipside.machine.losses.DatabaseLoss`.

    Raises:
        NotFoundError: If there is nothing to go back to.
        LockedError: If somebody is changing the environment.
        DeployError: If no copy is left.
    """
    order = Order(context, app, env, by)
    release = earlier(order, to)["id"]
    with changing(order, "comparing databases"):
        fits = epochs.fits(order.layout, app, env, release)
        copy = None if fits else copy_for(order, release, "back")
        if copy is None:
            return {"release": release, "at": None, "databases": []}
        with users.acting_as(users.account(order.layout, app)):
            found = losses.since(order.layout.data(app, env), copy)
            return {"release": release, "at": snapshot.taken(copy), "databases": found}
