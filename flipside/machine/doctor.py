"""Check everything that can be wrong with a platform; each check says what to type next."""

from __future__ import annotations

import shutil
import socket
import sqlite3
import time
from typing import Any

from flipside.machine import highstate, init, journal
from flipside.machine.jobs import Jobs
from flipside.machine.layout import Layout
from flipside.machine.sheets import Sheets

Check = dict[str, Any]
BOOTSTRAP = "flipside platform.bootstrap"
# Less free space than this, in bytes, and a deploy may fail half-way.
LOW = 500 * 1024 * 1024
# SQLite loses a WAL reset between these versions, https://www.sqlite.org/wal.html#walresetbug
WAL_BUG = ((3, 7, 0), (3, 51, 2))


def checks(layout: Layout, settings: dict[str, Any]) -> list[Check]:
    """Return ``{"name", "ok", "detail", "next"}`` of each check."""
    found = [_programs(layout), _minion(layout), _port(settings), _highstate(layout, settings)]
    return [*found, _log(layout), _disk(layout), _deploys(layout), _secrets(layout), _sqlite()]


def _check(name: str, detail: str, advice: str, *, ok: bool) -> Check:
    return {"name": name, "ok": ok, "detail": detail, "next": None if ok else advice}


def _programs(layout: Layout) -> Check:
    try:
        states = init.states(layout)
    except OSError as error:
        return _check("programs", f"supervisord does not answer: {error}", BOOTSTRAP, ok=False)
    down = [f"{name} is {state.word}" for name, state in states.items() if not _up(name, state)]
    detail = ", ".join(down) or f"{len(states)} run"
    return _check("programs", detail, "flipside platform.logs", ok=not down)


def _up(name: str, state: init.State) -> bool:
    """A generation that has stopped was retired, is idle, or a person stopped its app."""
    return state.word in ("running", "starting") or (
        name.startswith("app.") and state.word in ("stopping", "stopped")
    )


def _minion(layout: Layout) -> Check:
    answers = Jobs(layout).ping()
    detail = "the minion answers its master" if answers else "the minion does not answer"
    return _check("salt", detail, BOOTSTRAP, ok=answers)


def _port(settings: dict[str, Any]) -> Check:
    port = settings["nginx"]["http_port"]
    with socket.socket() as client:
        client.settimeout(2)
        open_ = client.connect_ex(("127.0.0.1", port)) == 0
    detail = f"port {port} is {'open' if open_ else 'closed'}"
    return _check("nginx", detail, "flipside platform.logs nginx", ok=open_)


def _highstate(layout: Layout, settings: dict[str, Any]) -> Check:
    last = highstate.last(layout.root)
    if last is None:
        return _check("highstate", "none has run yet", "flipside platform.apply", ok=False)
    late = time.time() - last["at"] > 3 * 60 * int(settings["highstate_minutes"])
    failed = [state["id"] for state in last["failed"]] + list(map(str, last["refused"]))
    detail = f"failed: {', '.join(failed)}" if failed else "the last one is long ago"
    ok = not failed and not late
    detail = f"{last['total']} states hold" if ok else detail
    return _check("highstate", detail, "flipside platform.apply", ok=ok)


def _log(layout: Layout) -> Check:
    path = layout.log_socket
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as client:
        ok = client.connect_ex(str(path)) == 0
    return _check("rsyslog", str(path), "flipside platform.logs rsyslog", ok=ok)


def _disk(layout: Layout) -> Check:
    free = shutil.disk_usage(layout.root).free
    detail = f"{free // 1024**2} MB free"
    return _check("disk", detail, "make room: less than 500 MB is free", ok=free > LOW)


def _deploys(layout: Layout) -> Check:
    cut: list[str] = []
    for app, env in layout.environments():
        if journal.read(layout, app, env):
            cut.append(f"{app} ({env})")
    detail = f"cut short: {', '.join(cut)}" if cut else "none was cut short"
    return _check("deploys", detail, "flipside platform.apply", ok=not cut)


def _secrets(layout: Layout) -> Check:
    sheets = Sheets(layout)
    if not sheets.privates():
        return _check("secrets", "the platform has no key", BOOTSTRAP, ok=False)
    unreadable = sheets.unreadable()
    detail = "; ".join(unreadable) or "all can be opened"
    return _check("secrets", detail, "flipside secret.check", ok=not unreadable)


def _sqlite() -> Check:
    first, last = WAL_BUG
    hit = first <= sqlite3.sqlite_version_info <= last
    detail = f"SQLite {sqlite3.sqlite_version}"
    if hit:
        detail += " has the rare WAL-reset bug, mended in 3.51.3"
    return {"name": "sqlite", "ok": True, "detail": detail, "next": None}
