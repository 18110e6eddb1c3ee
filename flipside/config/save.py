"""Writing a config file: checked first, commented, and whole or not at all."""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Mapping
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flipside.config.app import AppConfig
from flipside.config.load import app_config
from flipside.config.platform import PlatformConfig
from flipside.config.read import Source, checked
from flipside.config.yaml import parse, plain_value

if TYPE_CHECKING:
    from pydantic import BaseModel

# Texts that a block (`|`) says as they are: printable, one line end at the end, no indent to guess.
_BLOCK = re.compile(r"(?=[^\s])(?:[ -~\n])*[!-~]\n")

APP_HEAD = "An app of Flipside's. docs/config.md explains every key."
PLATFORM_HEAD = "A platform of Flipside's. docs/config.md explains every key."


def save_app(path: Path, config: AppConfig) -> None:
    """Write what was said of `config`, not the defaults. Raises as `write_app`."""
    write_app(path, config.model_dump(mode="json", exclude_unset=True, exclude_none=True))


def save_platform(path: Path, config: PlatformConfig) -> None:
    """Write what was said of `config`, not the defaults. Raises as `write_platform`."""
    write_platform(path, config.model_dump(mode="json", exclude_unset=True, exclude_none=True))


def write_app(path: Path, mapping: Mapping[str, Any], templates: Path | None = None) -> None:
    """Write a `.flipside-app` that says `mapping`, each key under a comment.

    Raises:
        BadConfigError: `mapping` describes no app; nothing is written.
        NotFoundError: It names an unknown template; nothing is written.
    """
    text = commented(mapping, AppConfig, APP_HEAD)
    app_config(Source(path, parse(text)), templates)
    write_atomically(path, text)


def write_platform(path: Path, mapping: Mapping[str, Any]) -> None:
    """Write a `.flipside-platform` that says `mapping`, each key under a comment.

    Raises:
        BadConfigError: `mapping` describes no platform; nothing is written.
    """
    text = commented(mapping, PlatformConfig, PLATFORM_HEAD)
    checked(PlatformConfig, {"name": "platform", **mapping}, [Source(path, parse(text))])
    write_atomically(path, text)


def commented(mapping: Mapping[str, Any], model: type[BaseModel], head: str) -> str:
    """Return `mapping` as YAML, each of the model's keys under its description."""
    from ruamel.yaml import YAML
    from ruamel.yaml.comments import CommentedMap

    written = CommentedMap({key: _written(value) for key, value in mapping.items()})
    written.yaml_set_start_comment(f"{head}\n")
    for key in mapping:
        info = model.model_fields.get(key)
        if info and info.description:
            written.yaml_set_comment_before_after_key(key, before=f"\n{info.description}")
    yaml, out = YAML(), StringIO()
    yaml.width = 4096
    yaml.indent(mapping=2, sequence=4, offset=2)
    yaml.dump(written, out)
    return out.getvalue()


def _written(value: Any) -> Any:
    """Return `value` so that `flipside.config.yaml` reads it back as it is."""
    from ruamel.yaml.scalarstring import DoubleQuotedScalarString, LiteralScalarString

    if isinstance(value, Mapping):
        return {_written(key): _written(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_written(each) for each in value]
    if not isinstance(value, str):
        return value
    if _BLOCK.fullmatch(value):
        return LiteralScalarString(value)
    return value if plain_value(value) is value else DoubleQuotedScalarString(value)


def write_atomically(path: Path, text: str) -> None:
    """Write the file anew beside the old one, then put it in its place; links are followed."""
    path = Path(os.path.realpath(path))
    mode = path.stat().st_mode & 0o777 if path.exists() else 0o666 & ~_umask()
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(descriptor)
        Path(name).chmod(mode)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _umask() -> int:
    mask = os.umask(0o077)
    os.umask(mask)
    return mask
