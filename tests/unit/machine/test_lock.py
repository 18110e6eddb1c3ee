"""The deploy lock: one holder, who is named, and who cannot be outlived."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from flipside.errors import LockedError
from flipside.machine.lock import deploy_lock, holder

HOLD = """
import sys, time
from pathlib import Path
from flipside.machine.lock import deploy_lock
with deploy_lock(Path(sys.argv[1]), "ann@laptop", "deploy 1.0-1a2b3c4d"):
    print("held", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "guestbook" / "production" / "lock"


def hold_elsewhere(path: Path) -> subprocess.Popen[str]:
    argv = [sys.executable, "-c", HOLD, str(path)]
    process = subprocess.Popen(argv, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    return process


def test_held_by_somebody_else(path: Path) -> None:
    """The refusal says who, since when, for how long, and what for."""
    process = hold_elsewhere(path)
    try:
        with pytest.raises(LockedError) as caught, deploy_lock(path, "bob@pc", "rollback"):
            pass
        said = r"deploy lock held by ann@laptop since \d\d:\d\d:\d\d \(\d+ s\): deploy 1.0-1a2b3c4d"
        assert re.fullmatch(said, caught.value.what)
        assert caught.value.where == str(path)
        assert caught.value.next
        note = holder(path)
        assert note is not None
        assert note["pid"] == process.pid
    finally:
        process.kill()
        process.wait()


def test_a_killed_holder_leaves_no_lock(path: Path) -> None:
    process = hold_elsewhere(path)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    assert holder(path) is None
    with deploy_lock(path, "bob@pc", "deploy"):
        assert (holder(path) or {})["by"] == "bob@pc"


def test_released_after_an_error(path: Path) -> None:
    with pytest.raises(ZeroDivisionError), deploy_lock(path, "ann", "deploy"):
        raise ZeroDivisionError
    assert holder(path) is None
    with deploy_lock(path, "a", "b"):
        pass


def test_nobody_ever_held_it(path: Path) -> None:
    assert holder(path) is None


def test_a_child_given_the_descriptor_holds_it_too(path: Path) -> None:
    """A step that outlives its deploy keeps the next one out."""
    with deploy_lock(path, "ann", "deploy") as fd:
        child = subprocess.Popen(["sleep", "60"], pass_fds=[fd])
    try:
        with pytest.raises(LockedError, match="held by ann"), deploy_lock(path, "bob", "deploy"):
            pass
    finally:
        child.kill()
        child.wait()
    assert holder(path) is None


def test_looking_never_fails_a_deploy(path: Path) -> None:
    """`holder` takes the lock for an instant; a deploy waits that long."""
    with deploy_lock(path, "ann", "deploy"):
        pass
    stop = threading.Event()

    def look() -> None:
        while not stop.is_set():
            holder(path)

    lookers = [threading.Thread(target=look) for _ in range(2)]
    for looker in lookers:
        looker.start()
    try:
        for _ in range(50):
            with deploy_lock(path, "ann", "deploy"):
                pass
    finally:
        stop.set()
        for looker in lookers:
            looker.join()


def test_a_removed_file_is_made_anew(path: Path) -> None:
    """Who locked a file that a destroy removed has not locked the one there now."""
    with deploy_lock(path, "ann", "destroy"):
        path.unlink()
    with deploy_lock(path, "bob", "deploy"):
        assert (holder(path) or {})["by"] == "bob"


def test_a_longer_note_leaves_no_rest(path: Path) -> None:
    with deploy_lock(path, "a-very-long-name@a-very-long-host", "deploy"):
        pass
    with deploy_lock(path, "b", "c"):
        assert (holder(path) or {})["action"] == "c"
