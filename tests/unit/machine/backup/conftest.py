"""A platform's backups on a real layout: an app with data, the platform's key, a repository in a folder."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from flipside.machine.layout import Layout
from flipside.machine.verbs import VERBS
from flipside.machine.verbs.context import Context
from flipside.secrets import identity


class Box:
    """A machine with the data of apps.

    Attributes:
        context: What verbs get first.
        told: What they told.
    """

    def __init__(self, layout: Layout, repository: Path) -> None:
        self.layout, self.repository = layout, repository
        self.told: list[dict[str, Any]] = []
        self.context = Context(layout, self.told.append)
        self.private = identity.generate()
        for folder in (layout.etc, layout.store, layout.backup):
            folder.mkdir(parents=True)
        where = {"root": str(layout.root), "run": str(layout.run)}
        (layout.etc / "layout.json").write_text(json.dumps(where))
        layout.key.write_text(identity.text([self.private]))
        self.settings()
        self.sql("CREATE TABLE entry (body)", "INSERT INTO entry VALUES ('first')")

    def settings(self, **other: Any) -> None:
        """Write down what the states do."""
        found: dict[str, Any] = {"repository": str(self.repository), "every": 0.05}
        found["keep"] = {"all": "24h", "hourly": "7d", "daily": "30d"}
        self.layout.backup_settings.write_text(json.dumps(found | other))

    def call(self, verb: str, **arguments: Any) -> Any:
        """Call a verb as a laptop does: what goes there and back is JSON."""
        result = VERBS[verb](self.context, **json.loads(json.dumps(arguments)))
        return json.loads(json.dumps(result))

    def data(self, app: str = "blog", env: str = "production") -> Path:
        """Return the folder of an environment's data, made if need be."""
        folder = self.layout.data(app, env)
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def sql(self, *statements: str, app: str = "blog", file: str = "app.db") -> list[Any]:
        """Run statements on an app's database; return the last one's rows."""
        path = self.data(app) / file
        path.parent.mkdir(parents=True, exist_ok=True)
        with closing(sqlite3.connect(path, isolation_level=None)) as connection:
            return [connection.execute(each).fetchall() for each in statements][-1]


@pytest.fixture
def box(layout: Layout, tmp_path: Path) -> Box:
    """A machine with one app."""
    return Box(layout, tmp_path / "repository")
