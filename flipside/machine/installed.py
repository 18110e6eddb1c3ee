"""Which files an installed wheel consists of, from the RECORD that its installer wrote.

https://packaging.python.org/en/latest/specifications/recording-installed-packages/
"""

from __future__ import annotations

import csv
import posixpath
import zipfile
from collections import Counter
from collections.abc import Collection, Hashable, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

from flipside.errors import BuildError

K = TypeVar("K", bound=Hashable)


def files(venv: Path, wheel: Path) -> list[str]:
    """Return the files of an installed wheel, its bytecode included.

    Args:
        venv: The virtual environment that it is installed in.
        wheel: The wheel itself, which names its ``.dist-info`` folder.

    Returns:
        Paths relative to ``venv``, in order.
    """
    (site,) = venv.glob("lib/python3*/site-packages")
    prefix = site.relative_to(venv).as_posix()
    with (site / dist_info(wheel) / "RECORD").open(newline="", encoding="utf-8") as file:
        listed = {posixpath.normpath(f"{prefix}/{row[0]}") for row in csv.reader(file) if row}
    # What lies outside the environment is none of the release's.
    own = {name for name in listed if not name.startswith(("../", "/"))}
    own |= _bytecode(venv, own)
    return sorted(name for name in own if (venv / name).is_file())


def clashing(files_of: Mapping[K, Sequence[str]]) -> list[K]:
    """Return those that share a file with another."""
    count = Counter(name for names in files_of.values() for name in names)
    return [key for key, names in files_of.items() if any(count[name] > 1 for name in names)]


def dist_info(wheel: Path) -> str:
    """Return the name of a wheel's ``.dist-info`` folder.

    Raises:
        BuildError: If it is no wheel.
    """
    try:
        with zipfile.ZipFile(wheel) as archive:
            names = archive.namelist()
    except zipfile.BadZipFile as error:
        raise BuildError("this is no wheel", str(wheel), "flipside app.publish") from error
    for name in names:
        folder, _, rest = name.partition("/")
        if folder.endswith(".dist-info") and rest == "METADATA":
            return folder
    raise BuildError("this wheel has no .dist-info/METADATA", str(wheel), "flipside app.publish")


def _bytecode(venv: Path, sources: Collection[str]) -> set[str]:
    found = set()
    for folder in {posixpath.dirname(name) for name in sources if name.endswith(".py")}:
        for path in (venv / folder / "__pycache__").glob("*.pyc"):
            stem = path.name.rsplit(".", 2)[0]  # as in models.cpython-311.pyc
            if f"{folder}/{stem}.py" in sources:
                found.add(f"{folder}/__pycache__/{path.name}")
    return found
