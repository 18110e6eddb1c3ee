"""Who did what when: one JSON object per line, only ever added to."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator
from typing import Any, TypedDict, Unpack

from flipside.machine.files import now
from flipside.machine.layout import Layout


class Details(TypedDict, total=False):
    """What an entry of the audit trail may say besides who did what when."""

    app: str | None
    env: str | None
    release: str | None
    seconds: float | None
    """How long it took."""
    detail: str | None
    """Anything more; never a secret."""


class Audit:
    """The audit trail of a platform.

    Args:
        layout: Where it lies.
    """

    def __init__(self, layout: Layout) -> None:
        self.path = layout.audit

    def write(self, action: str, *, by: str, result: str, **details: Unpack[Details]) -> None:
        """Add one line.

        Args:
            action: The task's name, such as ``deploy``.
            by: Who asked, as ``user@host``.
            result: ``ok`` or ``failed``.
            details: What it was done to, and anything more.
        """
        entry: dict[str, Any] = {"at": now(), "by": by, "action": action, "result": result}
        entry |= {key: details.get(key) for key in Details.__annotations__}
        if entry["seconds"] is not None:
            entry["seconds"] = round(entry["seconds"], 3)
        self._append(entry)

    def _append(self, entry: dict[str, Any]) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        line = json.dumps(entry, ensure_ascii=False).encode() + b"\n"
        descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o640)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            size = os.fstat(descriptor).st_size
            # A line torn by a crash must not take this one with it.
            torn = size > 0 and os.pread(descriptor, 1, size - 1) != b"\n"
            os.write(descriptor, b"\n" + line if torn else line)
        finally:
            os.close(descriptor)

    def read(
        self, app: str | None = None, env: str | None = None, limit: int | None = None
    ) -> list[dict[str, Any]]:
        """Return entries, newest first.

        Args:
            app: Only this app's, by its whole name.
            env: Only this environment's.
            limit: At most so many.
        """
        found: list[dict[str, Any]] = []
        for entry in self._newest_first():
            if limit is not None and len(found) >= limit:
                break
            if app in (None, entry.get("app")) and env in (None, entry.get("env")):
                found.append(entry)
        return found

    def _newest_first(self) -> Iterator[dict[str, Any]]:
        if not self.path.exists():
            return
        for line in reversed(self.path.read_bytes().splitlines()):
            try:
                entry = json.loads(line)
            except ValueError:  # torn by a crash: what it would have said is lost, not the rest
                continue
            if isinstance(entry, dict):
                yield entry
