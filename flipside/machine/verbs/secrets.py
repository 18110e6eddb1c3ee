"""Verbs about secrets: the platform's keys, and the sheets that it has copies of."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TypedDict

from flipside.machine.files import read_json, write_json
from flipside.machine.sheets import Sheets
from flipside.machine.verbs.context import Context
from flipside.machine.verbs.order import Order
from flipside.secrets import identity


class Given(TypedDict, total=False):
    """What a laptop has of one environment's secrets: its sheet, None without one; who may read."""

    sheet: str | None
    readers: list[str]


@contextmanager
def taking(order: Order, given: Given | None) -> Iterator[Sheets]:
    """Take an environment's sheet for the block; if that fails, the one before is back."""
    sheets = Sheets(order.layout)
    with sheets.taken(order.app, order.env, (given or {}).get("sheet")) as names:
        yield sheets
    if names:
        order.audit("secrets", "ok", detail=", ".join(names))


def public_keys(context: Context) -> list[str]:
    """Return the public halves of the platform's keys, the newest first."""
    return [identity.public(private) for private in Sheets(context.layout).privates()]


def add_key(context: Context, private: str) -> None:
    """Make a private key the platform's first one; those that it has open secrets still."""
    Sheets(context.layout).add_key(private)


def retire_keys(context: Context, public: str) -> None:
    """Forget all of the platform's keys but one."""
    Sheets(context.layout).retire_keys(public)


def take_sheets(
    context: Context, sheets: dict[str, dict[str, str]], by: str, readers: list[str]
) -> dict[str, Any]:
    """Replace sheets; the next highstate brings them to their apps.

    Args:
        context: Where.
        sheets: Their texts, by app and environment.
        by: Who sends them.
        readers: The public keys that backups are encrypted for from now on.

    Returns:
        ``{"changed": [app/env/NAME], "unreadable": [words]}``.
    """
    mine, changed = Sheets(context.layout), []
    mine.adopt(context.records)
    if readers != read_json(context.layout.readers):
        write_json(context.layout.readers, readers)
    for app, environments in sheets.items():
        for env, text in environments.items():
            names = mine.take(app, env, text)
            changed += [f"{app}/{env}/{name}" for name in names]
            if names:
                detail = ", ".join(names)
                context.audit.write("secrets", by=by, result="ok", app=app, env=env, detail=detail)
    return {"changed": changed, "unreadable": mine.unreadable()}


def seal_anew(context: Context, readers: list[str]) -> None:
    """Encrypt what the newest of the platform's keys does not open for it and the readers."""
    Sheets(context.layout).seal_anew(readers)
