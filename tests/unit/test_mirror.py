"""Every module of `flipside` has tests where one looks for them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

TOP = Path(__file__).parents[2]
UNIT = TOP / "tests/unit"
MODULES = [
    path.relative_to(TOP / "flipside")
    for path in sorted((TOP / "flipside").rglob("*.py"))
    if path.name != "__init__.py"
]


def places(module: Path) -> Iterator[Path]:
    """Where a module's tests may be: a file of its own, or one of its whole package."""
    name = module.stem.strip("_")
    yield UNIT / module.parent / f"test_{name}.py"
    for package in module.parents:
        if package.name:
            yield from (UNIT / package.parent).glob(f"test_{package.name}*.py")


def neighbours(module: Path) -> Iterator[Path]:
    """The tests of the modules beside it: what has no public use but theirs is tested there."""
    yield from (UNIT / module.parent).glob("test_*.py")


def names(text: str, module: Path) -> bool:
    dotted = ".".join(("flipside", *module.with_suffix("").parts))
    package, _, name = dotted.rpartition(".")
    imported = rf"from {re.escape(package)} import (\(\n)?[^)\n]*\b{name}\b"
    return re.search(rf"\b{re.escape(dotted)}\b|{imported}", text) is not None


@pytest.mark.parametrize("module", MODULES, ids=str)
def test_module_has_tests(module: Path) -> None:
    """A file of its own, its package's, or a neighbour's that imports it by name."""
    own = any(path.exists() for path in places(module))
    assert own or any(names(path.read_text(), module) for path in neighbours(module))


def test_no_test_is_of_nothing() -> None:
    """Each folder of unit tests has its package."""
    folders = {path.parent.relative_to(UNIT) for path in UNIT.rglob("test_*.py")}
    assert [folder for folder in folders if not (TOP / "flipside" / folder).is_dir()] == []
