"""Config files that the project wants beside its code and does not bring: `files`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import PurePosixPath

from flipside.apps.guess.data import ignored, mentioned
from flipside.apps.guess.project import Guess, Project

WORDS = "example|sample|dist|template|default"
EXAMPLE = re.compile(rf"(?P<name>.+?)[._-](?:{WORDS})(?P<suffix>\.\w+)?", re.IGNORECASE)


def examples(project: Project) -> Iterator[tuple[str, str]]:
    """Yield (example, file): `shop.ini.example` where the code names a `shop.ini` that is not there."""
    for path in project.files:
        at = PurePosixPath(path)
        found = EXAMPLE.fullmatch(at.name)
        if not found or at.name.startswith("."):
            continue
        wanted = str(at.with_name(found["name"] + (found["suffix"] or "")))
        absent = not project.has(wanted) or ignored(project, wanted)
        if absent and mentioned(project, wanted):
            yield path, wanted


def files(project: Project) -> Iterator[Guess]:
    """Guess `files`: what the examples say, to be filled in."""
    found = {wanted: path for path, wanted in examples(project)}
    texts = {wanted: project.text(path).replace("$", "$$") for wanted, path in found.items()}
    if texts:
        why = ", ".join(f"the code reads {wanted}, made from {found[wanted]}" for wanted in texts)
        yield Guess("files", texts, why)


def notes(project: Project) -> list[str]:
    """Return what a person has to do about them, in words."""
    return [
        f"`files: {wanted}:` is what {path} says: fill in your values; $NAME is one of the env's"
        for path, wanted in examples(project)
    ]
