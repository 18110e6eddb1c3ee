"""A job that is cancelled undoes what it began, once and undisturbed."""

import os
import signal
import threading

import pytest

from flipside.machine.terminable import terminable, uninterrupted


def cancel():
    os.kill(os.getpid(), signal.SIGTERM)


@pytest.fixture(autouse=True)
def handler():
    """What pytest had stays what it has."""
    before = signal.getsignal(signal.SIGTERM)
    yield
    assert signal.getsignal(signal.SIGTERM) == before


def test_the_signal_becomes_an_exception():
    with pytest.raises(SystemExit) as ended, terminable():
        cancel()
    assert ended.value.code == 128 + signal.SIGTERM


def test_another_signal_may_be_meant():
    before = signal.getsignal(signal.SIGHUP)
    with pytest.raises(SystemExit) as ended, terminable(), terminable(signal.SIGHUP):
        os.kill(os.getpid(), signal.SIGHUP)
    assert ended.value.code == 128 + signal.SIGHUP
    assert signal.getsignal(signal.SIGHUP) == before


def within(*work):
    """Do this in a `with`; the rest of it is the undoing of what the first part began."""
    first, *rest = work
    with terminable():
        try:
            first()
        finally:
            for part in rest:
                part()


def test_a_second_one_does_not_disturb_the_undoing():
    undone = []
    with pytest.raises(SystemExit):
        within(cancel, cancel, lambda: undone.append(True))
    assert undone


def test_within_another_the_outer_one_goes_on_keeping_watch():
    with pytest.raises(SystemExit):
        within(lambda: within(int), cancel)


def test_what_an_inner_one_raised_is_undone_undisturbed_in_the_outer_one():
    undone = []
    with pytest.raises(SystemExit):
        within(lambda: within(cancel), cancel, lambda: undone.append(True))
    assert undone


def test_in_another_thread_nothing_is_changed():
    before, found = signal.getsignal(signal.SIGTERM), []

    def work():
        with terminable():
            found.append(signal.getsignal(signal.SIGTERM))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert found == [before]


def test_what_is_committed_is_finished_whoever_cancels_it():
    done = []
    with terminable(), uninterrupted():
        cancel()
        done.append(True)
    assert done
