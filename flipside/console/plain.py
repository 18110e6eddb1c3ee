"""What JSON has no form for."""

from __future__ import annotations

import dataclasses
from datetime import date, datetime
from pathlib import PurePath
from typing import Any


def jsonable(value: Any) -> Any:
    """Return `value` as something that JSON has a form for.

    Raises:
        TypeError: There is none.
    """
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, PurePath):
        return str(value)
    if isinstance(value, set | frozenset):
        return sorted(value)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {each.name: getattr(value, each.name) for each in dataclasses.fields(value)}
    if hasattr(value, "model_dump"):
        return value.model_dump(mode="json")
    msg = f"no JSON for {type(value).__name__}"
    raise TypeError(msg)
