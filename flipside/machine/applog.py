"""Read what an app, and the uwsgi around it, said since it was started.

What uwsgi 2.0.30 does with a broken app (lazy-apps):

- an import error: a traceback (for a missing module or a syntax error of the callable's own module
  without the "Traceback" line), "unable to load app 0 ...", then "--- no python application found"
  and a plain 500 "Internal Server Error" for each request;
- a missing callable: the last two lines alone;
- either of them with `need-app`: "OOPS ! failed loading app in worker 1", and the end, status 22;
- SystemExit or a crash while importing, with `need-app` or without: "DAMN ! worker 1 (pid: N) died", again and again, while
  requests wait for ever;
- an exception in the callable: its traceback, and the connection closed without a byte;
- one that Django or Flask turn into a 500: nothing, unless the app configured logging.
"""

from __future__ import annotations

import re
import time
from pathlib import Path

_LATE = 0.5
_TRACEBACK = "Traceback (most recent call last):"
_CHAINED = ("The above exception was the direct cause", "During handling of the above exception")
_UWSGI = re.compile(
    r"\[pid: \d+\||--- |unable to load app|DAMN !|Respawned |worker |spawned |WSGI app |\*\*\*|"
    r"\.\.\.|SIG[A-Z]+|OOPS !|mapped |uWSGI |Python |goodbye|\[deadlock|\[uWSGI\]|\[[a-z-]+\] "
)
_TROUBLE = re.compile(
    r"DAMN !|OOPS !|unable to load app|no python application|HARAKIRI|Segmentation"
)
_START = "getting INI configuration from"
_MESSAGE = 30
_LAST = 8
# Bytes at the end of a log that are looked through for what went wrong last.
_END = 262_144


def settled(log_file: Path, offset: int, release_dir: Path) -> tuple[str, str]:
    """Return a log since `offset`, and the last traceback in it that is no other release's.

    With half a second's patience for the traceback: a log comes through another daemon.
    """
    deadline = time.monotonic() + _LATE
    while True:
        text = _text(log_file, offset)
        found = traceback(text, release_dir)
        if found or time.monotonic() >= deadline:
            return text, found
        time.sleep(0.05)


def latest(log_file: Path, release_dir: Path) -> str:
    """Return the last traceback in the end of a log that is no other release's; "" without one."""
    size = log_file.stat().st_size if log_file.exists() else 0
    return traceback(_text(log_file, max(0, size - _END)), release_dir)


def respawns(log_file: Path, offset: int) -> int:
    """Return how often uwsgi's worker died since a place in its log.

    uwsgi goes on for ever replacing a worker that dies while importing, and no request is ever
    answered: a health check that asks this need not wait for its timeout.
    """
    return _text(log_file, offset).count("DAMN ! worker")


def trouble(log: str) -> str:
    """Return what uwsgi itself said, each thing once."""
    said = [line.strip() for line in log.splitlines() if _TROUBLE.search(line)]
    return "\n".join(dict.fromkeys(said[-3:]))


def last_words(log: str) -> str:
    """Return the last lines since uwsgi began to start, which may be all that it said of an option."""
    lines = log.rpartition(_START)[2].splitlines()[1 if _START in log else 0 :]
    return "\n".join(line.strip() for line in lines[-_LAST:] if line.strip())


def _text(log_file: Path, offset: int) -> str:
    try:
        with log_file.open("rb") as file:
            file.seek(offset if log_file.stat().st_size >= offset else 0)
            raw = file.read().decode("utf-8", "replace")
    except FileNotFoundError:
        return ""
    return "\n".join(_unescape(line) for line in raw.split("\n"))


def _unescape(line: str) -> str:
    """Undo rsyslog's octal numbers for control characters, and the blank it puts in front."""
    if "#012" in line:
        line = line.removeprefix(" ")
    return line.replace("#012", "\n").replace("#011", "\t")


def traceback(log: str, release_dir: Path) -> str:
    """Return the last traceback that is not another release's; "" when there is none."""
    lines = log.splitlines()
    starts = [i for i, line in enumerate(lines) if _TRACEBACK in line]
    for first in reversed(starts):
        block = _block(lines, first)
        if not _foreign(block, release_dir):
            return block
    return ""


def _block(lines: list[str], first: int) -> str:
    """Return the traceback that holds line `first`, with the exceptions that led to it."""
    indent = lines[first].index(_TRACEBACK)
    while (before := _chained_from(lines, first)) is not None:
        first = before
    cut = [line[indent:] for line in lines[first:]]
    end = next((i for i, line in enumerate(cut) if i and _UWSGI.match(line)), len(cut))
    stop = max(i for i in range(end) if i == 0 or cut[i].startswith("  File ")) + _MESSAGE
    return "\n".join(cut[: min(end, stop)]).rstrip()


def _chained_from(lines: list[str], first: int) -> int | None:
    """Return where the exception starts that the traceback at `first` says it came from."""
    said = any(phrase in line for line in lines[max(0, first - 2) : first] for phrase in _CHAINED)
    starts = [i for i in range(first) if _TRACEBACK in lines[i]]
    return starts[-1] if said and starts else None


def _foreign(block: str, release_dir: Path) -> bool:
    """Return whether a traceback is of another release, which still serves and logs here, too."""
    siblings = {str(release_dir.parent), str(release_dir.resolve().parent)}
    own = {str(release_dir), str(release_dir.resolve())}
    mentions = any(f"{path}/" in block for path in siblings)
    return mentions and not any(f"{path}/" in block for path in own)
