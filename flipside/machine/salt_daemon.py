"""Start Salt's master or minion without the scripts that a moved venv would break."""

from __future__ import annotations

import signal
import sys
from pathlib import Path

from flipside.machine import orphans
from flipside.machine.layout import Layout


def main() -> None:
    """Run the daemon named by the first argument with the options that follow."""
    from salt import scripts

    role = sys.argv.pop(1)
    config = sys.argv[sys.argv.index("-c") + 1]
    run = Layout.from_root(Path(config).parents[2]).run
    # supervisord sees to it that there is one; Salt would take anybody of the old one's number for it.
    (run / f"{role}.pid").unlink(missing_ok=True)
    if role == "master":
        _end_orphans(run, config)
    sys.argv[0] = f"salt-{role}"
    {"master": scripts.salt_master, "minion": scripts.salt_minion}[role]()


def _end_orphans(run: Path, config: str) -> None:
    """Do so for the master; what a minion leaves behind are jobs, and those come to an end."""
    title = f"salt_daemon master -c {config}"
    orphans.succeed(run / "salt-master.group", title, signal.SIGKILL)


if __name__ == "__main__":
    main()
