"""What is wanted of an environment, why it is not so, and making it so."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from flipside.errors import LockedError, SecretError
from flipside.machine import generation as generations
from flipside.machine import journal, live, release, snapshot
from flipside.machine.lock import deploy_lock

NAMES = ("blog", "production")
LOOK = live.Errand("highstate", "schedule", stopped=False)
SETTINGS = {"domain": "localhost", "nginx": {"http_port": 8080}}


@pytest.fixture(autouse=True)
def installed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Releases are installed by the stage; how is for the tests of `release`."""
    monkeypatch.setattr(release, "install", lambda *args: None)


def bring(stage: Any, want: Any, action: str = "deploy", stopped: bool = False) -> dict[str, Any]:
    return live.bring(want, stage.fleet, stage.story, live.Errand(action, "ann", stopped))


def record(manifest: Any = None, pending: Any = None, **more: Any) -> dict[str, Any]:
    found = {"app": "blog", "env": "production", "manifest": manifest, "pending_manifest": pending}
    return found | more


def test_nothing_deployed_is_nothing_wanted(stage: Any) -> None:
    assert live.wanted(stage.layout, record(), SETTINGS, pending=True) is None


def test_pending_release_is_wanted_when_asked_or_already_serving(stage: Any) -> None:
    """A deploy that was cut after the machine had switched counts as done."""
    one, two = stage.manifest("1"), stage.manifest("2")

    def wanted(pending: bool) -> str:
        want = live.wanted(stage.layout, record(one, two), SETTINGS, pending=pending)
        assert want is not None
        return want.release

    assert wanted(pending=False) == one["id"]
    assert wanted(pending=True) == two["id"]
    stage.switch(stage.want("2"))
    assert wanted(pending=False) == two["id"]


def test_secrets_win_over_variables_and_those_of_a_person_over_generated_ones(stage: Any) -> None:
    secrets = {"secrets": {"A": "set"}, "generated": {"A": "made", "B": "made"}}
    values = {"secrets": secrets, "config": {"B": "plain", "C": "plain"}}
    want = live.wanted(stage.layout, record(stage.manifest("1"), **values), SETTINGS, pending=False)
    assert want is not None
    assert want.values == {"A": "set", "B": "made", "C": "plain"}


def test_a_secret_that_cannot_be_opened_is_in_the_way_unless_it_was_set_anew(stage: Any) -> None:
    secrets = {"secrets": {"A": "set"}, "unreadable": {"A": "A is cut", "B": "B is cut"}}
    found = record(stage.manifest("1"), secrets=secrets)
    want = live.wanted(stage.layout, found, SETTINGS, pending=False)
    assert want is not None
    assert want.unreadable == ["B is cut"]
    with pytest.raises(SecretError, match="B is cut"):
        live.bring(want, stage.fleet, stage.story, LOOK)


def test_environments_own_values_are_laid_over(stage: Any) -> None:
    own = {"production": {"domains": ["blog.example.com"]}}
    manifest = stage.manifest("1", environments=own)
    want = live.wanted(stage.layout, record(manifest), SETTINGS, pending=False)
    assert want is not None
    assert want.domains == ["blog.example.com", "blog.localhost"]


def test_bring_twice_changes_once(stage: Any) -> None:
    want = stage.want("1")
    assert live.reasons(want, stage.fleet, LOOK) == ["1-0a1b2c3d is not live"]
    first = bring(stage, want)
    assert first == {
        "changed": True,
        "release": "1-0a1b2c3d",
        "previous": None,
        "generation": 1,
        "ran": [],
        "kept": None,
    }
    assert live.reasons(want, stage.fleet, LOOK) == []
    assert bring(stage, want) | {"previous": None} == first | {"changed": False}
    assert stage.answer == "1-0a1b2c3d"


def test_each_reason_is_mended(stage: Any) -> None:
    """A killed process, a moved socket, a changed environment: the highstate sees to it."""
    want = stage.want("1")
    bring(stage, want)
    now = generations.current(stage.layout, *NAMES)
    stage.fleet.stop(now)
    assert live.reasons(want, stage.fleet, LOOK) == ["it does not run"]
    assert bring(stage, want, "highstate")["generation"] == 1
    assert stage.answer == "1-0a1b2c3d"
    generations.point(stage.layout.current_socket(*NAMES), "nowhere.sock")
    assert live.reasons(want, stage.fleet, LOOK) == ["its socket is not the current one"]
    bring(stage, want, "highstate")
    assert stage.answer == "1-0a1b2c3d"
    other = stage.want("1", env={"A": "b"})
    assert live.reasons(other, stage.fleet, LOOK) == ["its environment changed"]
    assert bring(stage, other, "config")["generation"] == 2
    assert stage.answer == "1-0a1b2c3d"


def test_stop_and_start(stage: Any) -> None:
    """Stopping takes the socket away; starting brings the same generation back."""
    want = stage.want("1")
    bring(stage, want)
    assert bring(stage, want, "stop", stopped=True)["changed"] is True
    assert not os.path.lexists(stage.layout.current_socket(*NAMES))
    assert bring(stage, want, "stop", stopped=True)["changed"] is False
    assert bring(stage, want, "start")["generation"] == 1
    assert stage.answer == "1-0a1b2c3d"


def test_deploy_steps_run_for_new_code_only(stage: Any) -> None:
    step = {"run": "true", "unless": None, "timeout": 9}
    steps = {"install": [], "deploy": [step]}
    assert bring(stage, stage.want("1", steps=steps))["ran"] == ["true"]
    assert bring(stage, stage.want("1", steps=steps, env={"A": "b"}), "config")["ran"] == []
    assert bring(stage, stage.want("2", steps=steps), "rollback")["ran"] == []
    assert bring(stage, stage.want("3", steps=steps))["ran"] == ["true"]


def test_a_lock_is_respected(stage: Any) -> None:
    want = stage.want("1")
    held = deploy_lock(stage.layout.lock(*NAMES), "eve@desk", "deploy")
    with held, pytest.raises(LockedError, match="eve@desk"):
        bring(stage, want)
    assert stage.fleet.told == []


def test_strays_are_stopped_and_the_journal_cleared(stage: Any) -> None:
    """What a killed deploy left running goes before anything else is done."""
    bring(stage, stage.want("1"))
    stray = generations.make(stage.want("2"))
    stage.fleet.start(stray)
    entry: journal.Entry = {"previous": 1, "generation": 2, "snapshot": str(stray.path / "none")}
    journal.write(stage.layout, *NAMES, entry)
    want = stage.want("1")
    assert live.reasons(want, stage.fleet, LOOK) == ["a deploy was cut short"]
    bring(stage, want, "highstate")
    assert not stage.fleet.running(stray)
    assert live.reasons(want, stage.fleet, LOOK) == []
    assert stage.answer == "1-0a1b2c3d"


@pytest.mark.parametrize("stopped", [False, True])
def test_databases_are_put_in_place_whether_it_runs_or_not(
    stage: Any, short: Path, stopped: bool
) -> None:
    """Even if nothing else is to be changed; a stopped app is not started."""
    want = stage.want("1")
    bring(stage, want)
    stage.sql("CREATE TABLE rows (x)")
    snapshot.take(stage.layout.data(*NAMES), short / "given")
    stage.sql("INSERT INTO rows VALUES (1)")
    errand = live.Errand(live.RESTORE, "ann", stopped, short / "given")
    assert live.reasons(want, stage.fleet, errand) == ["other databases are to be put in place"]
    done = live.bring(want, stage.fleet, stage.story, errand)
    kept = str(stage.layout.snapshots(*NAMES) / "2")
    assert (done["changed"], done["generation"], done["kept"]) == (True, 2, kept)
    assert stage.sql("SELECT * FROM rows") == []
    now = generations.current(stage.layout, *NAMES)
    assert stage.fleet.running(now) is not stopped
    highstate = live.Errand("highstate", "schedule", stopped)
    assert live.reasons(want, stage.fleet, highstate) == []
    assert bring(stage, want, "start")["generation"] == 2
    assert stage.answer == "1-0a1b2c3d"
