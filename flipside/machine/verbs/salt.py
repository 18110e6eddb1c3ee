"""Verbs about Salt itself."""

from __future__ import annotations

import time
from typing import Any

from flipside.errors import MachineError
from flipside.machine import highstate, init, keys
from flipside.machine.jobs import DAEMONS, MINION, Jobs
from flipside.machine.verbs.context import Context


def preseed_keys(context: Context) -> bool:
    """Make Salt's keys; return whether any was missing."""
    return keys.preseed(context.layout.etc / "salt/pki", MINION)


def restart_salt(context: Context) -> None:
    """Restart master and minion, apps untouched."""
    init.restart(context.layout, DAEMONS)


def wait_for_minion(context: Context, *, sync: bool) -> None:
    """Start Salt where it was stopped, wait until the minion answers, and sync it if told to.

    Raises:
        MachineError: If it does not within 60 seconds.
    """
    init.start(context.layout, DAEMONS)
    deadline = time.monotonic() + 60
    # A client that was made before the master listens stays deaf: each try makes a new one.
    while not Jobs(context.layout).ping(timeout=2):
        if time.monotonic() > deadline:
            raise MachineError("Salt did not come up in 60 s", next="flipside platform.logs")
        time.sleep(0.1)
    if sync:
        Jobs(context.layout).run("saltutil.sync_all", refresh=True)


def apply(context: Context, *, test: bool = False) -> dict[str, Any]:
    """Run the highstate; return its summary (`flipside.machine.highstate.summary`)."""
    jobs = Jobs(context.layout)
    returner = "" if test else "flipside_last"
    done = jobs.run("state.apply", test=test, queue=True, returner=returner)
    return highstate.summary(done)


def states(context: Context, sls: str, pillar: dict[str, Any], topic: str = "") -> dict[str, Any]:
    """Apply one SLS beside whatever else runs; return the summary.

    Args:
        context: The verb's context.
        sls: Its name.
        pillar: Laid over the pillar for this run.
        topic: The events ``flipside/<topic>/...`` are passed on.
    """
    done = Jobs(context.layout).run(
        "state.apply",
        sls,
        pillar=pillar,
        concurrent=True,
        topic=topic,
        on_event=lambda event: context.tell(event.get("data") or {}),
    )
    return highstate.summary(done)
