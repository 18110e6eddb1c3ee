"""What a run of states would change, as a diff that a person can read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

INDENT = "    "


def lines(outcome: Mapping[str, Any]) -> list[str]:
    """Return the changes of a run's summary: each state's title, and its changes below it.

    Args:
        outcome: See `flipside.machine.highstate.summary`.
    """
    return [line for state in outcome["changed"] for line in _state(state)]


def verdict(outcome: Mapping[str, Any]) -> str:
    """Return the last line: how many states would change, and how many hold."""
    changed, total = len(outcome["changed"]), outcome["total"]
    if not changed:
        return f"nothing would change: all {total} states hold"
    return f"{changed} of {total} states would change"


def _state(state: Mapping[str, Any]) -> Iterator[str]:
    same = state["name"] in ("", state["id"])
    yield state["id"] if same else f"{state['id']}: {state['name']}"
    found = list(_changes(state["changes"]))
    # Many states say in words only what they would do.
    for line in found or str(state["comment"]).splitlines():
        yield f"{INDENT}{line}".rstrip()


def _changes(changes: Any) -> Iterator[str]:
    if not isinstance(changes, Mapping):
        yield from str(changes).splitlines()
        return
    for key, value in changes.items():
        if key == "diff":
            yield from _diff(value)
        elif key == "newfile":
            yield f"+ new file {value}"
        else:
            yield from _change(str(key), value)


def _diff(diff: Any) -> Iterator[str]:
    """Yield a unified diff without the two lines that name its files: the title does."""
    found = str(diff).splitlines()
    headed = len(found) > 1 and found[0].startswith("---") and found[1].startswith("+++")
    yield from found[2:] if headed else found


def _change(key: str, value: Any) -> Iterator[str]:
    if isinstance(value, Mapping) and set(value) <= {"old", "new"}:
        yield from _old_and_new(key, value)
    elif isinstance(value, Mapping) and value:
        yield f"{key}:"
        yield from (f"  {line}" for line in _changes(value))
    else:
        yield f"{key}: {_text(value)}"


def _old_and_new(key: str, value: Mapping[str, Any]) -> Iterator[str]:
    for side, sign in (("old", "-"), ("new", "+")):
        if value.get(side) not in (None, "", {}, []):
            yield f"{sign} {key}: {_text(value[side])}"


def _text(value: Any) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{key}={_text(each)}" for key, each in value.items())
    if isinstance(value, list | tuple):
        return ", ".join(map(_text, value))
    return str(value)
