"""Switch an environment to another generation, and lose nothing on the way.

Without a migration: start the new generation, check it through its own socket, rename
``current.sock``, let the old one finish. With one: let requests wait in a queue, stop the old
generation, copy the databases, migrate, start and check the new one, and let the requests go to it;
or put the databases back, and let them go to the old one.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from flipside.machine import epochs, health, journal, recovery, seal, snapshot, trial, users
from flipside.machine import generation as generations
from flipside.machine.generation import Generation
from flipside.machine.hold import Hold
from flipside.machine.layout import Layout
from flipside.machine.narrate import Story
from flipside.machine.release_steps import ReleaseSteps
from flipside.machine.services import Services
from flipside.machine.terminable import uninterrupted
from flipside.machine.wanted import Wanted

# Seconds that the old generation gets to take what is queued for it; a hung app gets no more.
DRAIN = 10.0
# Seconds that the queue of held requests must stay empty before it counts as empty.
QUIET = 0.05


class Switch:
    """One switch of one environment; the caller holds the environment's lock.

    Args:
        wanted: What is to serve.
        services: Starts and stops generations.
        story: Is told the steps.
        lock: The deploy lock's file descriptor, which steps inherit.
    """

    def __init__(self, wanted: Wanted, services: Services, story: Story, lock: int) -> None:
        self.wanted = wanted
        self.services = services
        self.story = story
        self.steps = ReleaseSteps(wanted, story, lock)
        self.layout, self.app, self.env = wanted.layout, wanted.app, wanted.env
        self.old = generations.current(self.layout, self.app, self.env)

    @property
    def _names(self) -> tuple[Layout, str, str]:
        return self.layout, self.app, self.env

    @property
    def _public(self) -> Path:
        return self.layout.current_socket(self.app, self.env)

    def go(self, *, migrate: bool, restore: bool = False, fresh: bool = False) -> Generation:
        """Make a generation of what is wanted serve: one that served before, else a new one.

        Args:
            migrate: Whether the steps of ``steps: deploy`` are due.
            restore: Whether the databases go back to what they were when the release served.
            fresh: Whether it has to be a new one.

        Raises:
            DeployError: If it cannot serve; whatever served before still does.
        """
        again = None if fresh else generations.again(self.wanted)
        # One that still finishes its requests could not start before it has ended.
        if again and self.services.finishing(again):
            again = None
        new = again or generations.make(self.wanted)
        try:
            recovery.use_files(new)
            self.steps.finish(new)
            due = self.steps.due(new) if migrate else []
            back = epochs.before(*self._names, self.wanted.release) if restore else None
            self._held(new, due, back) if due or back else self._plain(new)
        except BaseException:
            self._discard(new)
            raise
        return new

    def _plain(self, new: Generation) -> None:
        trial.start(self.wanted, self.services, self.story, new)
        with self.story.step("Switch"):
            # Written first: a full disk is to be found out while nothing has switched.
            old = self.old.release if self.old else None
            epochs.write(*self._names, epochs.joined(epochs.read(*self._names), old, new.release))
            self._commit(new)
        self._retire()

    def _held(self, new: Generation, due: list[dict[str, Any]], back: Path | None) -> None:
        before = self.layout.snapshots(self.app, self.env) / str(new.number)
        previous = self.old.number if self.old else None
        entry: journal.Entry = {
            "previous": previous,
            "generation": new.number,
            "snapshot": str(before),
        }
        # The number of a generation that did not go live is given again, and its copy is an old one.
        seal.remove(before)
        with Hold(self.layout.run_dir(self.app, self.env) / "hold.sock") as hold:
            journal.write(self.layout, self.app, self.env, entry)
            try:
                if self.old:
                    with self.story.step("Hold requests, and stop the release that serves"):
                        generations.point(self._public, hold.path.name)
                        self._drain(self.old)
                        self.services.stop(self.old)
                changed = self._change_data(new, due, before, back)
                trial.start(self.wanted, self.services, self.story, new)
                entry["epochs"] = self._epochs(new, before, back, changed=changed)
                journal.write(self.layout, self.app, self.env, entry)
                self._commit(new)
            except BaseException:
                with uninterrupted():
                    self._give_back(new, entry, hold)
                raise
            # Who waits would be cut off by whoever cancels what is done already.
            with uninterrupted():
                epochs.settle(*self._names, entry)
                if self.old:
                    self.services.listen(self.old)
                with self.story.step("Let held requests go"):
                    hold.release_to(new.socket, QUIET)

    def _give_back(self, new: Generation, entry: journal.Entry, hold: Hold) -> None:
        """Undo, and let who waits go to what served before; what is committed stays."""
        if self._serves(new):
            hold.release_to(new.socket, QUIET)
            return
        self._undo(entry)
        if self.old:
            hold.release_to(self.old.socket, QUIET)

    def _change_data(
        self, new: Generation, due: list[dict[str, Any]], before: Path, back: Path | None
    ) -> bool:
        """Migrate the databases, or put back those of an earlier epoch; return whether they changed."""
        data = self.layout.data(self.app, self.env)
        with self.story.step("Copy the databases"), users.acting_as(self.wanted.user):
            snapshot.take(data, before)
        if back:
            with self.story.step("Put back the databases of before the migration"):
                self.story.detail(f"what was written since is kept in {before}")
                with users.acting_as(self.wanted.user):
                    snapshot.restore(data, back)
            return True
        state = snapshot.state(data)
        for step in due:
            self.steps.run(step, new)
        return snapshot.state(data) != state

    def _epochs(
        self, new: Generation, before: Path, back: Path | None, *, changed: bool
    ) -> epochs.Epochs:
        old, known = self.old.release if self.old else None, epochs.read(*self._names)
        if changed:
            return epochs.begun(known, before.name, old, new.release, back)
        return epochs.joined(known, old, new.release)

    def _commit(self, new: Generation) -> None:
        """Traffic first, then the record of it: ``current`` is the commit point."""
        new.note_served()
        generations.point(self._public, new.socket.name)
        current = self.layout.current(self.app, self.env)
        if self.old and self.old.release != new.release:
            generations.point(current.with_name("previous"), f"releases/{self.old.release}")
        generations.point(current, f"generations/{new.number}")

    def _retire(self) -> None:
        if self.old:
            with self.story.step("Let the old release finish"):
                self._drain(self.old)
                self.services.retire(self.old, wait=False)

    def _drain(self, old: Generation) -> None:
        """Wait until what is queued for a generation is taken; one that sleeps has no queue."""
        if self.services.alive(old):
            spec = old.spec
            health.drain(old.socket, spec["host"], spec["health"]["path"], DRAIN)

    def _undo(self, entry: journal.Entry) -> None:
        with self.story.step("Put everything back"):
            recovery.undo(self.layout, self.app, self.env, entry, self.services)

    def _serves(self, new: Generation) -> bool:
        """Return whether the switch is committed, so that nothing of it may be undone."""
        now = generations.current(self.layout, self.app, self.env)
        return now is not None and now.number == new.number

    def _discard(self, new: Generation) -> None:
        """Forget a generation that did not go live."""
        now = generations.current(self.layout, self.app, self.env)
        if now and now.number == new.number:
            return
        if self.old:
            recovery.use_files(self.old)
            if self.services.running(self.old):
                generations.point(self._public, self.old.socket.name)
        else:
            self._public.unlink(missing_ok=True)
        if new.served:
            self.services.retire(new)
        else:
            self.services.stop(new, mercy=False)
            seal.remove(new.path)
