"""Reading a config file, and holding what it says against its model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from flipside.config.problems import Problem, problems
from flipside.config.yaml import Document, YamlError, parse
from flipside.errors import BadConfigError

Model = TypeVar("Model", bound=BaseModel)
Steps = tuple[str | int, ...]

EVERY_KEY = "docs/config.md explains every key"


@dataclass(frozen=True)
class Source:
    """A file, and what it says."""

    path: Path
    document: Document

    @property
    def shown(self) -> str:
        """Return the path, from the working directory where the file lies beneath it."""
        path = self.path.absolute()
        return str(path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path)

    def at(self, steps: Steps) -> str:
        """Return file and line of `steps`, or of the nearest thing around it."""
        around = (steps[:length] for length in range(len(steps), -1, -1))
        place = next((self.document.places[each] for each in around if self.has(each)), None)
        return f"{self.shown}:{place.line}" if place else self.shown

    def has(self, steps: Steps) -> bool:
        """Return whether something stands at `steps`."""
        return steps in self.document.places


def read_source(path: Path) -> Source:
    """Return what the file says. Raises BadConfigError where it is no mapping."""
    source = Source(path, Document())
    try:
        text = path.read_bytes().decode()
        source = Source(path, parse(text))
    except IsADirectoryError:
        what = "a directory stands where a file is expected"
        raise BadConfigError(what, source.shown, "move it away") from None
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        where = f"{source.shown}:{line}"
        raise BadConfigError("the file is not text in UTF-8", where, "save it as UTF-8") from None
    except YamlError as error:
        where = f"{source.shown}:{error.line}:{error.column}"
        raise BadConfigError(f"this is no YAML: {error.problem}", where, EVERY_KEY) from None
    except OSError as error:
        raise BadConfigError(
            f"cannot read the file: {error.strerror}", source.shown, "ls -l"
        ) from None
    return _mapping(source)


def _mapping(source: Source) -> Source:
    data = source.document.data
    if data is None:
        raise BadConfigError("the file is empty", source.shown, EVERY_KEY)
    if not isinstance(data, Mapping):
        what = "the file must hold keys and values, as `name: guestbook`"
        raise BadConfigError(what, source.at(()), EVERY_KEY)
    return source


def checked(model: type[Model], data: Mapping[str, Any], sources: Sequence[Source]) -> Model:
    """Return `data` as a `model`.

    Args:
        model: What the data must be.
        data: What the sources say, laid over one another.
        sources: Where it stands; the first one that has a path is the one that is named.

    Raises:
        BadConfigError: Says everything that is wrong, each with its file and line.
    """
    try:
        return model.model_validate(data)
    except ValidationError as error:
        written: dict[Steps, str] = {}
        for source in reversed(sources):
            places = source.document.places.items()
            written |= {steps: place.text for steps, place in places if place.text is not None}
        found = [(_where(each.path, sources), each) for each in problems(error, model, written)]
        raise _error(found, sources[0].shown) from None


def _where(steps: Steps, sources: Sequence[Source]) -> str:
    return next((source for source in sources if source.has(steps)), sources[0]).at(steps)


def _error(found: list[tuple[str, Problem]], file: str) -> BadConfigError:
    if len(found) == 1:
        where, problem = found[0]
        hint = "; ".join(filter(None, [problem.hint, EVERY_KEY])).replace("?;", "?")
        return BadConfigError(problem.what, where, hint)
    lines = [_line(where, problem) for where, problem in sorted(found, key=_order)]
    return BadConfigError("\n".join([f"{len(found)} things are wrong:", *lines]), file, EVERY_KEY)


def _line(where: str, problem: Problem) -> str:
    return f"  {where}: {problem.what}" + (f" ({problem.hint})" if problem.hint else "")


def _order(found: tuple[str, Problem]) -> tuple[str, int]:
    file, _, line = found[0].rpartition(":")
    return (file, int(line)) if line.isdigit() else (found[0], 0)
