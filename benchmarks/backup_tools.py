"""Tools that keep a database, under one interface: what is asked of each."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path

QUIET = 4.0
"""Seconds without a new byte after which an agent is taken to have caught up; a restore then shows."""


class Tool(ABC):
    """A tool, and the databases that it keeps in a repository of its own.

    Args:
        folder: For the repository and all that belongs to it; it is made.
        paths: The databases; all but agents keep the first alone.
    """

    name: str
    checks = False
    """Whether its restore does the quick_check."""

    def __init__(self, folder: Path, *paths: Path) -> None:
        folder.mkdir(parents=True)
        self.folder, self.paths, self.repository = folder, paths, folder / "repository"
        self.env = os.environ | {"HOME": str(folder)}

    @abstractmethod
    def first(self) -> None:
        """Make the repository, and keep the databases for the first time."""

    @abstractmethod
    def again(self) -> None:
        """See that what was committed by now is kept."""

    @abstractmethod
    def restore(self, into: Path) -> Path:
        """Bring the first database back into an empty folder; return the file."""

    def close(self) -> None:  # noqa: B027 - only agents have something to end
        """End what runs."""

    @property
    def size(self) -> int:
        """Bytes of all files in the repository."""
        return weigh(self.repository)

    @property
    def local(self) -> int:
        """Bytes on the app's own disk: of all that is beside the first database, but the repository."""
        path = self.paths[0]
        own = sum(each.stat().st_size for each in path.parent.glob(f"{path.name}*"))
        return weigh(path.parent) - self.size - own

    def run(self, *argv: str, cwd: Path | None = None) -> None:
        """Run a command to its end; it must succeed."""
        done = subprocess.run(
            argv, env=self.env, cwd=cwd, capture_output=True, text=True, check=False
        )
        if done.returncode:
            sys.exit(f"{' '.join(argv)} failed:\n{done.stdout}{done.stderr}")


class Agent(Tool):
    """A tool that is a process, which watches the databases."""

    quiet = QUIET
    _process: subprocess.Popen[bytes] | None = None

    @abstractmethod
    def command(self) -> Sequence[str]:
        """The agent's command line."""

    def start(self) -> None:
        """Start the agent."""
        with (self.folder / "log").open("ab") as log:
            argv = self.command()
            self._process = subprocess.Popen(argv, env=self.env, stdout=log, stderr=log)

    def stop(self) -> None:
        """Ask it to end, as systemd does, and wait."""
        process, self._process = self._process, None
        if process:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(60)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def again(self) -> None:
        """Wait until nothing more comes."""
        size, since = -1, time.monotonic()
        while time.monotonic() - since < self.quiet:
            if self.size != size:
                size, since = self.size, time.monotonic()
            time.sleep(0.1)
        if self.process.poll() is not None:
            sys.exit(f"{self.name} ended:\n{(self.folder / 'log').read_text()[-2000:]}")

    @property
    def process(self) -> subprocess.Popen[bytes]:
        """The agent, which must have been started."""
        assert self._process  # noqa: S101 - a mistake in a benchmark
        return self._process

    def close(self) -> None:
        """Stop it."""
        self.stop()


def weigh(folder: Path) -> int:
    """Bytes of all files in a folder; of those that vanish meanwhile, none."""
    total = 0
    for path in folder.rglob("*"):
        try:
            total += path.lstat().st_size if path.is_file() else 0
        except FileNotFoundError:
            continue
    return total
