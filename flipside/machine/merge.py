"""Laying one mapping over another."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def merge(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """Return `base` with `over` laid over it: mappings are merged, all else is replaced.

    A section that is written but left empty (None) leaves the mapping or list below as it is.
    """
    laid = dict(base)
    for key, value in over.items():
        below = laid.get(key)
        if isinstance(below, Mapping) and isinstance(value, Mapping):
            laid[key] = merge(below, value)
        elif value is not None or not isinstance(below, Mapping | list):
            laid[key] = value
    return laid
