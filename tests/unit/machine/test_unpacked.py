"""Wheels unpacked once, and linked into each release."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest
from uv import find_uv_bin

from flipside.machine import uv
from flipside.machine.unpacked import Unpacked, Wheel

PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"


@pytest.fixture
def unpacked(publisher: Any) -> Unpacked:
    return Unpacked(publisher.layout, find_uv_bin(), PYTHON)


@pytest.fixture
def wheel(publisher: Any) -> Wheel:
    path = publisher.wheel("app", "1", {"app/__init__.py": "x = 1\n", "app/a.css": "a{}"})
    return Wheel(publisher.adopt(path)["sha256"], path)


def venv(unpacked: Unpacked, folder: Path) -> Path:
    uv.make_venv(unpacked.uv, PYTHON, folder, unpacked.layout.uv_cache)
    return folder / f"lib/python{PYTHON}/site-packages/app"


def test_code_is_shared_and_the_rest_is_each_releases_own(unpacked: Unpacked, wheel: Wheel) -> None:
    """A step may write into what it finds beside the code, which must reach no other release."""
    told: list[str] = []
    root = unpacked.layout.root
    one, two = (venv(unpacked, root / name) for name in ("one", "two"))
    for folder in ("one", "two"):
        unpacked.place([wheel], root / folder, told.append)
    assert len(told) == 1
    assert (one / "__init__.py").samefile(two / "__init__.py")
    assert not (one / "a.css").samefile(two / "a.css")
    assert list((one / "__pycache__").glob("*.pyc"))


def test_what_was_written_into_is_unpacked_anew(unpacked: Unpacked, wheel: Wheel) -> None:
    root, told = unpacked.layout.root, []
    one, two = (venv(unpacked, root / name) for name in ("one", "two"))
    unpacked.place([wheel], root / "one", told.append)
    (one / "__init__.py").chmod(0o644)
    (one / "__init__.py").write_text("broken")
    unpacked.place([wheel], root / "two", told.append)
    assert (two / "__init__.py").read_text() == "x = 1\n"
    assert len(told) == 2
