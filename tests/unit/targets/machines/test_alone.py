"""The lock that a bootstrap holds on its machine, which is this one here."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from flipside.caller import who
from flipside.errors import LockedError, MachineError
from flipside.targets.machines import alone as locks
from flipside.targets.machines.alone import alone
from flipside.targets.machines.remote import Remote
from flipside.targets.machines.sudo import Root


class Straight:
    """A way without a step; `broken` says why no command gets through."""

    name = "straight"

    def __init__(self, *, broken: bool = False) -> None:
        self.broken = broken

    def root(self) -> Root:
        return Root()

    def lead(self, argv: Sequence[str]) -> list[str]:
        return ["false"] if self.broken else list(argv)

    def attach(self, argv: Sequence[str]) -> int:
        return subprocess.run(argv, check=False).returncode

    def refused(self, said: str) -> MachineError:
        return MachineError(f"refused {said}", self.name)


@pytest.fixture
def lock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(locks, "LOCK", str(tmp_path / "lock"))
    return tmp_path / "lock"


def is_free(lock: Path) -> bool:
    return subprocess.run(["flock", "-n", lock, "true"], check=False).returncode == 0


def test_second_is_told_who_is_at_it_and_comes_through_afterwards(lock: Path) -> None:
    with alone(Remote(Straight())):
        assert not is_free(lock)
        with pytest.raises(LockedError, match=who()), alone(Remote(Straight())):
            pytest.fail("two at once")
    assert is_free(lock)
    with alone(Remote(Straight())):
        assert not is_free(lock)


@pytest.mark.parametrize("end", [ValueError, KeyboardInterrupt])
def test_whatever_ends_the_work_gives_it_back(lock: Path, end: Callable[[], Exception]) -> None:
    with pytest.raises(end), alone(Remote(Straight())):  # type: ignore[call-overload]
        raise end()
    assert is_free(lock)


def test_machine_out_of_reach_says_so(lock: Path) -> None:
    with pytest.raises(MachineError, match="refused"), alone(Remote(Straight(broken=True))):
        pytest.fail("nothing was locked")
    assert not lock.exists()
