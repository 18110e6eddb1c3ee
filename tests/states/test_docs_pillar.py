"""docs/pillar.md and pillar.example know every key that the states read, and no other."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

TOP = Path(__file__).parents[2]
DOCS = (TOP / "docs/pillar.md").read_text()
EXAMPLE = (TOP / "pillar/pillar.example").read_text()
ROW = re.compile(
    r"^\| (?P<keys>`[^|]+`) \| (?P<type>[^|]+) \| (?P<default>[^|]+) \| (?P<text>[^|]+) \|$"
)
MAP = "{% from 'map.jinja' import map with context %}{{ map | json }}"


def documented() -> set[str]:
    rows = [match for line in DOCS.splitlines() if (match := ROW.fullmatch(line))]
    return {key for row in rows for key in re.findall("`([^`]+)`", row["keys"])}


def leaves(value: Any, path: str) -> Iterator[str]:
    if isinstance(value, dict) and value and path not in ("flipside:programs", "apps"):
        for key, inner in value.items():
            yield from leaves(inner, f"{path}:{key}".lstrip(":"))
    else:
        yield path


def used() -> set[str]:
    """The keys that states read beside the map: `pillar.get('x')`, `order.y`, `order.get('y')`."""
    found = set()
    for path in (TOP / "salt").rglob("*"):
        if path.suffix not in (".sls", ".jinja", ".conf", ".yaml", ".py"):
            continue
        text = path.read_text()
        found |= set(re.findall(r"""pillar_*\.get\(['"]([\w:]+)['"]""", text))
        for order in re.findall(r"set order = pillar\.(\w+)", text):
            keys = re.findall(r"\border\.(?:get\(')?(\w+)", text)
            found |= {f"{order}:{key}" for key in keys}
    return found - {"flipside"}


@pytest.fixture
def parameters(minion_of: Any) -> set[str]:
    minion = minion_of({"flipside": {}})
    found = minion("slsutil.renderer", string=MAP, default_renderer="jinja|json")
    return set(leaves(found, "flipside"))


def test_every_key_has_a_row(parameters: set[str]) -> None:
    assert parameters | used() == documented()


def test_every_default_is_the_documented_one(parameters: set[str]) -> None:
    defaults = YAML(typ="safe").load(
        (TOP / "salt/parameters/defaults.yaml").read_text().replace("{{", "<").replace("}}", ">")
    )
    plain = {
        "domain": defaults["domain"],
        "keep": defaults["keep"],
        "highstate_minutes": defaults["highstate_minutes"],
        "nginx:worker_processes": defaults["nginx"]["worker_processes"],
        "nginx:worker_connections": defaults["nginx"]["worker_connections"],
        "memcached:memory": defaults["memcached"]["memory"],
        "logrotate:size": defaults["logrotate"]["size"],
        "logrotate:keep": defaults["logrotate"]["keep"],
    }
    rows = {
        row["keys"]: row["default"] for line in DOCS.splitlines() if (row := ROW.fullmatch(line))
    }
    assert {key: rows[f"`flipside:{key}`"] for key in plain} == {
        key: f"`{value}`" for key, value in plain.items()
    }


def test_example_shows_every_key_and_is_a_pillar(parameters: set[str], minion_of: Any) -> None:
    """As it stands, and with its comments taken in."""
    whole = re.sub(r"^( *)# (?=( *)[a-z_]+: ?\S*)", r"\1", EXAMPLE, flags=re.MULTILINE)
    shown = set(leaves(YAML(typ="safe").load(EXAMPLE)["flipside"], "flipside"))
    assert shown < parameters
    for key in documented():
        assert re.search(rf"\b{key.rpartition(':')[2]}:", whole), key


def test_shipped_pillar_compiles(minion_of: Any, folder: Path) -> None:
    """Ours, and a platform's own laid over it."""
    minion = minion_of({"flipside": {}})
    for name in ("top.sls", "flipside.sls"):
        (folder / f"pillar/{name}").write_text((TOP / "pillar" / name).read_text())
    assert minion("pillar.items") == {"flipside": {}}
    (folder / "pillar/platform.sls").write_text(EXAMPLE)
    assert minion("pillar.items", unmask=True)["flipside"]["memcached"] == {"memory": 64}
