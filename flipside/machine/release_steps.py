"""The steps of a release, run for a generation of it: those that finish it, and those of each deploy."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from flipside.machine import seal, steps, users
from flipside.machine.generation import Generation
from flipside.machine.narrate import Story, unheard
from flipside.machine.wanted import Wanted


class ReleaseSteps:
    """The steps of one release in one environment.

    Args:
        wanted: The release and its config.
        story: Is told the steps.
        lock: The deploy lock's file descriptor, which steps inherit.

    Attributes:
        ran: The commands that were run, in order.
    """

    def __init__(self, wanted: Wanted, story: Story, lock: int) -> None:
        self.wanted, self.story, self.lock = wanted, story, lock
        self.ran: list[str] = []

    def finish(self, new: Generation) -> None:
        """Run the install steps of a release that has not had them, and seal it.

        Raises:
            DeployError: If a step fails.
        """
        if seal.is_sealed(self.wanted.release_dir):
            return
        user, folder = self.wanted.user, self.wanted.release_dir
        parts, install = (folder / "tree", folder / "venv"), self._configured("install")
        for part in parts if install else ():
            users.give(part, user)
        for step in install:
            self.run(step, new, writable=parts)
        with self.story.step("Seal the release"):
            users.take_back(folder, user)
            seal.seal(folder)

    def due(self, new: Generation) -> list[dict[str, Any]]:
        """Return the steps of a deploy that their `unless` does not spare."""
        candidates = self._configured("deploy")
        if not candidates:
            return []
        with self.story.step("See which deploy steps are due"):
            cwd, env, confined = self.wanted.cwd, new.variables, new.confined
            return [
                step for step in candidates if steps.needed(step, cwd, env, self._bin, confined)
            ]

    def run(
        self, step: dict[str, Any], new: Generation, *, writable: tuple[Path, ...] = ()
    ) -> None:
        """Run one step.

        Args:
            step: The step.
            new: The generation whose environment it has.
            writable: Folders of the release that it may write to.

        Raises:
            DeployError: If it fails.
        """
        with self.story.step(step["run"]):
            steps.run_step(
                step,
                self.wanted.cwd,
                new.variables,
                self._bin,
                unheard,
                self.wanted.layout.log_dir(new.app, new.env) / "steps.log",
                check=False,
                confined=new.confined and replace(new.confined, writable=writable),
                keep_open=(self.lock,),
            )
        self.ran.append(step["run"])

    def _configured(self, when: str) -> list[dict[str, Any]]:
        return self.wanted.config["steps"].get(when) or []

    @property
    def _bin(self) -> Path:
        return self.wanted.release_dir / "venv/bin"
