"""What every verb gets first."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flipside.machine.audit import Audit
from flipside.machine.layout import Layout
from flipside.machine.records import Records
from flipside.machine.store import Store


@dataclass(frozen=True)
class Context:
    """Where a verb runs, and whom it tells what happens."""

    layout: Layout
    tell: Callable[[dict[str, Any]], None]

    @property
    def store(self) -> Store:
        """Return the release store."""
        return Store(self.layout)

    @property
    def records(self) -> Records:
        """Return the deployment records."""
        return Records(self.layout)

    @property
    def audit(self) -> Audit:
        """Return the audit trail."""
        return Audit(self.layout)

    @property
    def settings(self) -> dict[str, Any]:
        """Return the platform's settings: ``domain``, ``keep``, ``nginx:http_port`` and more."""
        found: dict[str, Any] = json.loads((self.layout.etc / "settings.json").read_text())
        return found


def in_background(context: Context, module: str, *words: str) -> None:
    """Run a module of the machine's code that nobody has to wait for."""
    nowhere = subprocess.DEVNULL
    subprocess.Popen(
        [sys.executable, "-m", module, str(context.layout.root), *words],
        stdin=nowhere,
        stdout=nowhere,
        stderr=nowhere,
        start_new_session=True,
    )
