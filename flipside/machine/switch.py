"""Switch an environment to another generation, and lose nothing on the way.

Without a migration: start the new generation, check it through its own socket, rename
``current.sock``, let the old one finish. With one: let requests wait in a queue, stop the old
generation, copy the databases, migrate, start and check the new one, and let the requests go to it;
or put the databases back, and let them go to the old one. Earlier databases are put in place of
the live ones in the same way.
"""

from __future__ import annotations

from pathlib import Path

from flipside.machine import epochs, health, journal, recovery, seal, trial
from flipside.machine import generation as generations
from flipside.machine.data_change import DataChange
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

    Attributes:
        old: The generation that was current before.
        kept: Where the databases are that others took the place of, None if none were replaced.
    """

    def __init__(self, wanted: Wanted, services: Services, story: Story, lock: int) -> None:
        self.wanted = wanted
        self.services = services
        self.story = story
        self.steps = ReleaseSteps(wanted, story, lock)
        self.layout, self.app, self.env = wanted.layout, wanted.app, wanted.env
        self.old = generations.current(self.layout, self.app, self.env)
        self.kept: Path | None = None

    @property
    def _names(self) -> tuple[Layout, str, str]:
        return self.layout, self.app, self.env

    @property
    def _old_release(self) -> str | None:
        return self.old.release if self.old else None

    @property
    def _public(self) -> Path:
        return self.layout.current_socket(self.app, self.env)

    def go(
        self, *, migrate: bool, back: Path | None = None, fresh: bool = False, serve: bool = True
    ) -> Generation:
        """Make a generation of what is wanted current: one that served before, else a new one.

        Args:
            migrate: Whether the steps of ``steps: deploy`` are due.
            back: A snapshot of databases that takes the place of those that are live, or None.
            fresh: Whether it has to be a new one.
            serve: Whether it is to serve; without, nothing serves, and ``back`` is put in place.

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
            change = DataChange(
                self.wanted, self.story, self.steps, new, migrate=migrate, back=back
            )
            self._bring(new, change, serve=serve)
        except BaseException:
            self._discard(new)
            raise
        self.kept = change.before if back else None
        return new

    def _bring(self, new: Generation, change: DataChange, *, serve: bool) -> None:
        if not serve:
            self._unserved(new, change)
        elif change.is_due:
            self._held(new, change)
        else:
            self._plain(new)

    def _plain(self, new: Generation) -> None:
        trial.start(self.wanted, self.services, self.story, new)
        with self.story.step("Switch"):
            # Written first: a full disk is to be found out while nothing has switched.
            known = epochs.read(*self._names)
            epochs.write(*self._names, epochs.joined(known, self._old_release, new.release))
            self._commit(new)
        self._retire()

    def _held(self, new: Generation, change: DataChange) -> None:
        entry = self._entry(new, change, self.old)
        with Hold(self.layout.run_dir(self.app, self.env) / "hold.sock") as hold:
            journal.write(*self._names, entry)
            try:
                if self.old:
                    with self.story.step("Hold requests, and stop the release that serves"):
                        generations.point(self._public, hold.path.name)
                        self._drain(self.old)
                        self.services.stop(self.old)
                change.make()
                trial.start(self.wanted, self.services, self.story, new)
                self._promise(entry, change)
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

    def _unserved(self, new: Generation, change: DataChange) -> None:
        """Change the databases of an app that is stopped; nobody waits, and nothing starts."""
        entry = self._entry(new, change, None)
        journal.write(*self._names, entry)
        try:
            change.make()
            self._promise(entry, change)
            self._commit(new, serve=False)
        except BaseException:
            with uninterrupted():
                if not self._is_current(new):
                    self._undo(entry)
            raise
        with uninterrupted():
            epochs.settle(*self._names, entry)

    @staticmethod
    def _entry(new: Generation, change: DataChange, old: Generation | None) -> journal.Entry:
        """Return what undoing takes: nothing of it is what is put back."""
        # The number of a generation that did not go live is given again, and its copy is an old one.
        seal.remove(change.before)
        previous = old.number if old else None
        return {"previous": previous, "generation": new.number, "snapshot": str(change.before)}

    def _promise(self, entry: journal.Entry, change: DataChange) -> None:
        """Write down what the epochs are once this is committed."""
        entry["epochs"] = change.epochs(self._old_release)
        journal.write(*self._names, entry)

    def _give_back(self, new: Generation, entry: journal.Entry, hold: Hold) -> None:
        """Undo, and let who waits go to what served before; what is committed stays."""
        if self._is_current(new):
            hold.release_to(new.socket, QUIET)
            return
        self._undo(entry)
        if self.old:
            hold.release_to(self.old.socket, QUIET)

    def _commit(self, new: Generation, *, serve: bool = True) -> None:
        """Traffic first, then the record of it: ``current`` is the commit point."""
        new.note_served()
        if serve:
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
            failure = recovery.undo(*self._names, entry, self.services)
            if failure:
                raise failure

    def _is_current(self, new: Generation) -> bool:
        """Return whether the switch is committed, so that nothing of it may be undone."""
        now = generations.current(self.layout, self.app, self.env)
        return now is not None and now.number == new.number

    def _discard(self, new: Generation) -> None:
        """Forget a generation that did not go live."""
        if self._is_current(new):
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
