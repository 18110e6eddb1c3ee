"""Put databases from elsewhere, as of a backup, in place of an app's own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from flipside.machine.live import RESTORE
from flipside.machine.verbs.change import change, changing, deployed, first_line
from flipside.machine.verbs.order import Order


def restore_data(order: Order, snapshot: Path) -> dict[str, Any]:
    """Replace all of an environment's databases by those of a snapshot, and lose no request.

    The release that is live serves on them, its deploy steps having run where they are due. An
    app that is stopped stays stopped. Databases that the snapshot lacks go; files that are no
    databases stay. After a failure, or a kill at any moment, the databases are as they were.

    Args:
        order: Whose databases, and who asks.
        snapshot: What `flipside.machine.snapshot.take` made, or `complete`; the app's user has to
            be able to read it. It is needed until this returns, and its removal is the caller's.

    Returns:
        The report of `change.change`; ``kept`` is where the databases are that were replaced.

    Raises:
        NotFoundError: If nothing is deployed there.
        LockedError: If somebody else is changing it.
        DeployError: If the snapshot is not whole, or the release does not serve on it.
    """
    deployed(order)
    with changing(order, RESTORE):
        try:
            report = change(order, RESTORE, snapshot=snapshot.absolute())
        except BaseException as error:
            order.audit(RESTORE, "failed", detail=first_line(error))
            raise
        what = {"release": report["release"], "seconds": report["seconds"]}
        order.audit(RESTORE, "ok", detail=f"before: {report['kept']}", **what)
    return report
