"""What a switch does to an environment's databases, while nobody may write to them."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Any

from flipside.errors import DeployError
from flipside.machine import epochs, restoring, seal, snapshot, users
from flipside.machine.generation import Generation
from flipside.machine.narrate import Story
from flipside.machine.release_steps import ReleaseSteps
from flipside.machine.wanted import Wanted


class DataChange:
    """Databases that are copied aside, then migrated, or replaced by an earlier copy of them.

    Args:
        wanted: What is to serve on them.
        story: Is told the steps.
        steps: The release's steps.
        new: The generation that is to serve; `before` bears its number.
        migrate: Whether the steps of ``steps: deploy`` are due. On an earlier copy they are asked
            once it is in place: it may lack what the live databases have.
        back: An earlier copy that takes their place, None for none.

    Attributes:
        before: Where the databases are copied to first.
        back: As given.

    Raises:
        DeployError: If the earlier copy is not whole, or lies where `before` is to be.
    """

    def __init__(  # noqa: PLR0913 - what changes, and what for
        self,
        wanted: Wanted,
        story: Story,
        steps: ReleaseSteps,
        new: Generation,
        *,
        migrate: bool,
        back: Path | None,
    ) -> None:
        self._wanted, self._story, self._steps, self._new = wanted, story, steps, new
        self._names = (wanted.layout, wanted.app, wanted.env)
        self._migrate, self.back = migrate, back
        self.before = wanted.layout.snapshots(wanted.app, wanted.env) / str(new.number)
        self._changed = False
        self._replacing = self._databases_of(back) if back else None
        self._due = steps.due(new) if migrate and not back else []

    @property
    def is_due(self) -> bool:
        """Return whether there is anything to do."""
        return bool(self._due or self.back)

    def make(self) -> None:
        """Copy the databases aside, and change them.

        Raises:
            DeployError: If that fails; whoever called puts `before` back, if it is there. It is not
                where they are as they were: putting it back takes room, and there may be none.
        """
        data = self._wanted.layout.data(*self._names[1:])
        with self._story.step("Copy the databases"), users.acting_as(self._wanted.user):
            snapshot.take(data, self.before, self._replacing)
        state = None
        try:
            state = snapshot.state(data)
            self._change(data)
        except BaseException:
            with suppress(OSError):
                if state is None or snapshot.state(data) == state:
                    seal.remove(self.before)
            raise
        self._changed = bool(self.back) or snapshot.state(data) != state

    def _change(self, data: Path) -> None:
        for step in self._put_back(data, self.back) if self.back else self._due:
            self._steps.run(step, self._new)

    def epochs(self, old: str | None) -> epochs.Epochs:
        """Return the environment's epochs once this is committed.

        Which other releases could serve on a copy that somebody chose, nobody knows.

        Args:
            old: The release that served before.
        """
        known, new = epochs.read(*self._names), self._wanted.release
        if not self._changed:
            return epochs.joined(known, old, new)
        again = None if self._migrate else self.back
        return epochs.begun(known, self.before.name, old, new, again)

    def _put_back(self, data: Path, back: Path) -> list[dict[str, Any]]:
        """Put the earlier copy in place; return the steps that are due on it."""
        with self._story.step("Put back earlier databases"), users.acting_as(self._wanted.user):
            restoring.restore(data, back)
        return self._steps.due(self._new) if self._migrate else []

    def _databases_of(self, back: Path) -> dict[str, bool]:
        with users.acting_as(self._wanted.user):
            found = snapshot.databases(back)
        # Undoing would take it for the databases as they were.
        if self.before.exists() and self.before.samefile(back):
            what = "the live databases are to be set aside where these lie"
            raise DeployError(what, str(back), "move these to another folder")
        return found
