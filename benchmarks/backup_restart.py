"""What an agent sends that was not there while the app wrote."""

from __future__ import annotations

import time
from collections.abc import Iterator

from backup_lab import COUNT, Lab, compared, restored
from backup_ours import Watching
from backup_peers import Litestream
from backup_tools import Agent
from bench import Result

WARM = 100


def measure(lab: Lab) -> Iterator[Result]:
    """Compare the bytes after a restart."""
    ours, other = (_restarted(lab, kind) for kind in (Watching, Litestream))
    name = "1,000 small transactions while the agent was stopped"
    yield compared(name, "MB", ours, Litestream.name, other, 1 / 50)


def _restarted(lab: Lab, kind: type[Agent]) -> float:
    """MB that a repository grows by through a stop, 1,000 transactions and a start."""
    with lab.kept(kind) as (tool, app):
        app.work(WARM)
        tool.again()
        tool.stop()
        before = tool.size
        app.work(COUNT)
        tool.start()
        # Long enough for either to have found out what happened meanwhile.
        time.sleep(1)
        tool.again()
        restored(tool)
        return (tool.size - before) / 1e6
