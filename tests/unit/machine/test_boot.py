"""After a boot each environment listens again; one that cannot holds up no other."""

from __future__ import annotations

import shutil
from typing import Any

import pytest

from flipside.errors import DeployError
from flipside.machine import boot, journal
from flipside.machine import generation as generations

NAMES = ("blog", "production")


@pytest.fixture
def heard(stage: Any, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The generations that were told to listen."""
    found: list[int] = []
    monkeypatch.setattr(stage.fleet, "listen", lambda one: found.append(one.number))
    return found


def test_the_live_one_and_those_that_served_listen(stage: Any, heard: list[int]) -> None:
    stage.switch(stage.want("1"))
    stage.switch(stage.want("2"))
    generations.make(stage.want("3"))
    boot.restore(stage.layout, *NAMES, stage.fleet)
    assert heard == [2, 1]


def test_what_was_stopped_stays_stopped(stage: Any, heard: list[int]) -> None:
    stage.switch(stage.want("1"))
    boot.Records(stage.layout).set_stopped(*NAMES, stopped=True)
    boot.restore(stage.layout, *NAMES, stage.fleet)
    assert heard == []


def test_a_switch_that_was_cut_is_undone(stage: Any, heard: list[int]) -> None:
    stage.switch(stage.want("1"))
    new = generations.make(stage.want("2"))
    entry = {"previous": 1, "generation": new.number, "snapshot": str(stage.layout.root / "none")}
    journal.write(stage.layout, *NAMES, entry)
    boot.restore(stage.layout, *NAMES, stage.fleet)
    assert journal.read(stage.layout, *NAMES) is None
    assert stage.answer == stage.want("1").release


def test_one_that_cannot_be_brought_back_is_told(
    stage: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(stage.layout.app_dir(*NAMES), stage.layout.app_dir("shop", "production"))
    seen: list[str] = []

    def restore(layout: Any, app: str, env: str, services: Any) -> None:
        seen.append(app)
        if app == "blog":
            raise DeployError("no")

    monkeypatch.setattr(boot, "restore", restore)
    assert boot.main([str(stage.layout.root)]) == 1
    assert seen == ["blog", "shop"]
    assert "blog in production: no" in capsys.readouterr().err
