"""The one parameter map: what it comes to for each example pillar, and that nothing in it is idle."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

TOP = Path(__file__).parents[2]
KINDS = (".sls", ".jinja", ".conf", ".yaml", "")
SOURCES = [path for path in (TOP / "salt").rglob("*") if path.is_file() and path.suffix in KINDS]
MAP = "{% from 'map.jinja' import map with context %}{{ map | json }}"
# Read by the machine's own code, from the same pillar.
ELSEWHERE = {"domain", "keep"}


def mapdata(minion: Any) -> dict[str, Any]:
    """The map as the states get it, the machine's own paths and names taken out."""
    found = minion("slsutil.renderer", string=MAP, default_renderer="jinja|json")
    found["nginx"]["user"] = "NGINX"
    text = json.dumps(found).replace(str(minion.root), "ROOT").replace(str(minion.run), "RUN")
    cleaned: dict[str, Any] = json.loads(text.replace(" -u root", ""))
    return cleaned


def leaves(value: Any, path: str = "") -> Iterator[str]:
    """The path of each value, joined by dots; programs are taken as a whole."""
    if isinstance(value, dict) and value and path != "programs":
        for key, inner in value.items():
            yield from leaves(inner, f"{path}.{key}".lstrip("."))
    else:
        yield path


def test_map_is_the_golden_one(minion: Any, request: pytest.FixtureRequest) -> None:
    """A change of a default shows here before it shows on a machine."""
    name = request.node.callspec.params["minion"]
    golden = YAML(typ="safe").load(Path(__file__).parent / f"mapdata/{name}.yaml")
    assert mapdata(minion) == golden


def test_every_parameter_is_used(minion: Any) -> None:
    """A parameter that no state reads would be set in vain."""
    text = "\n".join(path.read_text() for path in SOURCES)
    used = set(re.findall(r"\b(?:map|base)\.([\w.]+)", text))
    used = {path.removesuffix(".items") for path in used}
    assert set(leaves(mapdata(minion))) - used - ELSEWHERE == set()


def test_every_use_has_a_parameter(minion: Any) -> None:
    """A mistyped parameter would render as nothing."""
    known = set(leaves(mapdata(minion)))
    for path in SOURCES:
        for used in re.findall(r"\bmap\.(?!jinja)([\w.]+)", path.read_text()):
            name = used.removesuffix(".items")
            assert any(one == name or one.startswith(f"{name}.") for one in known), (path, used)
