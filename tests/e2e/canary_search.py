"""The search for canaries in all files below some folders; by itself, in processes as well.

`python3 -m e2e.canary_search` takes its order on stdin (see `main`), so that no file and no command line
has what it looks for.
"""

from __future__ import annotations

import gzip
import json
import os
import stat
import sys
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from e2e.canaries import Canary, Hit, in_stream
from e2e.canary_processes import Watch, processes

GZIP = b"\x1f\x8b"


@dataclass
class Found:
    """What a search found."""

    files: dict[str, list[Hit]] = field(default_factory=dict)
    """Canaries by the path of the file that they are in."""
    unread: list[str] = field(default_factory=list)
    """Paths, and why nobody could look there."""
    looked: int = 0
    """How many files were read."""


def search(
    roots: Iterable[object], canaries: list[Canary], skip: Iterable[object] = (), since: float = 0
) -> Found:
    """Look into every regular file below some folders; no link is followed, no suffix is skipped.

    Args:
        roots: The folders.
        canaries: What to look for.
        skip: Paths of folders to leave out.
        since: Leave out what did not change since then, in seconds of the epoch.
    """
    found = Found()
    names: dict[tuple[int, int], list[Path]] = {}
    for path in _walk(roots, set(map(str, skip)), found):
        try:
            state = path.lstat()
        except FileNotFoundError:
            continue
        if stat.S_ISREG(state.st_mode) and state.st_ctime >= since:
            names.setdefault((state.st_dev, state.st_ino), []).append(path)
    for paths in names.values():
        if hits := _in_file(paths[0], canaries, found):
            found.files |= {str(path): hits for path in paths}
    return found


def _walk(roots: Iterable[object], skip: set[str], found: Found) -> Iterator[Path]:
    def note(error: OSError) -> None:
        if not isinstance(error, FileNotFoundError):
            found.unread.append(f"{error.filename}: {error.strerror}")

    for root in roots:
        for folder, folders, names in os.walk(str(root), onerror=note):
            folders[:] = [name for name in folders if str(Path(folder, name)) not in skip]
            yield from (Path(folder, name) for name in names)


def _in_file(path: Path, canaries: list[Canary], found: Found) -> list[Hit]:
    try:
        with path.open("rb") as file:
            hits = in_stream(file, canaries)
            file.seek(0)
            if file.read(len(GZIP)) == GZIP:
                file.seek(0)
                hits |= in_stream(gzip.GzipFile(fileobj=file), canaries)
    except FileNotFoundError:
        return []
    except (OSError, EOFError) as error:
        found.unread.append(f"{path}: {error}")
        return []
    found.looked += 1
    return sorted(hits)


def main() -> None:
    """Do what the first line of stdin says, and print what was found, as JSON.

    ``{"canaries": [[name, value]], "roots", "skip"}``, the latter two as of `search`. What follows
    the line is searched, too, and processes are watched until it ends. Prints what `Found` has,
    ``stream`` and ``processes``. Only root can do it.
    """
    order: dict[str, Any] = json.loads(sys.stdin.buffer.readline())
    canaries = [Canary(*each) for each in order["canaries"]]
    with Watch(canaries, owners=True) as watch:
        stream = sorted(in_stream(sys.stdin.buffer, canaries))
    found = search(order["roots"], canaries, order["skip"])
    seen = watch.seen | processes(canaries, found.unread, owners=True)
    more = {"stream": stream, "processes": [asdict(each) for each in seen]}
    sys.stdout.write(json.dumps(asdict(found) | more))


if __name__ == "__main__":
    main()
