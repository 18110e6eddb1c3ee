"""Backups for people."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from flipside.console import age, get_console, seconds, size
from flipside.tasks.show import end, hint

if TYPE_CHECKING:
    from flipside.apps.subject import Subject


def status(found: dict[str, Any], app: str | None = None) -> None:
    """Print a table of what is kept, of an app or of all, where, and what fails."""
    console = get_console()
    if not found["subjects"]:
        console.say(f"nothing is kept yet{f' of {app}' if app else ''}")
        hint(f"flipside backup.now {app or ''}".strip())
        return
    console.say(f"kept in {found['repository']}, every {found['every']:g} s")
    columns = ["name", "last", "behind", "size", "proven"]
    console.table(columns, [_standing(one) for one in found["subjects"]])
    for one in found["subjects"]:
        if one["error"]:
            console.warn(f"{one['name']} fails since {_age(one['since'])}: {one['error']['what']}")
    if found["here"]:
        console.say("that is on this machine: if its disk is lost, so are they")
        hint("docs/backup.md: another place for them", "flipside backup.drill")


def _standing(one: dict[str, Any]) -> list[Any]:
    behind = None if one["behind"] is None else seconds(one["behind"])
    proven = f"{one['proof']}, {_age(one['proven'])}" if one["proven"] else "never"
    return [one["name"], one["stored"] and _age(one["stored"]), behind, size(one["size"]), proven]


def moments(found: list[dict[str, Any]], subject: Subject) -> None:
    """Print a table of moments."""
    rows = [[_time(one["at"]), _file(one), one["id"], size(one["size"])] for one in found]
    get_console().table(["time", "file", "id", "size"], rows)
    hint(subject.command("backup.restore", "--at", '"TIME"'))


def _file(one: dict[str, Any]) -> str:
    return "other files" if one["kind"] == "files" else str(one["file"])


def passed(found: list[dict[str, Any]]) -> None:
    """Print what a pass put."""
    console = get_console()
    for one in found:
        if one["error"]:
            console.warn(f"{one['name']}: {one['error']['what']}")
        elif one["stored"]:
            stored = one["stored"]
            console.say(f"{one['name']}: {stored['kind']}, {size(stored['size'])}")
    if not any(one["error"] or one["stored"] for one in found):
        console.say("nothing has changed")
    end("flipside backup.status")


def drilled(found: list[dict[str, Any]]) -> None:
    """Print what a drill proved."""
    console = get_console()
    for one in found:
        if one["error"]:
            console.warn(f"{one['name']}: {one['error']['what']}")
        else:
            rows = sum(one["rows"].values())
            console.say(f"{one['name']}: {one['moment']} restored, {rows} rows as live")
    end("flipside backup.status")


def verified(found: list[dict[str, Any]]) -> None:
    """Print what was read, and what is damaged."""
    console = get_console()
    for one in found:
        if one["error"]:
            console.warn(f"{one['name']}: {one['error']}")
        else:
            counts = f"{one['moments']} moments, {one['objects']} objects"
            console.say(f"{one['name']}: {counts}, {size(one['size'])}")
    damaged = any(one["error"] for one in found)
    whole = "all is as it was put" if found else "nothing is kept yet"
    console.say("there is damage" if damaged else whole)
    end("flipside backup.drill")


def restored(done: dict[str, Any], subject: Subject) -> None:
    """Print what an app's data is of now, and where it was put that it replaced."""
    console = get_console()
    for one in done["databases"]:
        console.say(f"{subject}: {one['file']} is as of {_time(one['at'])} ({one['id']})")
    if done.get("kept"):
        console.say(f"what it replaced is kept in {done['kept']}")
    files = done["files"]
    if files and (files["restored"] or files["unchanged"]):
        console.say(f"other files: {files['restored']} came back, {files['unchanged']} unchanged")
    for path in files.get("kept", []):
        console.say(f"what was there is kept as {path}")
    for name in done["gone"]:
        console.say(f"{name} is not there: it was gone by then, and an earlier --at brings it back")
    back = subject.command("backup.restore", "--at", f'"{done["undo"]}"')
    end(subject.command("app.status"), f"{back}  takes it back")


def fetched(done: dict[str, Any]) -> None:
    """Print where data was written."""
    console = get_console()
    for one in done["databases"]:
        console.say(f"{one['file']} as of {_time(one['at'])} ({one['id']})")
    if done["files"]:
        console.say(f"{done['files']['restored']} other files")
    console.say(f"wrote {done['path']}: it is in plain, so mind who can read it")
    console.total()


def _age(at: float) -> str:
    return age(datetime.fromtimestamp(at, UTC))


def _time(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).astimezone().isoformat(sep=" ", timespec="seconds")
