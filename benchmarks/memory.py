"""What the platform's own processes hold: PSS, so that what they share counts once."""

from __future__ import annotations

import time

import psutil
from bench import App, Result, alone


def pss(pid: int) -> float:
    """MB that a process and its children hold."""
    root = psutil.Process(pid)
    family = [root, *root.children(recursive=True)]
    return sum(process.memory_full_info().pss for process in family) / 1e6


def measure(app: App) -> list[Result]:
    """Measure a platform that has come to rest."""
    time.sleep(10)
    on = app.platform
    salt = pss(on.pid("salt-master")) + pss(on.pid("salt-minion"))
    number = int((on.run / "supervisord.pid").read_text())
    alone_ = psutil.Process(number).memory_full_info().pss / 1e6
    rest = sum(pss(on.pid(name)) for name in ("nginx", "memcached", "rsyslog", "logs", "backup"))
    guestbook = pss(int(app.status["pid"]))
    name = "Salt's master and minion, supervisord"
    return [
        Result(name, salt + alone_, "MB", 260, "the guestbook", guestbook),
        Result("all of the platform", salt + alone_ + rest, "MB", None, "the guestbook", guestbook),
    ]


if __name__ == "__main__":
    alone(measure)
