"""Two agents on one repository: on one computer, on two, and where one takes over from the other."""

from __future__ import annotations

import random
import shutil
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

import pytest
from unit.backup.small import INSERT, Small, attempted

from flipside.backup.errors import BackupError, ConflictError
from flipside.backup.local import Local
from flipside.backup.storage.lease import TTL, Lease

pytest_plugins = ["unit.backup.smalls"]

HOLDER = """
import sys
from pathlib import Path
from flipside.backup.local import Local
from flipside.backup.repository import opened
from flipside.backup.storage.folder import Folder
with Local(opened(Folder(Path(sys.argv[1]))), Path(sys.argv[2])).alone():
    print("alone", flush=True)
    sys.stdin.read()
"""


def test_one_computer_has_one_agent(small: Small, tmp_path: Path) -> None:
    argv = [sys.executable, "-c", HOLDER, str(small.storage.path), str(tmp_path / "small/states")]
    with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdout.readline() == b"alone\n"
        with pytest.raises(ConflictError, match="on this computer"), small.local.alone():
            pass
        with small.local.writing():
            small.once(INSERT.format("beside it"))
        holder.kill()
    with small.local.alone():
        small.once(INSERT.format("after it"))
    small.as_live()


def test_two_computers_do_not_write_to_one_repository(small: Small) -> None:
    other = small.elsewhere()
    with small.local.alone():
        for ask in (other.local.alone, other.local.writing):
            with pytest.raises(ConflictError, match="writes to this repository"), ask():
                pass
    with other.local.alone(), pytest.raises(ConflictError), small.local.writing():
        pass


def test_who_was_taken_over_from_ends_and_all_that_both_put_comes_back(small: Small) -> None:
    other, stack = small.elsewhere(), ExitStack()
    with stack:
        lease: Lease = stack.enter_context(small.local.alone())
        small.once()
        small.once(INSERT.format("of the first"))
        with other.local.alone(take_over=True):
            # Which the first does not know yet.
            small.once(INSERT.format("of the first, too late"))
            other.now = small.now
            other.once(INSERT.format("of the second"))
            lease._clock = lambda: lease._taken + TTL
            with pytest.raises(ConflictError, match="writes to this repository"):
                lease.renew()
            other.once(INSERT.format("of the second again"))
        assert other.moments().items() >= {**small.images, **other.images}.items()
        other.as_live()


@pytest.mark.parametrize("seed", range(3))
def test_two_who_write_at_once_against_all_rules_damage_nothing(small: Small, seed) -> None:
    """One may even be a copy of the other, as of a machine set back to a snapshot of itself."""
    small.once()
    twin = Small(small.folder, small.name, small.now)
    twin.local = Local(twin.repository, small.folder / "states of a twin")
    shutil.copytree(small.folder / "states", small.folder / "states of a twin")
    twin.writer = twin.agent()
    both, chance = [small, twin, small.elsewhere()], random.Random(seed)
    for number in range(20):
        one = chance.choice(both)
        one.now = max(each.now for each in both)
        stored = attempted(one.once, INSERT.format(number))
        assert not isinstance(stored, BackupError)
        assert one.restored(id=str(one.writer.moment)) == one.live()
    known = {name: image for each in both for name, image in each.images.items()}
    assert known.items() <= small.moments().items()
