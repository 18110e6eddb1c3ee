"""Every target is what the interface says."""

from __future__ import annotations

import inspect
from importlib import import_module
from typing import Any

import pytest

from flipside.targets import TARGETS
from flipside.targets.base import Machine, Target
from flipside.targets.machines.here import Here
from flipside.targets.machines.remote import Remote


def methods(kind: Any) -> dict[str, list[str]]:
    found = inspect.getmembers(kind, inspect.isfunction)
    return {
        name: list(inspect.signature(each).parameters)
        for name, each in found
        if not name.startswith("_")
    }


def target(name: str) -> Any:
    module, kind = TARGETS[name]
    return getattr(import_module(module), kind)


@pytest.mark.parametrize(
    ("kind", "interface"),
    [*((target(name), Target) for name in TARGETS), (Here, Machine), (Remote, Machine)],
)
def test_methods_and_their_parameters_are_the_interfaces(kind: Any, interface: Any) -> None:
    assert methods(interface).items() <= methods(kind).items()
