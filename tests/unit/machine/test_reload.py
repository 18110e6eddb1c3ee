"""The hot restart, of a real uwsgi."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest

from flipside.errors import MachineError
from flipside.machine import generation as generations
from flipside.machine.reload import chain, workers

APP = """
import os
def app(environ, start):
    start("200 OK", [])
    return [str(os.getpid()).encode()]
"""
NAMES = ("blog", "production")


@pytest.fixture
def running(stage: Any, short: Any, uwsgi: Callable[..., Any]) -> Any:
    """Generation 1 is current, and its uwsgi runs with two workers."""
    made = generations.make(stage.want("1"))
    generations.point(stage.layout.current(*NAMES), "generations/1")
    stats, fifo = made.socket.with_suffix(".stats"), made.socket.with_suffix(".fifo")
    options = ["--processes=2", f"--stats={stats}", f"--master-fifo={fifo}"]
    uwsgi(APP, "app", *options)
    # It may still be starting: a reload that uwsgi gets then is forgotten.
    while not stats.exists() or len(workers(stats)) < 2:
        time.sleep(0.02)
    return stage


def pids(stage: Any) -> set[int]:
    stats = stage.layout.socket(*NAMES, 1).with_suffix(".stats")
    return {worker["pid"] for worker in workers(stats)}


def test_every_worker_is_replaced(running: Any) -> None:
    before = pids(running)
    chain(running.layout, *NAMES)
    after = pids(running)
    assert after
    assert not before & after


def test_app_that_does_not_run_says_how_to_start_it(stage: Any) -> None:
    with pytest.raises(MachineError, match="not live") as caught:
        chain(stage.layout, *NAMES)
    assert caught.value.next == "flipside app.deploy blog"
    generations.make(stage.want("1"))
    generations.point(stage.layout.current(*NAMES), "generations/1")
    with pytest.raises(MachineError, match="does not run") as caught:
        chain(stage.layout, *NAMES)
    assert caught.value.next == "flipside app.start blog"


def test_workers_that_never_come_up_are_not_waited_for_long(running: Any) -> None:
    with pytest.raises(MachineError, match="not replaced in time"):
        chain(running.layout, *NAMES, timeout=0.0)
