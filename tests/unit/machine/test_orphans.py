"""What a killed daemon left behind is found by its process group, and nothing else is."""

import os
import signal
import subprocess
import sys
import time

import psutil
import pytest

from flipside.machine import orphans

# The child says that it runs: right after the fork it has no command line of its own yet.
CHILD = "import os, time; print(os.getpid(), flush=True); time.sleep(60)  # {title}"
LEADER = """\
import subprocess, sys
subprocess.Popen([sys.executable, "-c", {child!r}])
sys.stdin.read()
"""


@pytest.fixture
def family():
    """A leader of a process group and its child, as (Popen, child's pid)."""
    child = CHILD.format(title="a worker of ours")
    leader = subprocess.Popen(
        [sys.executable, "-c", LEADER.format(child=child)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        start_new_session=True,
    )
    yield leader, int(leader.stdout.readline())
    leader.kill()
    leader.wait()
    try:
        os.killpg(leader.pid, signal.SIGKILL)
    except ProcessLookupError:
        return


def end(leader):
    leader.kill()
    leader.wait()


def test_the_children_of_a_dead_leader_are_found(family, tmp_path):
    leader, child = family
    (tmp_path / "group").write_text(str(leader.pid))
    end(leader)
    assert list(orphans.orphans(tmp_path / "group", "a worker of ours")) == [child]


def test_a_leader_that_lives_keeps_its_children(family, tmp_path):
    leader, _ = family
    (tmp_path / "group").write_text(str(leader.pid))
    assert not list(orphans.orphans(tmp_path / "group", "a worker of ours"))


def test_a_group_that_is_somebody_elses_by_now_is_left_alone(family, tmp_path):
    leader, _ = family
    (tmp_path / "group").write_text(str(leader.pid))
    end(leader)
    assert not list(orphans.orphans(tmp_path / "group", "nginx: worker process"))


@pytest.mark.parametrize("text", [None, "", "x"])
def test_without_a_record_there_is_nothing_to_find(tmp_path, text):
    if text is not None:
        (tmp_path / "group").write_text(text)
    assert not list(orphans.orphans(tmp_path / "group", ""))


def test_the_successor_ends_them_and_puts_itself_down(family, tmp_path):
    leader, child = family
    (tmp_path / "group").write_text(str(leader.pid))
    end(leader)
    orphans.succeed(tmp_path / "group", "a worker of ours", signal.SIGKILL)
    assert (tmp_path / "group").read_text() == str(os.getpid())
    assert _ends(child)


def _ends(pid):
    """Whether it ends soon; whoever adopted it may take longer to notice."""
    for _ in range(500):
        try:
            if psutil.Process(pid).status() == psutil.STATUS_ZOMBIE:
                return True
        except psutil.NoSuchProcess:
            return True
        time.sleep(0.01)
    return False
