"""The defaults that an app template gives to the apps made from it."""

from __future__ import annotations

import difflib
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from flipside.config.read import Source, read_source
from flipside.config.yaml import Document, Place
from flipside.data import data_root
from flipside.errors import BadConfigError, NotFoundError

if TYPE_CHECKING:
    from pathlib import Path

META = "meta.yml"


def templates_folder() -> Path:
    """Return the folder of the app templates."""
    return data_root() / "app_templates"


def template_names(folder: Path | None = None) -> list[str]:
    """Return the names of the app templates, sorted."""
    return sorted(meta.parent.name for meta in (folder or templates_folder()).glob(f"*/{META}"))


def template_defaults(
    template: str, name: str, where: str | None = None, folder: Path | None = None
) -> Source:
    """Return the defaults of a template, its placeholders filled in.

    `{{ name }}` is the app's name, `{{ package }}` the same with `_` for `-`.

    Args:
        template: The template's name.
        name: The app's name.
        where: Who asks for the template, for the error.
        folder: The folder of the templates, Flipside's own if None.

    Raises:
        NotFoundError: No template goes by that name.
    """
    folder = folder or templates_folder()
    names = template_names(folder)
    if template not in names:
        close = difflib.get_close_matches(template, names, n=1)
        meant = f"did you mean `{close[0]}`? " if close else ""
        known = f"templates: {', '.join(names) or 'none'}"
        raise NotFoundError(f"no app template `{template}`", where, f"{meant}{known}")
    return _defaults(read_source(folder / template / META), name)


def _defaults(meta: Source, name: str) -> Source:
    data = meta.document.data.get("defaults") or {}
    if not isinstance(data, dict):
        raise BadConfigError("`defaults` must be a mapping", meta.at(("defaults",)))
    words = {"name": name, "package": name.replace("-", "_")}
    places: dict[tuple[str | int, ...], Place] = {
        steps[1:]: replace(place, text=place.text and fill(place.text, words))
        for steps, place in meta.document.places.items()
        if steps[:1] == ("defaults",)
    }
    return Source(meta.path, Document(fill(data, words), places))


def fill(value: Any, words: dict[str, str]) -> Any:
    """Return `value` with every `{{ word }}` in its keys and texts replaced."""
    if isinstance(value, str):
        return re.sub(r"\{\{ *(\w+) *\}\}", lambda m: words.get(m[1], m[0]), value)
    if isinstance(value, list):
        return [fill(each, words) for each in value]
    if isinstance(value, dict):
        return {fill(key, words): fill(each, words) for key, each in value.items()}
    return value
