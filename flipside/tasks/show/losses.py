"""What going back with the data would set aside, for people."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flipside.apps.subject import Subject


def lines(found: dict[str, Any]) -> list[str]:
    """Return a line for each table that differs from the copy that would come back.

    Args:
        found: What the verb ``rollback_losses`` returned.
    """
    when = clock(found["at"])
    said = [line for each in found["databases"] for line in _database(each, when)]
    return said or [f"nothing was written to the databases since {when}"]


def question(found: dict[str, Any], subject: Subject) -> str:
    """Return what would happen, to be agreed to."""
    copy = f"its databases to how they were at {clock(found['at'])}"
    return f"{subject} goes back to {found['release']}, and {copy}; what they are now is set aside"


def clock(at: str, now: datetime | None = None) -> str:
    """Return the local time of a moment, with its day unless that is today.

    Args:
        at: The moment in ISO 8601.
        now: The present, for tests.
    """
    moment = datetime.fromisoformat(at).astimezone()
    today = (now or datetime.now().astimezone()).date()
    return f"{moment:%H:%M}" if moment.date() == today else f"{moment:%Y-%m-%d %H:%M}"


def _database(each: dict[str, Any], when: str) -> Iterator[str]:
    name = each["database"]
    if each["new"]:
        yield f"{name}: it is new since {when}, and would be set aside"
    if each["gone"]:
        yield f"{name}: it is gone since {when}, and would come back"
    if each["problem"]:
        yield f"{name}: {_unknown(each['problem'], when)}"
    for table in each["tables"]:
        new = " (new)" if table["new"] and not each["new"] else ""
        yield f"{name}: {table['table']}{new}: {', '.join(_table(table, when))}"


def _table(table: dict[str, Any], when: str) -> Iterator[str]:
    if table["problem"]:
        yield _unknown(table["problem"], when)
    if table["written"]:
        yield f"{_rows(table['written'])} written since {when} would be set aside"
    if table["columns"]:
        several = len(table["columns"]) > 1
        columns = f"the new column{'s' if several else ''} {', '.join(table['columns'])}"
        yield f"what {columns} hold{'' if several else 's'} would be set aside"
    if table["deleted"]:
        yield f"{_rows(table['deleted'])} gone since would come back"


def _unknown(problem: str, when: str) -> str:
    return f"all that was written since {when} would be set aside; how much is unknown ({problem})"


def _rows(count: int) -> str:
    return f"{count} row{'' if count == 1 else 's'}"
