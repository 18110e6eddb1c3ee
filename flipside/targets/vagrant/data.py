"""Data of apps, brought here from a machine that is about to go."""

from __future__ import annotations

import base64
import subprocess
from contextlib import suppress
from pathlib import Path, PurePosixPath
from typing import IO, TYPE_CHECKING, cast

from flipside.errors import MachineError
from flipside.targets.kept import KEPT, arriving, data_folders

if TYPE_CHECKING:
    from flipside.targets.base import Machine

# Lines of text, as the output of a machine's commands is.
_PACK = 'tar --create --directory "$0" . | base64'


def fetch(machine: Machine, platform: Path) -> PurePosixPath | None:
    """Copy the data of all apps to a folder beside `.flipside-platform`; return that, if there was any.

    The apps are stopped: nobody writes while their data is copied.

    Args:
        machine: The machine.
        platform: The platform's folder.

    Raises:
        MachineError: The machine does not answer, or the data does not fit here.
    """
    machine.run(["systemctl", "stop", "app.*"])
    folders = machine.run(data_folders()).splitlines()
    for folder in folders:
        with arriving(platform, folder) as fresh:
            fresh.mkdir()
            _copy(machine, folder, fresh)
    return PurePosixPath(platform, KEPT) if folders else None


def _copy(machine: Machine, source: str, target: Path) -> None:
    unpack = ["tar", "--extract", "--no-same-owner", "--directory", str(target)]
    with suppress(BrokenPipeError), subprocess.Popen(unpack, stdin=subprocess.PIPE) as unpacking:
        pipe = cast("IO[bytes]", unpacking.stdin)

        def take(line: str) -> None:
            pipe.write(base64.b64decode(line))

        machine.run(["sh", "-c", _PACK, source], on_line=take)
    if unpacking.returncode:
        advice = "see to that (`df`), then run the same again"
        raise MachineError("the data was not unpacked here", str(target), advice)
