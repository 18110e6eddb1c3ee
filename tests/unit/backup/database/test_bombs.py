"""Objects that would unpack to far more than they are: refused before they take memory or disk."""

from __future__ import annotations

import os
import resource
import signal
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import pytest
from unit.backup import forging
from unit.backup.forging import bomb, frame, group
from unit.backup.kill_points import in_child
from unit.backup.museum import Museum

from flipside.backup.database.chain import Chain
from flipside.backup.database.prove import prove
from flipside.backup.errors import DamagedError
from flipside.backup.sealing import BASE

pytest_plugins = ["unit.backup.museums"]

GIB, MIB = 1 << 30, 1 << 20
MEMORY, DISK = 500 * MIB, 100 * MIB
"""What a process may take besides what it has, of each file."""

Bomb = Callable[[Chain], dict[str, bytes]]


def chunk(content: bytes) -> Bomb:
    return lambda chain: forging.chunk(chain, 0, content)


def groups(content: bytes) -> Bomb:
    def made(chain: Chain) -> dict[str, bytes]:
        name = chain.epoch.increment(7)
        return {name: forging.increment(chain, name, lambda found: None, content)}

    return made


def pages(count: int) -> Bomb:
    def made(chain: Chain) -> dict[str, bytes]:
        name = chain.epoch.increment(7)
        return {name: forging.increment(chain, name, lambda found: found.update(pages=count))}

    return made


def base_of(count: int) -> Bomb:
    def made(chain: Chain) -> dict[str, bytes]:
        name = chain.epoch.base
        return {name: forging.head(chain, BASE, name, lambda found: found.update(pages=count))}

    return made


def many(count: int, rising: int) -> bytes:
    """Groups of 64 pages of zeros each."""
    zeros = bomb(64 * 4096)
    return b"".join(
        group(list(range(at * rising + 1, at * rising + 65)), zeros) for at in range(count)
    )


BOMBS: dict[str, Bomb] = {
    "a chunk that claims a terabyte": chunk(bomb(4096, GIB << 10)),
    "a chunk that is a gigabyte": chunk(bomb(GIB)),
    "a group that claims a terabyte": groups(group([1], bomb(4096, GIB << 10))),
    "a group that is a gigabyte": groups(group([1], bomb(GIB))),
    "a group of all pages that it can name": groups(group([1] * 65535, bomb(65535 * 4096))),
    "groups of a gigabyte": groups(many(4000, 64)),
    "groups of the same pages": groups(many(4000, 0)),
    "a page far behind the end": groups(group([1 << 20], frame(bytes(4096)))),
    "an image that grows by nothing at all": pages(1 << 23),
    "an image of more than any disk has": pages(1 << 60),
    "a base of more than any disk has": base_of(1 << 60),
}


@pytest.mark.parametrize("made", BOMBS.values(), ids=BOMBS)
def test_it_is_refused_as_damage_at_no_cost(museum: Museum, tmp_path: Path, made) -> None:
    forged = made(museum.chains()[2])

    def limited() -> None:
        _limit()
        for do in (museum.restored, lambda: prove(museum.chains()[2], tmp_path, 0.0)):
            with pytest.raises(DamagedError):
                do()

    with ExitStack() as stack:
        for name, data in forged.items():
            stack.enter_context(museum.instead(name, data))
        assert in_child(limited) == 0
    assert list(tmp_path.iterdir()) == []
    assert not (museum.folder / "restored.db").exists()


def _limit() -> None:
    size = int(Path("/proc/self/statm").read_text().split()[0]) * os.sysconf("SC_PAGESIZE")
    resource.setrlimit(resource.RLIMIT_AS, (size + MEMORY, size + MEMORY))
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (DISK, DISK))


def test_what_is_no_bomb_comes_back_within_the_limits(museum: Museum) -> None:
    def limited() -> None:
        _limit()
        museum.restored()

    assert in_child(limited) == 0
