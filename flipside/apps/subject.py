"""What a task is about: an app, one of its environments, and the platform that it runs on."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from flipside.salt.client import call
from flipside.targets import target_of

if TYPE_CHECKING:
    from flipside.config import LoadedApp, LoadedPlatform
    from flipside.salt.client import Event
    from flipside.targets.base import Machine


@dataclass(frozen=True)
class Subject:
    """An app in one environment on a platform.

    Args:
        app: The app's name.
        env: The environment's name.
        platform: Where it runs.
        loaded: Its `.flipside-app`, when the task runs in the app's folder.
    """

    app: str
    env: str
    platform: LoadedPlatform
    loaded: LoadedApp | None = None

    def __str__(self) -> str:
        return f"{self.app} {self.env}"

    @cached_property
    def machine(self) -> Machine:
        """The platform's machine. Raises MachineError if it is not up."""
        return target_of(self.platform).machine()

    def call(self, verb: str, on_event: Event | None = None, **arguments: Any) -> Any:
        """Call a verb of the machine about this app and environment."""
        return call(self.machine, verb, on_event, app=self.app, env=self.env, **arguments)

    def command(self, task: str, *words: str) -> str:
        """Return what to type to run another task on the same subject."""
        name = [] if self.loaded else [self.app]
        env = [] if self.env == "production" else ["-e", self.env]
        return " ".join(["flipside", task, *name, *words, *env])
