"""The deployment record of each app environment: what is live, what came before, and its values."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, TypedDict, cast

from flipside.errors import NotFoundError
from flipside.machine.files import locked, now, read_json, write_json
from flipside.machine.layout import Layout
from flipside.machine.variables import check_variable


class Pending(TypedDict):
    """A deploy that began: still running, or killed."""

    release: str
    by: str
    at: str
    back: bool


class Record(TypedDict):
    """One app environment.

    ``release`` is live. ``history`` is an undo stack, oldest first: its last item is the live one.
    ``config`` holds the variables that a person set.
    """

    app: str
    env: str
    release: str | None
    pending: Pending | None
    history: list[str]
    config: dict[str, str]
    stopped: bool


def previous(record: Record) -> str | None:
    """Return the release that a rollback goes to, or None."""
    return record["history"][-2] if len(record["history"]) > 1 else None


def advance(history: list[str], release: str, *, back: bool) -> list[str]:
    """Return the undo stack after ``release`` went live.

    Args:
        history: The stack before.
        release: What is live now.
        back: Whether it was gone back to: then what came after it is popped.
    """
    if history and history[-1] == release:
        return history
    if back and release in history:
        return history[: len(history) - history[::-1].index(release)]
    return [*history, release]


def last(history: list[str], keep: int) -> list[str]:
    """Return the end of the undo stack that holds ``keep`` different releases."""
    kept: list[str] = []
    for release in reversed(history):
        if release not in kept and len(set(kept)) >= keep:
            break
        kept.append(release)
    return kept[::-1]


class Records:
    """All deployment records of a platform. A change waits for any other; readers never wait.

    Args:
        layout: Where they lie.
    """

    def __init__(self, layout: Layout) -> None:
        self.layout = layout

    def load(self, app: str, env: str) -> Record:
        """Return a record; an empty one where nothing was ever deployed."""
        found = read_json(self.layout.record(app, env), {})
        return cast(Record, {**_empty(app, env), **found})

    def exists(self, app: str, env: str) -> bool:
        """Return whether anything was ever deployed or set."""
        return self.layout.record(app, env).exists()

    def all(self) -> list[Record]:
        """Return every record, by app and environment."""
        folder = self.layout.records
        names = [path.stem.split(".") for path in folder.glob("[!.]*.json")]
        return [self.load(app, env) for app, env in sorted(names) if self.exists(app, env)]

    def begin(self, app: str, env: str, release: str, by: str, *, back: bool = False) -> Record:
        """Note that a deploy of ``release`` begins, before anything is done for it.

        Args:
            app: The app's name.
            env: Its environment.
            release: What goes live if all goes well.
            by: Who deploys, as ``user@host``.
            back: Whether this is a rollback.
        """
        with self._changing(app, env) as record:
            record["pending"] = {"release": release, "by": by, "at": now(), "back": back}
        return record

    def finish(self, app: str, env: str, *, success: bool) -> Record:
        """Note how the pending deploy ended; where none is pending, change nothing.

        Args:
            app: The app's name.
            env: Its environment.
            success: Whether its release is live now.
        """
        with self._changing(app, env) as record:
            pending, record["pending"] = record["pending"], None
            if pending and success:
                release = record["release"] = pending["release"]
                record["history"] = advance(record["history"], release, back=pending["back"])
        return record

    def trim(self, app: str, env: str, keep: int) -> Record:
        """Shorten the undo stack to its last ``keep`` different releases."""
        with self._changing(app, env) as record:
            record["history"] = last(record["history"], keep)
        return record

    def set_config(self, app: str, env: str, values: Mapping[str, str]) -> Record:
        """Set environment variables.

        Raises:
            FlipsideError: If a name cannot be a variable's; then none is set.
        """
        for name in values:
            check_variable(name)
        with self._changing(app, env) as record:
            record["config"].update(values)
        return record

    def unset_config(self, app: str, env: str, names: Collection[str]) -> Record:
        """Remove variables that were set.

        Raises:
            NotFoundError: If one was not; then none is removed.
        """
        with self._changing(app, env) as record:
            config = record["config"]
            if absent := [name for name in names if name not in config]:
                raise NotFoundError(
                    f"{absent[0]} is not set for {app} in {env}"
                    f" (set: {', '.join(sorted(config)) or 'nothing'})",
                    next="flipside app.config",
                )
            record["config"] = {key: config[key] for key in config if key not in names}
        return record

    def plain_secrets(self, app: str, env: str) -> dict[str, str]:
        """Return the secrets in plain text that records of Flipside 0.1 have."""
        found: dict[str, str] = cast(dict[str, Any], self.load(app, env)).get("secrets", {})
        return found

    def drop_plain_secrets(self, app: str, env: str) -> None:
        """Forget them."""
        with self._changing(app, env) as record:
            cast(dict[str, Any], record).pop("secrets", None)

    def set_stopped(self, app: str, env: str, *, stopped: bool) -> Record:
        """Note whether a person wants the app stopped."""
        with self._changing(app, env) as record:
            record["stopped"] = stopped
        return record

    def remove(self, app: str, env: str) -> None:
        """Forget an environment, its values included."""
        with locked(self.layout.records / ".lock"):
            self.layout.record(app, env).unlink(missing_ok=True)

    @contextmanager
    def _changing(self, app: str, env: str) -> Iterator[Record]:
        with locked(self.layout.records / ".lock"):
            record = self.load(app, env)
            before = repr(record)
            yield record
            if repr(record) != before:
                write_json(self.layout.record(app, env), record, 0o600)


def _empty(app: str, env: str) -> Record:
    return {
        "app": app,
        "env": env,
        "release": None,
        "pending": None,
        "history": [],
        "config": {},
        "stopped": False,
    }
