"""What a switch did to users, read from nginx's access log."""

from __future__ import annotations

import math
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

LOG_FORMAT = (
    '$msec $request_time $status $request_method $host "$request_uri" '
    '$body_bytes_sent $remote_addr "$http_user_agent"'
)
"""The access log's lines, for `log_format NAME escape=json '...'`: one request each, when it ended."""

# The user agent of our own look through nginx, which is no visitor.
OWN_AGENT = "flipside-front"
# Seconds that nginx's last lines take through rsyslog.
_ON_THEIR_WAY = 0.05
_QUOTED = r'"(?:[^"\\]|\\.)*"'
_LINE = re.compile(
    r"\s*(?P<msec>\d+\.\d+) (?P<seconds>\d+\.\d+) (?P<status>\d{3}) (?P<method>\S*) (?P<host>\S*) "
    rf"(?P<uri>{_QUOTED}) (?P<bytes>\d+) (?P<addr>\S*) (?P<agent>{_QUOTED})\s*"
)


@dataclass(frozen=True)
class Traffic:
    """Requests that ended in a window.

    Attributes:
        requests: How many.
        failed: How many of them were answered with a 5xx.
        longest: Seconds that the slowest took, 0 without requests.
        p99: Seconds within which 99 in 100 were answered, 0 without requests.
    """

    requests: int
    failed: int
    longest: float
    p99: float


@dataclass(frozen=True)
class Window:
    """A window of time on an access log."""

    access_log: Path
    offset: int

    def closed(self) -> dict[str, float]:
        """Return ``requests``, ``failed`` and ``longest`` (seconds) of what came meanwhile."""
        time.sleep(_ON_THEIR_WAY)
        seen = summary(self.access_log, self.offset, time.time())
        return {"requests": seen.requests, "failed": seen.failed, "longest": seen.longest}


def opened(access_log: Path) -> Window:
    """Return a window that opens now."""
    return Window(access_log, size(access_log))


def summary(access_log: Path, offset: int, until: float) -> Traffic:
    """Count the requests from a place in the log to a moment.

    Args:
        access_log: The log. When it was rotated since, the rest of ``<access_log>.1`` counts, too.
        offset: Its size in bytes when the window opened.
        until: Unix time at which the window closes.
    """
    lines = (line for line in _lines(access_log, offset) if OWN_AGENT not in line)
    found = [match for line in lines if (match := _LINE.fullmatch(line))]
    ended = [match for match in found if float(match["msec"]) <= until]
    times = sorted(float(match["seconds"]) for match in ended)
    return Traffic(
        requests=len(ended),
        failed=sum(match["status"] >= "500" for match in ended),
        longest=times[-1] if times else 0.0,
        p99=times[math.ceil(len(times) * 0.99) - 1] if times else 0.0,
    )


def size(access_log: Path) -> int:
    """Return a log's size in bytes, 0 when there is none yet: the `offset` of a window."""
    try:
        return access_log.stat().st_size
    except FileNotFoundError:
        return 0


def _lines(log: Path, offset: int) -> Iterator[str]:
    if size(log) >= offset:
        return _read(log, offset)
    return _chain(log.with_name(f"{log.name}.1"), log, offset)


def _chain(older: Path, log: Path, offset: int) -> Iterator[str]:
    if size(older) >= offset:
        yield from _read(older, offset)
    yield from _read(log, 0)


def _read(log: Path, offset: int) -> Iterator[str]:
    try:
        with log.open("rb") as file:
            file.seek(offset)
            yield from (raw.decode("utf-8", "replace") for raw in file)
    except FileNotFoundError:
        return
