"""YAML with the place of everything in it, read as a person means it.

A number keeps its text (`3.10` is a version of Python), a date and `0x1f` are text, and `yes` is
a boolean as it is for Salt; so is an error where a value in quotes was meant.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from io import StringIO
from typing import TYPE_CHECKING, Any

from flipside.config.base import WrittenFloat

if TYPE_CHECKING:
    from ruamel.yaml.error import MarkedYAMLError
    from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

Path = tuple[str | int, ...]

_NULL = {"", "~", "null"}
_TRUE, _FALSE = {"true", "yes", "on"}, {"false", "no", "off"}
_WHOLE = re.compile(r"-?(0|[1-9][0-9]*)")
_POINT = re.compile(r"-?[0-9]+\.[0-9]+([eE][-+]?[0-9]+)?")
_TAGS = {"str", "int", "float", "bool", "null", "timestamp", "map", "seq", "merge"}


class YamlError(Exception):
    """A text that is no YAML, or none that Flipside reads.

    Args:
        problem: What is wrong.
        line: The line, from 1.
        column: The column, from 1.
    """

    def __init__(self, problem: str, line: int, column: int) -> None:
        super().__init__(problem)
        self.problem, self.line, self.column = problem, line, column


@dataclass(frozen=True)
class Place:
    """Where a value stands, lines and columns from 1, and a scalar's text as it was written."""

    line: int
    column: int
    text: str | None = None


@dataclass
class Document:
    """What a text says, and where it says it: for each path of keys and indexes its key's place."""

    data: Any = None
    places: dict[Path, Place] = field(default_factory=dict)


def plain_value(text: str) -> Any:
    """Return what an unquoted `text` means: None, a boolean, a number or the text itself."""
    lower = text.lower()
    if lower in _NULL:
        return None
    if lower in _TRUE | _FALSE:
        return lower in _TRUE
    if _WHOLE.fullmatch(text):
        return int(text)
    return WrittenFloat(text) if _POINT.fullmatch(text) else text


def parse(text: str) -> Document:
    """Return what `text` says; its data is None where it says nothing. Raises YamlError."""
    from ruamel.yaml import YAML
    from ruamel.yaml.error import MarkedYAMLError, YAMLError

    try:
        node = YAML(typ="safe", pure=True).compose(StringIO(text))
    except MarkedYAMLError as error:
        raise _syntax_error(error) from None
    except YAMLError as error:
        raise YamlError(str(error).splitlines()[0], 1, 1) from None
    document = Document()
    if node is not None:
        document.data = _Reader(document.places).value(node, ())
    return document


def _syntax_error(error: MarkedYAMLError) -> YamlError:
    problem = error.problem or "this is no YAML"
    unfinished = "end of stream" in problem or "stream end" in problem
    # What was opened and never closed is wrong where it opens, not where the file ends.
    marks = [error.context_mark, error.problem_mark]
    mark = next(filter(None, marks if unfinished else reversed(marks)), None)
    if "cannot start any token" in problem:
        problem += ": indent with spaces, and put a value that begins with it in quotes"
    elif error.context:
        problem = f"{error.context}: {problem}"
    return YamlError(problem, mark.line + 1 if mark else 1, mark.column + 1 if mark else 1)


class _Reader:
    """Makes values of a document's nodes and notes each one's place."""

    def __init__(self, places: dict[Path, Place]) -> None:
        self.places = places
        self.open: set[int] = set()

    def value(self, node: Node, path: Path) -> Any:
        if id(node) in self.open:
            self._fail(node, "an alias must not stand within what it names")
        if node.tag and str(node.tag).rpartition(":")[2] not in _TAGS:
            self._fail(node, f"the tag {node.tag} has no meaning here")
        self.open.add(id(node))
        try:
            return self._made(node, path)
        finally:
            self.open.discard(id(node))

    def _made(self, node: Any, path: Path) -> Any:
        if node.id == "scalar":
            self._note(node, path, node.value)
            return self._scalar(node)
        self._note(node, path)
        if node.id == "sequence":
            return self._sequence(node, path)
        return self._mapping(node, path)

    def _scalar(self, node: ScalarNode) -> Any:
        return node.value if node.style else plain_value(node.value)

    def _sequence(self, node: SequenceNode, path: Path) -> list[Any]:
        return [self.value(each, (*path, index)) for index, each in enumerate(node.value)]

    def _mapping(self, node: MappingNode, path: Path) -> dict[str, Any]:
        made: dict[str, Any] = {}
        for key, value in node.value:
            name = self._key(key)
            if name in made:
                self._fail(key, f"the key `{name}` stands here twice")
            made[name] = self.value(value, (*path, name))
            self._note(key, (*path, name), self.places[*path, name].text)
        return made

    def _key(self, node: Any) -> str:
        if node.id != "scalar":
            self._fail(node, "a key must be text")
        if node.value == "<<" and not node.style:
            self._fail(node, "`<<` has no meaning here: write the keys out")
        return str(node.value)

    def _note(self, node: Any, path: Path, text: str | None = None) -> None:
        self.places[path] = Place(node.start_mark.line + 1, node.start_mark.column + 1, text)

    def _fail(self, node: Any, problem: str) -> None:
        raise YamlError(problem, node.start_mark.line + 1, node.start_mark.column + 1)
