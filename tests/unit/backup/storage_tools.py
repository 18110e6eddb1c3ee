"""What tests of storages do again and again."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

from flipside.backup.errors import BackupError
from flipside.backup.storage.folder import Folder


def raced(*runs: Callable[[], None]) -> list[BaseException | None]:
    """What came of each, begun all at once."""
    start, ends = threading.Barrier(len(runs)), [None] * len(runs)

    def run(index: int) -> None:
        start.wait()
        try:
            runs[index]()
        except BackupError as error:
            ends[index] = error

    threads = [threading.Thread(target=run, args=(index,)) for index in range(len(runs))]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    return ends


def names(folder: Path) -> list[str]:
    """What lies in a folder."""
    return sorted(path.name for path in folder.iterdir())


def left(folder: Folder) -> list[str]:
    """The temporary files of a storage."""
    return names(folder.path / ".tmp")
