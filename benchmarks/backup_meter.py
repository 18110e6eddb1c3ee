"""What a process costs: CPU, and the most memory that it held."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from pathlib import Path

import psutil


@dataclass(frozen=True)
class Meter:
    """Counts from when it is made, for a process and its children.

    Attributes:
        pid: The process.
        begun: When, on the monotonic clock.
        before: CPU seconds until then.
    """

    pid: int
    begun: float
    before: float

    @classmethod
    def of(cls, pid: int) -> Meter:
        """Begin to count."""
        return cls(pid, time.monotonic(), cpu(pid))

    @property
    def percent(self) -> float:
        """Percent of one core, on average since the beginning."""
        return 100 * (cpu(self.pid) - self.before) / (time.monotonic() - self.begun)


def cpu(pid: int) -> float:
    """Seconds of CPU, user's and system's, of a process, its children and those that ended."""
    return sum(sum(process.cpu_times()[:4]) for process in _family(pid))


def peak(pid: int) -> float:
    """MB that a process held at most since it began, and those of its children that live."""
    return _status(pid, "VmHWM")


def resident(pid: int) -> float:
    """MB that it holds."""
    return _status(pid, "VmRSS")


def _status(pid: int, name: str) -> float:
    texts = [Path(f"/proc/{each.pid}/status").read_text() for each in _family(pid)]
    found = [re.search(rf"^{name}:\s+(\d+) kB$", text, re.MULTILINE) for text in texts]
    return sum(int(each[1]) for each in found if each) * 1024 / 1e6


def _family(pid: int) -> list[psutil.Process]:
    root = psutil.Process(pid)
    return [root, *root.children(recursive=True)]
