"""The keys of a model, in the order that they are documented in, and what stands at a path."""

from __future__ import annotations

import types
import typing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel
from pydantic_core import PydanticUndefined

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True)
class Key:
    """One key of a file.

    Args:
        path: Its dotted path, `[]` for an entry of a list, `<name>` for a key of one's own.
        description: One line.
        default: The value if absent; None where there is none.
        required: Whether it must be written.
    """

    path: str
    description: str
    default: Any
    required: bool


def keys(model: type[BaseModel], prefix: str = "") -> Iterator[Key]:
    """Yield every key of `model` and of the models within it, each before its own keys."""
    for name, info in model.model_fields.items():
        path = f"{prefix}{name}"
        default = info.get_default(call_default_factory=True) if not info.is_required() else None
        yield Key(path, info.description or "", _plain(default), info.is_required())
        inner, suffix = inner_model(info.annotation)
        if inner:
            yield from keys(inner, f"{path}{suffix}.")


def _plain(value: Any) -> Any:
    if value is PydanticUndefined:
        return None
    return value.model_dump(mode="json") if isinstance(value, BaseModel) else value


def inner_model(annotation: Any) -> tuple[type[BaseModel] | None, str]:
    """Return the model within an annotation, and how a path leads to it: ``, `[]`, `.<name>`."""
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation, ""
    if origin is typing.Annotated:
        return inner_model(arguments[0])
    if origin in {typing.Union, types.UnionType}:
        return next((each for each in map(inner_model, arguments) if each[0]), (None, ""))
    if origin in {list, dict}:
        inner, suffix = inner_model(arguments[-1])
        return inner, ("[]" if origin is list else ".<name>") + suffix
    return None, ""


def model_at(model: type[BaseModel], path: tuple[str | int, ...]) -> type[BaseModel] | None:
    """Return the model whose keys stand at `path` beneath `model`, None where there is none."""
    found: type[BaseModel] | None = model
    steps = list(path)
    while steps and found:
        info = found.model_fields.get(str(steps.pop(0)))
        found, suffix = inner_model(info.annotation) if info else (None, "")
        if suffix and steps:
            steps.pop(0)
    return found


def dotted(path: tuple[str | int, ...]) -> str:
    """Return a path as a person writes it: `steps.deploy[0].run`, entries counted from 0."""
    text = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)
    return text.removeprefix(".")
