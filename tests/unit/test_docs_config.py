"""docs/config.md and the two examples know every key, and nothing that is no key."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from flipside.config import AppConfig, PlatformConfig
from flipside.config.schema import Key, keys
from flipside.config.yaml import parse

if TYPE_CHECKING:
    from pydantic import BaseModel

TOP = Path(__file__).parents[2]
DOCS = (TOP / "docs/config.md").read_text()
ROW = re.compile(
    r"\| `(?P<path>[^`]+)` \| [^|]+ "
    r"\| (?P<default>[^|]+) \| `(?P<example>[^`]+)` \| (?P<text>.+) \|"
)
EXAMPLES = [
    (AppConfig, TOP / "docs/flipside-app.example.yml"),
    (PlatformConfig, TOP / ".flipside-platform.example"),
]
# What an example of one key needs beside it to be whole.
BESIDE: dict[str, dict[str, Any]] = {
    "build.requirement": {"build": {"kind": "index"}},
    "steps.install[]": {"run": "true"},
    "steps.deploy[]": {"run": "true"},
    "static[]": {"url": "/s/", "path": "s"},
}


def documented(model: type[BaseModel]) -> list[Key]:
    """Return the keys to document: those of an environment's sections are the app's own."""
    return [key for key in keys(model) if not re.match(r"environments\.<name>\.\w+\.", key.path)]


def rows(model: type[BaseModel]) -> dict[str, re.Match[str]]:
    app, platform = DOCS.split("\n## `.flipside-platform`\n")
    text = app if model is AppConfig else platform
    return {row["path"]: row for row in ROW.finditer(text)}


def default(key: Key) -> str:
    if key.required:
        return "required"
    if key.default is None:
        return "none"
    if isinstance(key.default, dict) and key.default:
        return "its keys'"
    return f"`{json.dumps(key.default)}`".replace('"', "")


@pytest.mark.parametrize("model", [AppConfig, PlatformConfig])
def test_every_key_has_a_row_with_its_default_and_description(model: type[BaseModel]) -> None:
    written = {path: (row["default"], row["text"]) for path, row in rows(model).items()}
    assert written == {key.path: (default(key), key.description) for key in documented(model)}


@pytest.mark.parametrize("path", [key.path for key in documented(AppConfig)])
def test_the_example_of_each_app_key_is_valid(path: str) -> None:
    example = parse(f"x: {rows(AppConfig)[path]['example']}").data["x"]
    AppConfig.model_validate({"name": "a", **nested(path, example)})


@pytest.mark.parametrize("path", [key.path for key in documented(PlatformConfig)])
def test_the_example_of_each_platform_key_is_valid(path: str) -> None:
    example = parse(f"x: {rows(PlatformConfig)[path]['example']}").data["x"]
    PlatformConfig.model_validate({"name": "a", path: example})


def nested(path: str, value: Any) -> dict[str, Any]:
    """Return the mapping in which `value` stands at `path`, with what it needs beside it."""
    if path == "build.requirement":
        return {"build": {"kind": "index", "requirement": value}}
    made, parts = value, path.replace("<name>", "staging").split(".")
    for index in range(len(parts) - 1, -1, -1):
        name = parts[index]
        beside = BESIDE.get(".".join(parts[:index]), {}) if index else {}
        made = {name.removesuffix("[]"): [made] if name.endswith("[]") else made}
        made = {**beside, **made}
    return dict(made)


@pytest.mark.parametrize(("model", "path"), EXAMPLES)
def test_the_example_file_is_valid_and_has_every_key(model: type[BaseModel], path: Path) -> None:
    document = parse(path.read_text())
    model.model_validate({"name": "demo", **document.data})
    shown = {_generic(steps) for steps in document.places}
    missing = [key.path for key in documented(model) if _alike(key.path) not in shown]
    assert missing == []


def _generic(steps: tuple[str | int, ...]) -> str:
    """Return a place as a key's path: entries of lists as `[]`, environments as `<name>`."""
    text = "".join("[]" if isinstance(step, int) else f".{step}" for step in steps).removeprefix(
        "."
    )
    return re.sub(r"^environments\.[^.]+", "environments.<name>", text)


def _alike(path: str) -> str:
    """Return the path that shows the same key: install's steps are as deploy's."""
    return path.replace("install[]", "deploy[]")


@pytest.mark.parametrize(("model", "path"), EXAMPLES)
def test_every_key_of_the_example_has_a_comment(model: type[BaseModel], path: Path) -> None:
    lines = path.read_text().splitlines()
    top = [number for number, line in enumerate(lines) if re.match(r"\w+: .", line)]
    bare = [lines[number] for number in top if not lines[number - 1].startswith("#")]
    assert bare == []
    assert all(key.description for key in keys(model))


def test_every_variable_of_the_platform_is_documented() -> None:
    names = (
        "APP ENVIRONMENT RELEASE DATA_DIR HOME TREE VENV STATIC_ROOT DOMAINS ORIGINS URL MEMCACHED"
    )
    for name in [*names.split(), "CACHE_PREFIX"]:
        assert f"`{name}`" in DOCS
