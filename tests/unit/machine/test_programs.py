"""A generation's service: its program is there before it starts, and gone after it stops."""

from __future__ import annotations

import configparser
from collections.abc import Callable
from typing import Any

import pytest

from flipside.machine.generation import make
from flipside.machine.programs import Programs


class Salt:
    """Salt's `service` functions; each call is noted with the programs that were configured then."""

    def __init__(self, folder: Any) -> None:
        self.folder, self.calls = folder, []

    def __getitem__(self, name: str) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> bool:
            there = [path.name for path in self.folder.glob("*.conf")]
            self.calls.append((name.removeprefix("service."), *args, kwargs.get("wait"), there))
            return True

        return call


@pytest.fixture
def salt(stage: Any) -> Salt:
    return Salt(stage.layout.etc / "supervisor/apps")


NAME = "app.blog.production.1"


def test_start_configures_first_and_does_not_wait(stage: Any, salt: Salt) -> None:
    Programs(stage.layout, salt).start(make(stage.want("1")))
    assert salt.calls == [("start", NAME, False, [f"{NAME}.conf"])]
    parser = configparser.RawConfigParser()
    parser.read(salt.folder / f"{NAME}.conf")
    program = parser[f"program:{NAME}"]
    assert program["stopsignal"] == "HUP"
    assert program["command"].startswith(f"{stage.layout.root}/venv/bin/python ")
    assert int(program["stopwaitsecs"]) > 60


def test_stop_forgets_after_it_is_gone(stage: Any, salt: Salt) -> None:
    services, generation = Programs(stage.layout, salt), make(stage.want("1"))
    services.stop(generation)
    assert salt.calls == []
    services.start(generation)
    services.retire(generation, wait=False)
    assert salt.calls[1:] == [
        ("stop", NAME, False, [f"{NAME}.conf"]),
        ("refresh", None, []),
    ]
    assert services.running(generation) is True
