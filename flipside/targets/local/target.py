"""The local target: a whole platform as an ordinary user, beneath one folder of this machine."""

from __future__ import annotations

import shutil
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from flipside.errors import MachineError
from flipside.secrets import exchange
from flipside.targets import packages, ports
from flipside.targets.kept import KEPT, place
from flipside.targets.local import checks, salt_venv, supervisor
from flipside.targets.local.files import LocalFiles, runtime
from flipside.targets.machines.here import Here

if TYPE_CHECKING:
    from flipside.config import LoadedPlatform
    from flipside.targets.base import Narrator

STATE = ".flipside"
BOOTSTRAP = "flipside platform.bootstrap --target=local"


class Local:
    """A platform on this very machine, without root, an init, a container or a VM."""

    def __init__(self, platform: LoadedPlatform) -> None:
        self._platform = platform
        self.root = platform.folder.resolve() / STATE
        self.run = Path(platform.config.runtime or runtime(self.root))
        self._files = LocalFiles(self.root, self.run)

    def machine(self, *, up: bool = True) -> Here:
        """Return this machine.

        Raises:
            MachineError: If the platform was never made, or must be ``up`` and is not.
        """
        where = str(self._platform.path)
        if not (self.root / "etc/layout.json").exists():
            raise MachineError("this platform was never made", where, BOOTSTRAP)
        if up and supervisor.pid(self.run) is None:
            raise MachineError("this platform is not running", where, BOOTSTRAP)
        return self._here()

    def _here(self) -> Here:
        return Here(PurePosixPath(self.root), supervisor.environment(self.root))

    def checks(self) -> list[dict[str, Any]]:
        """Return what can be checked of a platform that does not run."""
        return checks.checks(self.root, self.run)

    def bootstrap(self, narrator: Narrator) -> None:
        """Make the platform, or finish making it."""
        self._files.refuse_bad_paths()
        missing = packages.missing()
        if missing:
            with narrator.step("Debian packages"):
                packages.install(missing, narrator.detail)
        with narrator.step("Folders"):
            self._files.make_folders()
        running = supervisor.pid(self.run) is not None
        if not running:
            # They hold the ports that this platform remembers as its own.
            supervisor.end_orphans(self.root)
        fixed = self._platform.config.http_port
        with ports.reserved(self.root / "etc/ports.json", fixed, in_use=running) as numbers:
            with narrator.step("Salt"):
                self._note(salt_venv.install(self.root / "venv"))
            with narrator.step("States and code"):
                self._note(self._files.sync(self._here(), self._platform.folder / "pillar"))
            with narrator.step("Configuration"):
                self._note(self._files.configure(self._platform.config, numbers))
            with narrator.step("Secrets"):
                exchange.bring(self._here(), self._platform, narrator.detail)
            with narrator.step("Master and minion"):
                self._start()
            self._first_highstate(narrator)

    @property
    def _news(self) -> Path:
        """Return the mark that Salt has yet to take in something new; it survives a cut."""
        return self.root / "var/news"

    def _note(self, changed: bool) -> None:  # noqa: FBT001 - there is nothing else to say
        if changed:
            self._news.touch()

    def _start(self) -> None:
        here = self._here()
        here.call("keys")
        news = self._news.exists()
        if supervisor.pid(self.run) is None:
            supervisor.start(self.root, self.run)
        elif news:
            # Apps and their nginx go on serving; only Salt takes in what is new.
            here.call("restart_salt")
        here.call("wait_for_minion", sync=news)
        self._news.unlink(missing_ok=True)

    def _first_highstate(self, narrator: Narrator) -> None:
        from flipside.salt.highstate import apply

        apply(self.machine(), narrator)

    def halt(self, narrator: Narrator) -> None:
        """Stop all processes of the platform."""
        self.machine(up=False)
        with narrator.step("Stop the processes"):
            supervisor.stop(self.root, self.run)

    def destroy(self, narrator: Narrator, *, keep_data: bool) -> PurePosixPath | None:
        """Stop everything and remove it; the apps' data stays if ``keep_data``."""
        with narrator.step("Stop the processes"):
            supervisor.stop(self.root, self.run)
        with narrator.step("Remove the files"):
            shutil.rmtree(self.run, ignore_errors=True)
            kept = self._put_data_by() if keep_data else None
            if self.root.exists():
                _delete(self.root)
        return PurePosixPath(kept) if kept else None

    def _put_data_by(self) -> Path | None:
        kept = None
        for folder in sorted(self.root.glob("apps/*/*/data")):
            if any(folder.iterdir()):
                kept = self.root.with_name(KEPT)
                folder.rename(place(self.root.parent, *folder.parts[-3:-1]))
        if kept and (self.root / "backup").is_dir():
            (self.root / "backup").rename(place(self.root.parent, "backup.repository", "all"))
        return kept


def _delete(folder: Path) -> None:
    """Delete a folder with the sealed releases in it."""
    for path in folder.rglob("*"):
        if path.is_dir() and not path.is_symlink():
            path.chmod(0o700)
    shutil.rmtree(folder)
