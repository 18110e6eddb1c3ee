"""What pydantic found wrong, said as a person would."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from flipside.config.base import NEEDS_QUOTES
from flipside.config.schema import dotted, keys, model_at

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pydantic import BaseModel, ValidationError

    from flipside.config.yaml import Path

# Characters of a value that an error shows: more would not fit its line.
LONGEST = 60

KINDS = {
    "int_type": "must be a whole number",
    "int_from_float": "must be a whole number",
    "string_type": "must be text",
    "list_type": "must be a list",
    "dict_type": "must be a mapping of keys to values",
    "model_type": "must be a mapping of keys to values",
    "model_attributes_type": "must be a mapping of keys to values",
    "too_short": "must not be empty",
}


@dataclass(frozen=True)
class Problem:
    """One thing wrong: its path, what it is, and what was perhaps meant."""

    path: Path
    what: str
    hint: str | None = None


def problems(
    error: ValidationError, model: type[BaseModel], written: Mapping[Path, str]
) -> Iterator[Problem]:
    """Yield what is wrong.

    Args:
        error: What pydantic found.
        model: The model that the data was held against.
        written: The text of each scalar, as it stands in the file.
    """
    for each in error.errors(include_url=False):
        path = tuple(step for step in each["loc"] if step != "[key]")
        if each["type"] == "extra_forbidden":
            yield _unknown(path, model)
        elif each["type"] == "missing":
            yield Problem(path, f"`{dotted(path)}` is missing")
        else:
            yield _wrong(path, dict(each), written.get(path))


def _unknown(path: Path, model: type[BaseModel]) -> Problem:
    what, name = f"unknown key `{dotted(path)}`", str(path[-1])
    parent = model_at(model, path[:-1])
    siblings = list(parent.model_fields) if parent else []
    close = difflib.get_close_matches(name.lower(), siblings, n=1)
    elsewhere = [key.path for key in keys(model) if key.path.rpartition(".")[2] == name]
    meant = [dotted((*path[:-1], close[0]))] if close else elsewhere[:1]
    hint = f"did you mean `{meant[0]}`?" if meant else f"known here: {', '.join(siblings)}"
    return Problem(path, what, hint)


def _wrong(path: Path, error: Mapping[str, Any], text: str | None) -> Problem:
    value, message = error["input"], _message(error)
    subject = f"`{dotted(path)}` " if path else ""
    if message == NEEDS_QUOTES:
        return Problem(path, subject + message, _quoted(path, text))
    if not isinstance(value, str | int | float) or not message.startswith("must be"):
        return Problem(path, subject + message)
    return Problem(path, f"{subject}{message}, not {_shown(value, text)}", _choice(error))


def _message(error: Mapping[str, Any]) -> str:
    kind, context = error["type"], error.get("ctx") or {}
    if kind == "value_error":
        return str(context["error"])
    if kind == "string_type" and not isinstance(error["input"], list | Mapping):
        return NEEDS_QUOTES
    if kind == "literal_error":
        return f"must be {context['expected'].replace(chr(39), '')}"
    if kind == "greater_than_equal":
        return f"must be {context['ge']} or more"
    if kind == "less_than_equal":
        return f"must be {context['le']} or less"
    return KINDS.get(kind, str(error["msg"]).lower())


def _shown(value: Any, text: str | None) -> str:
    shown = text if text is not None and not isinstance(value, str) else repr(value)
    return shown if len(shown) <= LONGEST else f"{shown[: LONGEST - 3]}..."


def _quoted(path: Path, text: str | None) -> str | None:
    return f'write {path[-1]}: "{text}"' if text is not None and isinstance(path[-1], str) else None


def _choice(error: Mapping[str, Any]) -> str | None:
    if error["type"] != "literal_error":
        return None
    choices = str(error["ctx"]["expected"]).replace("'", "").replace(" or ", ", ").split(", ")
    close = difflib.get_close_matches(str(error["input"]).lower(), choices, n=1, cutoff=0.5)
    return f"did you mean `{close[0]}`?" if close else None
