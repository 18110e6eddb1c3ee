"""What most verbs about an app are given: whose environment, and who asks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flipside.machine.layout import Layout
from flipside.machine.records import Record
from flipside.machine.verbs.context import Context


@dataclass(frozen=True)
class Order:
    """Somebody wants something done to one environment of an app."""

    context: Context
    app: str
    env: str
    by: str

    @property
    def layout(self) -> Layout:
        """Return where everything lies."""
        return self.context.layout

    @property
    def record(self) -> Record:
        """Return the environment's record as it is now."""
        return self.context.records.load(self.app, self.env)

    def set_stopped(self, *, stopped: bool) -> None:
        """Note whether the app is to be stopped."""
        self.context.records.set_stopped(self.app, self.env, stopped=stopped)

    def audit(self, action: str, result: str, **details: Any) -> None:
        """Add a line about this to the audit trail."""
        details |= {"app": self.app, "env": self.env}
        self.context.audit.write(action, by=self.by, result=result, **details)
