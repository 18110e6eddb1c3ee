"""One mapping is laid over another: an environment's values over an app's, a user's over guesses."""

from __future__ import annotations

from typing import Any

import pytest

from flipside.machine.merge import merge


@pytest.mark.parametrize(
    ("base", "over", "laid"),
    [
        ({"a": 1}, {"b": 2}, {"a": 1, "b": 2}),
        ({"a": {"x": 1, "y": 2}}, {"a": {"y": 3}}, {"a": {"x": 1, "y": 3}}),
        ({"a": [1, 2]}, {"a": [3]}, {"a": [3]}),
        ({"a": {"x": 1}}, {"a": [3]}, {"a": [3]}),
        ({"a": 1}, {"a": None}, {"a": None}),
        # A section that is written and left empty.
        ({"a": {"x": 1}, "b": [1]}, {"a": None, "b": None}, {"a": {"x": 1}, "b": [1]}),
    ],
)
def test_merge(base: dict[str, Any], over: dict[str, Any], laid: dict[str, Any]) -> None:
    assert merge(base, over) == laid


def test_merge_leaves_its_arguments_alone() -> None:
    base, over = {"a": {"x": 1}}, {"a": {"y": 2}}
    merge(base, over)
    assert (base, over) == ({"a": {"x": 1}}, {"a": {"y": 2}})
