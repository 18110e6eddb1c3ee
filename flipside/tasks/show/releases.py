"""Releases for people: published, switched, listed, and their history."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flipside.console import age, get_console, seconds
from flipside.tasks.show import end, hint

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flipside.apps.publish import Published
    from flipside.apps.subject import Subject


def published(done: Published) -> None:
    """Print what comes next and, last, the release's id."""
    end("flipside app.deploy")
    get_console().say(done.manifest["id"])


def switched(done: dict[str, Any], subject: Subject) -> None:
    """Print what is live now, and what users felt of the switch."""
    say = get_console().say
    before = done.get("previous")
    was = f" (before: {before})" if before and before != done["release"] else ""
    if done["changed"]:
        say(f"{subject}: {done['release']} is live{was}")
    else:
        say(f"{subject}: {done['release']} was live already; nothing changed")
    for line in _about(done, subject):
        say(f"  {line}")
    end(
        subject.command("app.status"),
        *([subject.command("app.rollback")] if done.get("before", was) else []),
    )


def _about(done: dict[str, Any], subject: Subject) -> Iterator[str]:
    yield from done["urls"]
    if done.get("traffic"):
        yield traffic(done["traffic"])
    if done.get("kept"):
        yield f"what was written since is kept in {done['kept']}"
    if names := done.get("generated"):
        sheet = f"pillar/secrets/{subject.app}/{subject.env}.sls"
        yield f"generated {', '.join(names)}, encrypted in {sheet}: commit that"


def traffic(counted: dict[str, Any]) -> str:
    """Say what a switch did to users."""
    if not counted["requests"]:
        return "no request came meanwhile"
    requests = f"{counted['requests']} request{'' if counted['requests'] == 1 else 's'}"
    longest = f"{counted['longest'] * 1000:.0f} ms"
    return f"{requests} meanwhile, {counted['failed']} failed, the longest took {longest}"


def releases(found: dict[str, Any]) -> None:
    """Print a table of releases."""
    if not found["releases"]:
        get_console().say(f"nothing has been published of {found['app']}")
        hint("flipside app.publish")
        return
    rows = [
        [each["id"], age(each["at"]), each["by"], _list(each["tags"]), _list(each["live"])]
        for each in found["releases"]
    ]
    get_console().table(["release", "published", "by", "tags", "live in"], rows)
    hint("flipside app.deploy --release ID")


def history(entries: list[dict[str, Any]]) -> None:
    """Print a table of the audit trail."""
    if not entries:
        get_console().say("nothing has been done to it yet")
        return
    columns = ["when", "who", "what", "release", "result", "took", "detail"]
    get_console().table(columns, [_entry(entry) for entry in entries])


def _entry(entry: dict[str, Any]) -> list[Any]:
    took = entry.get("seconds")
    detail = str(entry.get("detail") or "").splitlines()
    return [
        age(entry["at"]),
        entry["by"],
        entry["action"],
        entry.get("release"),
        entry["result"],
        None if took is None else seconds(took),
        detail[0] if detail else None,
    ]


def _list(names: list[str]) -> str | None:
    return ", ".join(names) or None
