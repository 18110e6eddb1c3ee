"""What every part of both files has in common, and the kinds of value that they hold."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Annotated, Any, Self

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, model_validator

NEEDS_QUOTES = "must be text: put the value in quotes"


class Part(BaseModel):
    """A mapping of one of the files: unknown keys are refused, values are never converted.

    A key written without a value counts as not written.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    @model_validator(mode="before")
    @classmethod
    def _leave_out_empty(cls, data: Any) -> Any:
        if not isinstance(data, Mapping):
            return data
        known = cls.model_fields
        return {key: value for key, value in data.items() if value is not None or key not in known}


class WrittenFloat(float):
    """A number with a point, and how it was written: `3.10` is a Python version, not 3.1."""

    text: str

    def __new__(cls, text: str) -> Self:
        """Return the number that `text` says."""
        number = super().__new__(cls, text)
        number.text = text
        return number


def as_written(value: Any) -> Any:
    """Return a number as the text that it was written as, anything else as it is."""
    if isinstance(value, WrittenFloat):
        return value.text
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return value


def matching(pattern: str, what: str) -> AfterValidator:
    """Return a check that the whole text matches `pattern`, or else is not `what`."""
    compiled = re.compile(pattern)

    def check(value: str) -> str:
        if not compiled.fullmatch(value):
            msg = f"must be {what}"
            raise ValueError(msg)
        return value

    return AfterValidator(check)


def _one_line(value: str) -> str:
    if not value.strip() or any(character in value for character in "\n\r\0"):
        msg = "must be one line of text"
        raise ValueError(msg)
    return value


def _command(value: str) -> str:
    if not value.strip() or "\0" in value:
        msg = "must be a command"
        raise ValueError(msg)
    return value


def inside(value: str) -> str:
    """Return the relative path `value`, or raise ValueError where it leads out of the tree."""
    path = PurePosixPath(value)
    if path.is_absolute() or ".." in path.parts or "\\" in value or value.startswith("~"):
        msg = "must be a path inside the tree: relative, without `..`"
        raise ValueError(msg)
    return _one_line(value)


def beneath(value: str) -> str:
    """Return the relative path `value`, or raise ValueError where it is the tree itself."""
    if not PurePosixPath(inside(value)).parts:
        msg = "must be a path beneath the tree, not the tree itself"
        raise ValueError(msg)
    return value


def env_value(value: Any) -> Any:
    """Return a whole number as text; raise ValueError for what YAML reads as something else."""
    if isinstance(value, bool | float) or value is None:
        raise ValueError(NEEDS_QUOTES)
    if isinstance(value, str) and "\0" in value:
        msg = "must not hold the character NUL"
        raise ValueError(msg)
    return as_written(value)


def _not_the_platforms(value: str) -> str:
    if value.startswith("FLIPSIDE_"):
        msg = "must not begin with FLIPSIDE_: the platform sets these itself"
        raise ValueError(msg)
    return value


_LABEL = r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"

Label = Annotated[
    str,
    matching(
        _LABEL, "a DNS label: 1 to 63 lowercase letters, digits and inner hyphens, as `my-app`"
    ),
]
HostName = Annotated[
    str,
    matching(
        rf"(?=.{{1,253}}$){_LABEL}(\.{_LABEL})*",
        "a host name in lowercase, without scheme or port, as `app.example.com`",
    ),
]
Line = Annotated[str, AfterValidator(_one_line)]
Command = Annotated[str, AfterValidator(_command)]
InTree = Annotated[str, AfterValidator(inside)]
BeneathTree = Annotated[str, AfterValidator(beneath)]
EnvName = Annotated[
    str,
    matching(r"[A-Za-z_][A-Za-z0-9_]*", "a name of letters, digits and `_`, as `SECRET_KEY`"),
    AfterValidator(_not_the_platforms),
]
EnvValue = Annotated[str, BeforeValidator(env_value)]
AsWritten = BeforeValidator(as_written)
