"""Bring the apps back after a boot: `python -m flipside.machine.boot ROOT`, before nginx starts.

A boot empties the folder of sockets. What was switching when the machine went down is undone, or
finished, by the same rules as ever, and every generation that may serve listens again; none starts
before somebody calls.
"""

from __future__ import annotations

import sys
from pathlib import Path

from flipside.errors import FlipsideError
from flipside.machine import generation as generations
from flipside.machine import recovery
from flipside.machine.layout import Layout
from flipside.machine.lock import deploy_lock
from flipside.machine.narrate import Story, unheard
from flipside.machine.records import Records
from flipside.machine.services import Services
from flipside.machine.units import Units


def main(argv: list[str]) -> int:
    """Bring every environment back; one that cannot be is told, and holds up no other."""
    layout, failed = Layout.from_root(Path(argv[0])), 0
    for app, env in layout.environments():
        try:
            restore(layout, app, env, Units(layout))
        except (FlipsideError, OSError) as error:
            sys.stderr.write(f"{app} in {env}: {error}\n")
            failed = 1
    return failed


def restore(layout: Layout, app: str, env: str, services: Services) -> None:
    """Let one environment's generations listen, and lead nginx to the one that is live.

    Raises:
        FlipsideError: If what was cut short cannot be undone.
    """
    now = generations.current(layout, app, env)
    with deploy_lock(layout.lock(app, env), "boot", "boot"):
        recovery.make_run_dir(layout, app, env)
        stopped = Records(layout).load(app, env)["stopped"]
        if now and not stopped:
            services.listen(now)
        recovery.recover(layout, app, env, services, Story(lambda event: unheard(str(event))))
        for other in generations.others(layout, app, env, now):
            if other.served:
                services.listen(other)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
