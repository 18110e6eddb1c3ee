"""Run jobs on the minion through Salt's own client, and watch them happen."""

from __future__ import annotations

import sys
import time
from types import ModuleType
from typing import TYPE_CHECKING, Any

from flipside.errors import LostJobError, MachineError
from flipside.machine import init

if TYPE_CHECKING:
    from collections.abc import Callable

    from flipside.machine.layout import Layout

    Event = Callable[[dict[str, Any]], None]

MINION = "platform"
DAEMONS = ("salt-master", "salt-minion")
# Seconds without an event after which the minion is asked whether the job still runs.
QUIET = 5.0
DOCTOR = "flipside platform.doctor"


class Jobs:
    """The master's side of jobs on its minion."""

    def __init__(self, layout: Layout) -> None:
        # Salt's TCP transport imports the whole master, of which a client uses nothing: that would
        # cost every command 0.5 s.
        sys.modules.setdefault("salt.master", ModuleType("salt.master"))
        from salt.client import LocalClient

        self._layout = layout
        self._client = LocalClient(c_path=str(layout.root / "etc/salt/master/master"))

    def run(
        self,
        function: str,
        *args: Any,
        on_event: Event | None = None,
        topic: str = "",
        returner: str = "",
        **kwargs: Any,
    ) -> Any:
        """Run an execution function on the minion and return what it returned.

        Args:
            function: For example ``state.apply``.
            args: Its positional arguments.
            on_event: Gets the data of each state that finished and of each event whose tag
                is ``flipside/<topic>``.
            topic: What to listen to beside the job itself.
            returner: A Salt returner that also gets the result.
            kwargs: Keyword arguments of the function.

        Raises:
            MachineError: If master or minion do not run, or do not answer.
            LostJobError: If the job was killed.
        """
        self._refuse_down()
        try:
            job = self._client.run_job(
                MINION, function, arg=list(args), kwarg=kwargs, ret=returner, listen=True
            )
        except Exception as error:
            what = f"Salt's master does not answer ({type(error).__name__})"
            raise MachineError(what, next=DOCTOR) from error
        if not job or not job.get("minions"):
            raise MachineError("Salt's master knows no minion", next=DOCTOR)
        try:
            return self._watch(job["jid"], on_event, f"flipside/{topic}")
        except BaseException:
            self._cancel(job["jid"])
            raise

    def _refuse_down(self) -> None:
        """Say at once what Salt itself would find out in minutes."""
        down = self._down()
        if down:
            what = f"{' and '.join(down)} {'does' if len(down) == 1 else 'do'} not run"
            raise MachineError(what, next="flipside platform.bootstrap")

    def _down(self) -> list[str]:
        try:
            found = init.states(self._layout)
        except OSError:
            return ["supervisord"]
        return [name for name in DAEMONS if name not in found or found[name].word in init.DEAD]

    def _watch(self, jid: str, on_event: Event | None, tag: str) -> Any:
        heard = time.monotonic()
        while True:
            event = self._client.event.get_event(wait=1, tag="", full=True)
            if event and event["tag"] == "salt/event/exit":
                raise KeyboardInterrupt  # which Salt had caught
            if event and event["tag"] == f"salt/job/{jid}/ret/{MINION}":
                return event["data"].get("return")
            if event and event["tag"].startswith((f"salt/job/{jid}/prog/", tag + "/")):
                heard = time.monotonic()
                if on_event:
                    on_event({"tag": event["tag"], **event["data"]})
            elif time.monotonic() - heard > QUIET:
                if not self._runs(jid):
                    return self._cached(jid)
                heard = time.monotonic()

    def _runs(self, jid: str) -> bool:
        answer = self._client.cmd(MINION, "saltutil.find_job", [jid], timeout=10)
        if MINION not in answer:
            raise MachineError("Salt's minion does not answer", next=DOCTOR)
        return bool(answer[MINION])

    def _cached(self, jid: str) -> Any:
        """Return what a job returned whose event was missed, as while the master comes up."""
        cached = self._client.get_cache_returns(jid)
        if MINION not in cached:
            what = "Salt's minion has lost the job; it may have been killed"
            raise LostJobError(what, next=DOCTOR)
        return cached[MINION]["ret"]

    def _cancel(self, jid: str) -> None:
        """Ask the minion to end the job, and give it time to clean up."""
        if self._down():
            return
        self._client.cmd(MINION, "saltutil.term_job", [jid], timeout=5)
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            running = self._client.cmd(MINION, "saltutil.find_job", [jid], timeout=5)
            if not running.get(MINION):
                return
            time.sleep(0.2)

    def ping(self, timeout: float = 5.0) -> bool:
        """Return whether the minion answers within ``timeout`` seconds."""
        deadline = time.monotonic() + timeout
        try:
            job = self._client.run_job(MINION, "test.ping", listen=True)
            while job and time.monotonic() < deadline:
                event = self._client.event.get_event(wait=0.2, tag="", full=True)
                if event and event["tag"] == f"salt/job/{job['jid']}/ret/{MINION}":
                    return True
        except Exception:  # noqa: BLE001 - a master that is down raises many kinds
            return False
        return False
