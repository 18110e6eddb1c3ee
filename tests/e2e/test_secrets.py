"""Secrets as an app gets them: to the last byte, at a deploy or a restart, and unnoticed by its visitors."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest
from e2e.harm import live, says
from e2e.load import Load
from e2e.rig import App

VALUES = {
    "LINES": "-----BEGIN\n\n  indented\r\n\ttab\n-----END",
    "ENDS_IN_ONE": "with a newline\n",
    "QUOTES": "'single' \"double\" `back` it's",
    "PERCENT": "100%% %(here)s %20 %d",
    "DOLLAR": "$HOME ${HOME} $$ $(id) %h $DATA_DIR",
    "BACKSLASH": "\\ \\n \\\\ \\u0041 \\",
    "EMOJI": "pässword 🔑 \u202e ÿ",
    "SPACES": "  both ends  ",
    "YAML": "- no: {yes}\n# &anchor *alias !tag | > ENC[age,x]",
    "JINJA": "{{ pillar }} {% if x %} {# gone #}",
    "NUMBER": "007",
    "LONG": "0123456789abcdef" * 4096,
}
HASHES = "import hashlib, os, sys; print(*(hashlib.sha256(os.environ[name].encode()).hexdigest() for name in sys.argv[1:]))"


def env(app: App) -> dict[str, str]:
    """The environment of the process that answers."""
    found: dict[str, str] = app.http("/process").json["env"]
    return found


def give(app: App, name: str, value: str) -> None:
    """Set a secret."""
    app.flipside("secret.set", name, stdin=value)


def sheets(app: App) -> list[Path]:
    """Its sheets: in the platform's folder, and the copy on the machine."""
    folders = app.platform.folder, app.platform / "store"
    return [folder / f"pillar/secrets/{app.name}/production.sls" for folder in folders]


def unnoticed(app: App, do: Callable[[], object]) -> None:
    """Do it under load; nobody may notice, and the same release serves from another process."""
    before, release = app.http("/process").json["pid"], live(app)
    with Load(app.platform.port, app.host).running() as seen:
        do()
    assert seen.failures == {}, str(seen)
    assert seen.slow > 0
    assert live(app) == release
    assert app.http("/process").json["pid"] != before


def holds(app: App) -> None:
    """Assert that the highstate has nothing to do for it."""
    outcome = app.platform.flipside("platform.apply", "--json").json
    assert not [state["id"] for state in outcome["changed"] if app.name in state["id"]]


def test_values_arrive_to_the_last_byte(make_app: Callable[..., App], tmp_path: Path) -> None:
    hashes = tmp_path / "hashes"
    step = f'python -c "{HASHES}" {" ".join(VALUES)} > {hashes}'
    app = make_app("exact", steps={"deploy": [step]})
    for name, value in VALUES.items():
        # Of what is piped in, one newline at the end is the pipe's.
        give(app, name, value + "\n")
    (tmp_path / "file").write_text("of a file\n")
    app.flipside("secret.set", "FILE", "--file", str(tmp_path / "file"))
    app.flipside("secret.set", "exact", "RANDOM", "--generate")
    app.ship()
    got = env(app)
    assert {name: got[name] for name in VALUES} == VALUES
    assert (got["FILE"], len(got["RANDOM"])) == ("of a file\n", 64)
    wanted = [hashlib.sha256(value.encode()).hexdigest() for value in VALUES.values()]
    assert app.flipside("app.exec", "--", "python", "-c", HASHES, *VALUES).out.split() == wanted
    assert hashes.read_text().split() == wanted
    files = sorted((app.place() / "current").resolve().rglob("*.json"))
    assert {path.name: path.stat().st_mode & 0o077 for path in files} == {
        "env.json": 0,
        "spec.json": 0,
    }


@pytest.mark.parametrize("task", ["app.deploy", "app.restart"])
def test_a_change_is_brought_and_nobody_notices(make_app: Callable[..., App], task: str) -> None:
    app = make_app(f"changes-{task[4:]}")
    give(app, "TOKEN", "first")
    app.ship()
    give(app, "TOKEN", "second")
    give(app, "MORE", "more")
    assert env(app)["TOKEN"] == "first"
    unnoticed(app, lambda: app.flipside(task))
    assert (env(app)["TOKEN"], env(app)["MORE"]) == ("second", "more")
    holds(app)
    app.flipside("secret.unset", "MORE")
    app.flipside(task)
    assert "MORE" not in env(app)
    changed = [
        entry for entry in app.flipside("app.history", "--json").json if "MORE" in str(entry)
    ]
    assert changed


@pytest.mark.parametrize("task", ["app.deploy", "app.restart"])
def test_a_value_that_the_app_does_not_start_with(make_app: Callable[..., App], task: str) -> None:
    app = make_app(f"picky-{task[4:]}", secrets=["SECRET_KEY"])
    app.write(extra_py="import os\nassert os.environ['TOKEN'] != 'wrong', 'not this one'\n")
    give(app, "TOKEN", "right")
    release = app.ship("1")
    app.deploy()
    before, (_, machine) = env(app), sheets(app)
    sheet, pid = machine.read_bytes(), app.http("/process").json["pid"]
    give(app, "TOKEN", "wrong")
    says(app.run(task), "not this one", "app.logs")
    assert machine.read_bytes() == sheet
    holds(app)
    assert (env(app), live(app), app.http("/process").json["pid"]) == (before, release, pid)
    app.flipside("app.config", "set", "OTHER=1")
    assert env(app)["TOKEN"] == "right"
    give(app, "TOKEN", "right, too")
    app.flipside(task)
    assert env(app)["TOKEN"] == "right, too"


def test_a_release_that_does_not_start_leaves_the_old_secrets(make_app: Callable[..., App]) -> None:
    app = make_app("fails-with")
    give(app, "TOKEN", "old")
    release = app.ship("1")
    sheet = sheets(app)[1].read_bytes()
    give(app, "TOKEN", "new")
    app.write(extra_py="raise RuntimeError('broken')\n")
    app.publish("2")
    app.fails("app.deploy")
    assert (env(app)["TOKEN"], live(app), app.version) == ("old", release, "1")
    assert sheets(app)[1].read_bytes() == sheet
    holds(app)
    app.write(extra_py="")
    app.ship("3")
    assert env(app)["TOKEN"] == "new"


def test_a_first_deploy_that_fails_leaves_no_sheet(make_app: Callable[..., App]) -> None:
    app = make_app("never")
    give(app, "TOKEN", "early")
    app.write(extra_py="raise RuntimeError('broken')\n")
    app.publish("1")
    app.fails("app.deploy")
    assert not sheets(app)[1].exists()
    holds(app)
