"""Rules about the entries of a list among one another."""

from __future__ import annotations

from pathlib import PurePosixPath


def unique(values: list[str]) -> list[str]:
    """Return `values`, or raise ValueError where one stands there twice."""
    for index, value in enumerate(values):
        if value in values[:index]:
            msg = f"has `{value}` twice"
            raise ValueError(msg)
    return values


def not_nested(values: list[str]) -> list[str]:
    """Return the paths, or raise ValueError where one lies in another: it would be linked twice."""
    paths = [PurePosixPath(value) for value in values]
    unique([str(path) for path in paths])
    for path in paths:
        for other in paths:
            if other in path.parents:
                msg = f"has `{path}`, which lies in `{other}` already"
                raise ValueError(msg)
    return values
