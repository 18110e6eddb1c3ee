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
    layout = Layout.from_root(Path(sys.argv[sys.argv.index("-c") + 1]).parents[2])
    # supervisord sees to it that there is one; Salt would take a zombie for its running self.
    for name in (f"{role}.pid", f"process_responsibility_{role}.pid"):
        (layout.run / name).unlink(missing_ok=True)
    if role == "master":
        # What a minion leaves behind are jobs, and those come to an end.
        mark = f"FLIPSIDE_ROOT={layout.root}"
        orphans.succeed(layout.run / "salt-master.group", mark, signal.SIGKILL)
    sys.argv[0] = f"salt-{role}"
    {"master": scripts.salt_master, "minion": scripts.salt_minion}[role]()


if __name__ == "__main__":
    main()
