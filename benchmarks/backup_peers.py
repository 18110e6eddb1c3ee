"""The peers: Litestream with a replica in a folder; restic and borg, which keep a consistent copy.

All encrypt, as Flipside does: Litestream to an age key, restic and borg with a password. All compress:
Litestream with LZ4, as it always does; restic as it comes; borg with zstd, as its own LZ4 makes more bytes.
"""

from __future__ import annotations

import json
from abc import abstractmethod
from collections.abc import Sequence
from pathlib import Path

from backup_data import copy
from backup_fetch import installed, litestream
from backup_tools import Agent, Tool

from flipside.secrets import identity


class Litestream(Agent):
    """Litestream 0.3, which is always an agent; `age` is whether it encrypts."""

    name = "Litestream"
    age = True

    def first(self) -> None:
        """Write its configuration, start it, and wait for its snapshot."""
        private = identity.generate()
        keys = {"identities": [private], "recipients": [identity.public(private)]}
        replica = {"type": "file"} | ({"age": keys} if self.age else {})
        databases = [
            {
                "path": str(path),
                "replicas": [replica | {"path": str(self.repository / str(number))}],
            }
            for number, path in enumerate(self.paths)
        ]
        # JSON is YAML, too.
        self._config.write_text(json.dumps({"dbs": databases}))
        self.start()
        self.again()

    @property
    def _config(self) -> Path:
        return self.folder / "litestream.yml"

    def command(self) -> Sequence[str]:
        """The agent's command line."""
        return [str(litestream()), "replicate", "-config", str(self._config)]

    def restore(self, into: Path) -> Path:
        """Bring back the last moment."""
        made = into / "restored.db"
        config = ("-config", str(self._config))
        self.run(str(litestream()), "restore", *config, "-o", str(made), str(self.paths[0]))
        return made


class Copying(Tool):
    """A tool that keeps files."""

    @abstractmethod
    def keep(self) -> None:
        """Keep the copy."""

    def again(self) -> None:
        """Copy the database as it is, and keep the copy."""
        copy(self.paths[0], self.folder / "copy.db")
        self.keep()


class Restic(Copying):
    """restic, its cache in a folder of its own."""

    name = "restic"

    def first(self) -> None:
        """Make the repository, and the first snapshot."""
        self.env |= {
            "RESTIC_REPOSITORY": str(self.repository),
            "RESTIC_PASSWORD": "a password",
            "RESTIC_CACHE_DIR": str(self.folder / "cache"),
        }
        self.run(installed("restic"), "init")
        self.again()

    def keep(self) -> None:
        """Make a snapshot."""
        self.run("restic", "backup", "--quiet", "copy.db", cwd=self.folder)

    def restore(self, into: Path) -> Path:
        """Bring back the last snapshot."""
        self.run("restic", "restore", "--quiet", "latest", "--target", str(into))
        return into / "copy.db"


class Borg(Copying):
    """borg, its keys and cache in a folder of its own."""

    name = "borg"
    _count = 0

    def first(self) -> None:
        """Make the repository, and the first archive."""
        self.env |= {"BORG_PASSPHRASE": "a password", "BORG_BASE_DIR": str(self.folder)}
        self.env |= {"BORG_REPO": str(self.repository)}
        self.run(installed("borg"), "init", "--encryption", "repokey-blake2")
        self.again()

    def keep(self) -> None:
        """Make an archive."""
        self._count += 1
        archive = f"::{self._count}"
        self.run("borg", "create", "--compression", "zstd,3", archive, "copy.db", cwd=self.folder)

    def restore(self, into: Path) -> Path:
        """Bring back the last archive."""
        self.run("borg", "extract", f"::{self._count}", cwd=into)
        return into / "copy.db"
