"""Changes to a folder, as whoever uploads, edits, moves and deletes makes them."""

from __future__ import annotations

import os
import random
import shutil
from pathlib import Path

NAMES = [b"a", b"b.jpg", b"\xff\xfe", "Ä".encode(), b"new\nline", b"-n", b" ", b"x" * 200]


def something(data: Path, chance: random.Random) -> None:
    """Change something, as whoever uploads, edits, moves and deletes does."""
    folders = [Path(above) for above, _, _ in os.walk(data)]
    place = chance.choice(folders) / os.fsdecode(chance.choice(NAMES))
    do = chance.choice([_fill, _fill, _extend, _link, _folder, _remove, _touch, _move, _hard_link])
    do(place, chance)


def _remove(place: Path, _: object) -> None:
    if place.is_dir() and not place.is_symlink():
        shutil.rmtree(place)
    else:
        place.unlink(missing_ok=True)


def _fill(place: Path, chance: random.Random) -> None:
    if not place.is_dir():
        place.unlink(missing_ok=True)
        place.write_bytes(chance.randbytes(chance.choice([0, 1, 10, 5000])) * chance.choice([1, 9]))
        place.chmod(chance.choice([0o644, 0o600, 0o640, 0o755, 0o777]))


def _extend(place: Path, chance: random.Random) -> None:
    if place.is_file() and not place.is_symlink():
        with place.open("ab") as file:
            file.write(chance.randbytes(7))


def _link(place: Path, chance: random.Random) -> None:
    _remove(place, chance)
    place.symlink_to(
        chance.choice(["/nonexistent/x", "nowhere", "..", "a", os.fsdecode(b"\xff\xfe")])
    )


def _folder(place: Path, chance: random.Random) -> None:
    if not place.is_dir():
        _remove(place, chance)
        place.mkdir()
        place.chmod(chance.choice([0o755, 0o700, 0o1777, 0o2775]))


def _touch(place: Path, chance: random.Random) -> None:
    if os.path.lexists(place):
        at = chance.randrange(-(10**18), 4 * 10**18)
        os.utime(place, ns=(at, at), follow_symlinks=False)


def _move(place: Path, chance: random.Random) -> None:
    target = place.with_name("moved")
    if os.path.lexists(place) and not os.path.lexists(target):
        place.rename(target)


def _hard_link(place: Path, chance: random.Random) -> None:
    target = place.with_name("other name")
    if place.is_file() and not place.is_symlink() and not os.path.lexists(target):
        os.link(place, target)
