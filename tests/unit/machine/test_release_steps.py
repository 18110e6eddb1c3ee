"""The steps of a release, as a switch runs them."""

from __future__ import annotations

from typing import Any

import pytest

from flipside.errors import DeployError
from flipside.machine import generation as generations
from flipside.machine import seal
from flipside.machine.release_steps import ReleaseSteps


def step(run: str, unless: str | None = None) -> dict[str, Any]:
    return {"run": run, "unless": unless, "timeout": 30}


def steps_of(stage: Any, **steps: list[dict[str, Any]]) -> tuple[ReleaseSteps, Any]:
    want = stage.want("1", steps={"install": [], "deploy": []} | steps)
    return ReleaseSteps(want, stage.story, stage.lock()), generations.make(want)


def test_install_steps_run_once_and_the_release_is_sealed_after_them(stage: Any) -> None:
    turn, new = steps_of(stage, install=[step("echo made >> made")])
    turn.finish(new)
    turn.finish(new)
    assert turn.ran == ["echo made >> made"]
    assert (turn.wanted.cwd / "made").read_text() == "made\n"
    assert seal.is_sealed(turn.wanted.release_dir)


def test_install_step_that_fails_leaves_it_unsealed(stage: Any) -> None:
    turn, new = steps_of(stage, install=[step("true"), step("false")])
    with pytest.raises(DeployError, match="`false` exited with status 1"):
        turn.finish(new)
    assert turn.ran == ["true"]
    assert not seal.is_sealed(turn.wanted.release_dir)


def test_due_is_what_nothing_spares(stage: Any) -> None:
    always, spared, needed = step("one"), step("two", "true"), step("three", "false")
    turn, new = steps_of(stage, deploy=[always, spared, needed])
    assert turn.due(new) == [always, needed]
    turn, new = steps_of(stage)
    assert turn.due(new) == []


def test_output_is_kept_for_who_looks_later(stage: Any) -> None:
    turn, new = steps_of(stage)
    turn.run(step("echo said"), new)
    log = stage.layout.log_dir("blog", "production") / "steps.log"
    assert "said\n" in log.read_text()
