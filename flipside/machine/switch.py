"""Switch an environment to another generation, and lose nothing on the way.

Without a migration: start the new generation, check it through its own socket, rename
``current.sock``, let the old one finish. With one: let requests wait in a queue, stop the old
generation, copy the databases, migrate, start and check the new one, and let the requests go to it;
or put the databases back, and let them go to the old one.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from flipside.errors import DeployError
from flipside.machine import (
    diagnose,
    epochs,
    health,
    journal,
    linked,
    recovery,
    seal,
    snapshot,
    steps,
    users,
)
from flipside.machine import generation as generations
from flipside.machine.confined import Confined
from flipside.machine.generation import Generation
from flipside.machine.hold import Hold
from flipside.machine.layout import Layout
from flipside.machine.narrate import Story, unheard
from flipside.machine.services import Services
from flipside.machine.terminable import uninterrupted
from flipside.machine.traffic import size
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
        self.lock = lock
        self.layout, self.app, self.env = wanted.layout, wanted.app, wanted.env
        self.old = generations.current(self.layout, self.app, self.env)
        self.ran: list[str] = []

    @property
    def _names(self) -> tuple[Layout, str, str]:
        return self.layout, self.app, self.env

    @property
    def _public(self) -> Path:
        return self.layout.current_socket(self.app, self.env)

    @property
    def _log(self) -> Path:
        return self.layout.log_dir(self.app, self.env) / "app.log"

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
            self._finish_release(new)
            due = self._due(new) if migrate else []
            back = epochs.before(*self._names, self.wanted.release) if restore else None
            self._held(new, due, back) if due or back else self._plain(new)
        except BaseException:
            self._discard(new)
            raise
        return new

    def _finish_release(self, new: Generation) -> None:
        """Run the install steps of a release that has not had them, and seal it."""
        if seal.is_sealed(self.wanted.release_dir):
            return
        user, folder = self.wanted.user, self.wanted.release_dir
        install = self.wanted.config["steps"].get("install") or []
        parts = (folder / "tree", folder / "venv")
        for part in parts if install else ():
            users.give(part, user)
        for step in install:
            self._run(step, new.confined and replace(new.confined, writable=parts), new)
        with self.story.step("Seal the release"):
            users.take_back(folder, user)
            seal.seal(folder)

    def _due(self, new: Generation) -> list[dict[str, Any]]:
        candidates = self.wanted.config["steps"].get("deploy") or []
        if not candidates:
            return []
        bin_dir = self.wanted.release_dir / "venv/bin"
        with self.story.step("See which deploy steps are due"):
            cwd, env, confined = self.wanted.cwd, new.variables, new.confined
            return [step for step in candidates if steps.needed(step, cwd, env, bin_dir, confined)]

    def _run(self, step: dict[str, Any], confined: Confined | None, new: Generation) -> None:
        with self.story.step(step["run"]):
            steps.run_step(
                step,
                self.wanted.cwd,
                new.variables,
                self.wanted.release_dir / "venv/bin",
                unheard,
                self.layout.log_dir(self.app, self.env) / "steps.log",
                check=False,
                confined=confined,
                keep_open=(self.lock,),
            )
        self.ran.append(step["run"])

    def _plain(self, new: Generation) -> None:
        self._start(new)
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
                self._start(new)
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
            self._run(step, new.confined, new)
        return snapshot.state(data) != state

    def _epochs(
        self, new: Generation, before: Path, back: Path | None, *, changed: bool
    ) -> epochs.Epochs:
        old, known = self.old.release if self.old else None, epochs.read(*self._names)
        if changed:
            return epochs.begun(known, before.name, old, new.release, back)
        return epochs.joined(known, old, new.release)

    def _start(self, new: Generation) -> None:
        probe = self.wanted.config["health"]
        host = self.wanted.domains[0]
        offset = size(self._log)
        with self.story.step(f"Start generation {new.number} and check {probe['path']}"):
            recovery.make_run_dir(*self._names)
            self.services.start(new)
            try:
                health.wait_healthy(new.socket, probe, host, lambda: self._lives(new, offset))
                self._refuse_written()
            except DeployError as error:
                raise self._explained(error, new, offset) from None
            self._warn_of_links()

    def _lives(self, new: Generation, offset: int) -> bool:
        return self.services.alive(new) and diagnose.respawns(self._log, offset) < 2

    def _refuse_written(self) -> None:
        """An app that writes into its own tree would lose that at its next release."""
        written = seal.written(self.wanted.release_dir)
        if written:
            shown = ", ".join(path.removeprefix("tree/") for path in written[:5])
            raise DeployError(f"the app wrote to its own tree: {shown}: add that to `data:`")

    def _warn_of_links(self) -> None:
        releases = self.layout.releases(self.app, self.env)
        for path in linked.dangling_one_day(self.layout.data(self.app, self.env), releases):
            advice = "make it anew in `steps: deploy:`, or serve it by `static: site-packages:`"
            self.story.detail(f"{path} in the data is a link into a release, which goes: {advice}")

    def _explained(self, error: DeployError, new: Generation, offset: int) -> DeployError:
        reason = diagnose.explain(
            self.wanted.release_dir,
            new.variables,
            self.wanted.cwd,
            self.wanted.config["wsgi"]["callable"],
            [str(folder) for folder in self.wanted.pythonpath],
            self.wanted.config["health"],
            self.wanted.domains[0],
            self._log,
            offset,
            self._lead(new),
        )
        return DeployError(f"{error.what}\n{reason}", str(self._log), "flipside app.logs")

    def _lead(self, new: Generation) -> list[str]:
        if new.confined is None:
            return []
        limit = f"--property=RuntimeMaxSec={diagnose.SECONDS}"
        return new.confined.entering(new.path, "--pipe", limit)

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
