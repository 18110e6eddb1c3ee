"""What the agent remembers of a folder's files: where it has come, and how files looked when read.

files.json   the epoch, who can read it, its last manifest
keys.json    the keys of its epochs, as `flipside.backup.keys` has them
index        how each file looked when it was read, and what was read; without it all are read
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from flipside.backup import packing
from flipside.backup.errors import DamagedError
from flipside.backup.keys import remember, remembered
from flipside.backup.media.entry import Entry
from flipside.backup.media.take import Taken
from flipside.backup.names import Epoch
from flipside.backup.sealing import EpochKey
from flipside.machine.files import read_json, write_atomic, write_json


@dataclass(frozen=True)
class Tip:
    """Where the writer has come.

    Attributes:
        epoch: The epoch.
        key: Its key.
        recipients: Who can open it.
        begun: The number of the last manifest that it began to put: none is put twice.
        put: The number of the last one that it knows to be there, 0 for none.
        digest: The SHA-256 of that one's object.
        at: When the folder was as that one has it, seconds since 1970.
    """

    epoch: Epoch
    key: EpochKey
    recipients: tuple[str, ...]
    begun: int = 0
    put: int = 0
    digest: bytes = b""
    at: float = 0.0


class State:
    """The state of one folder's files.

    Args:
        folder: A folder of its own. It has paths in plain text, so it is for its user alone.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._tip, self._index = folder / "files.json", folder / "index"
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)

    def tip(self) -> Tip | None:
        """Return where the writer has come, None if that is not known, or cannot be read any more."""
        try:
            found = read_json(self._tip)
            return self._read(found) if found else None
        except (ValueError, KeyError, TypeError):
            return None

    def _read(self, found: dict[str, Any]) -> Tip | None:
        epoch, recipients = Epoch(**found["epoch"]), tuple(found["recipients"])
        key = self.keys().get(epoch.label)
        if key is None:
            return None
        digest = bytes.fromhex(found["digest"])
        return Tip(epoch, key, recipients, found["begun"], found["put"], digest, found["at"])

    def keep(self, tip: Tip) -> None:
        """Remember where the writer has come."""
        found = {
            "epoch": asdict(tip.epoch),
            "recipients": tip.recipients,
            "begun": tip.begun,
            "put": tip.put,
            "digest": tip.digest.hex(),
            "at": tip.at,
        }
        write_json(self._tip, found, 0o600)

    def stamp(self) -> tuple[int, int] | None:
        """Return what changes whenever `keep` is called, by whatever process; None before."""
        try:
            status = self._tip.stat()
        except FileNotFoundError:
            return None
        return status.st_ino, status.st_mtime_ns

    def keys(self) -> dict[str, EpochKey]:
        """Return the keys of epochs by their labels."""
        return remembered(self.folder)[1]

    def keep_keys(self, name: str, keys: Mapping[str, EpochKey]) -> None:
        """Remember the folder's name, and the keys of its epochs."""
        remember(self.folder, name, keys)

    def index(self, epoch: Epoch) -> dict[str, Taken]:
        """Return what was read of files in an epoch, by path; nothing if that is not known."""
        try:
            found = json.loads(
                packing.unpacked(self._index.read_bytes(), str(self._index), sys.maxsize)
            )
            return dict(map(_taken, found["files"])) if found["epoch"] == epoch.label else {}
        except (FileNotFoundError, ValueError, KeyError, TypeError, DamagedError):
            return {}

    def keep_index(self, epoch: Epoch, index: Mapping[str, Taken]) -> None:
        """Remember what was read of files."""
        files = [[*taken.entry[:6], taken.signature] for taken in index.values() if taken.signature]
        content = json.dumps({"epoch": epoch.label, "files": files}).encode()
        write_atomic(self._index, packing.packed(content), 0o600)


def _taken(found: list[Any]) -> tuple[str, Taken]:
    path, kind, mode, mtime_ns, size, chunks, seen = found
    return path, Taken(Entry(path, kind, mode, mtime_ns, size, tuple(chunks)), tuple(seen))
