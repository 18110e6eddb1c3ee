"""Verbs on a machine where only Salt itself is left out: its states are what they call in the end."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path
from typing import Any

import pytest

from flipside.errors import FlipsideError
from flipside.machine import front, gone, live, pillar, release, supervise
from flipside.machine.sheets import GENERATED, SENT, Sheets
from flipside.machine.verbs import apps, change, deploys
from flipside.machine.verbs.context import Context
from flipside.secrets import identity
from flipside.secrets import pillar as secrets


class Platform:
    """A machine with the environment ``blog`` (production), its releases, and what was told.

    Attributes:
        context: What verbs get first.
        refuse: A state that fails, as a run's summary has it; None for none.
    """

    def __init__(self, stage: Any, publisher: Any) -> None:
        self.stage, self.publisher = stage, publisher
        self.told: list[dict[str, Any]] = []
        self.context = Context(stage.layout, self.told.append)
        self.refuse: dict[str, Any] | None = None
        settings = {"domain": "localhost", "keep": 5, "highstate_minutes": 15}
        settings["nginx"] = {"http_port": 8080}
        (stage.layout.etc / "settings.json").write_text(json.dumps(settings))
        self.sheets = Sheets(stage.layout)
        self.sheets.add_key(identity.generate())

    def publish(self, version: str, tag: str = "latest", **config: Any) -> str:
        """Publish a release; return its id."""
        config = self.stage.manifest(version, **config)["config"]
        made = self.publisher.manifest(version=version, **config)
        self.context.store.publish(made, [tag], "ann")
        return str(made["id"])

    def states(
        self, context: Context, sls: str, given: dict[str, Any], topic: str = ""
    ) -> dict[str, Any]:
        """Do what ``app.deploy`` and ``app.gone`` do."""
        outcome: dict[str, Any] = {"total": 1, "changed": [], "failed": [], "refused": []}
        if self.refuse:
            return outcome | {"failed": [self.refuse]}
        name = {"id": "blog.production-live", "name": "live", "comment": ""}
        try:
            changes = (
                self._gone(**given["gone"]) if "gone" in given else self._live(given["deploy"])
            )
        except FlipsideError as error:
            found = {"class": type(error).__name__, **error.as_dict()}
            return outcome | {"failed": [{**name, "error": found}]}
        return outcome | {"changed": [{**name, "changes": changes}] if changes else []}

    def _gone(self, app: str, env: str, *, data: bool, by: str) -> dict[str, Any]:
        return gone.remove(self.stage.fleet, app, env, data=data, by=by)

    def _live(self, order: dict[str, Any]) -> dict[str, Any]:
        compiled = pillar.compiled(str(self.stage.layout.root))
        record = compiled["apps"][order["app"]][order["env"]]
        record["secrets"] = self._secrets(order["app"], order["env"])
        want = live.wanted(
            self.stage.layout, record, compiled["flipside"], pending=order["pending"]
        )
        back = order["snapshot"] and Path(order["snapshot"])
        errand = live.Errand(order["action"], order["by"], record["stopped"], back)
        done = live.bring(want, self.stage.fleet, self.stage.story, errand)
        return {"new": done} if done["changed"] else {}

    def _secrets(self, app: str, env: str) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for kind in (SENT, GENERATED):
            path = self.stage.layout.sheet(kind, app, env)
            if path.exists():
                names = f"{kind}.{app}.{env}", str(self.stage.layout.root)
                found |= secrets.rendered(path.read_text(), *names)["secrets"][app][env]
        return found


@pytest.fixture
def platform(stage: Any, publisher_at: Any, monkeypatch: pytest.MonkeyPatch) -> Platform:
    """A platform without Salt, nginx and supervisord."""
    made = Platform(stage, publisher_at(stage.layout))
    for module in (change, apps):
        monkeypatch.setattr(module, "states", made.states)
    monkeypatch.setattr(front, "wait", lambda *args: None)
    monkeypatch.setattr(deploys, "in_background", lambda *args: None)
    monkeypatch.setattr(supervise, "states", lambda run: {})

    def install(layout: Any, manifest: Any, env: str, *args: Any) -> None:
        folder = layout.release(manifest["app"], env, manifest["id"])
        for name in ("tree", "venv/bin"):
            with contextlib.suppress(FileExistsError):
                (folder / name).mkdir(parents=True)

    monkeypatch.setattr(release, "install", install)
    return made
