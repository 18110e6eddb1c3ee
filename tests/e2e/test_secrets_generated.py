"""Secrets that nobody has to invent, those of other environments, and of an app that comes again."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from e2e.rig import App


def env(app: App) -> dict[str, str]:
    """The environment of the process that answers."""
    found: dict[str, str] = app.http("/process").json["env"]
    return found


def folders_sheet(app: App) -> Path:
    """Its sheet in the platform's folder."""
    return app.platform.folder / f"pillar/secrets/{app.name}/production.sls"


def test_what_is_generated_comes_back_sealed_and_stays(make_app: Callable[..., App]) -> None:
    app = make_app("generates", secrets=["SECRET_KEY"])
    done = app.publish("1") and app.deploy()
    value, sheet = env(app)["SECRET_KEY"], folders_sheet(app)
    assert (done["generated"], len(value)) == (["SECRET_KEY"], 64)
    assert "\nSECRET_KEY: ENC[age," in sheet.read_text()
    assert value not in sheet.read_text()
    # Another clone of the folder, from before it was committed.
    sheet.unlink()
    app.ship("2")
    assert env(app)["SECRET_KEY"] == value
    assert "\nSECRET_KEY: ENC[age," in sheet.read_text()
    assert app.deploy()["changed"] is False
    sheet.unlink()
    app.ship("3")
    app.flipside("app.restart")
    assert env(app)["SECRET_KEY"] == value
    app.flipside("secret.set", "SECRET_KEY", "--generate")
    app.deploy()
    assert env(app)["SECRET_KEY"] not in {value, ""}


def test_each_environment_has_its_own(make_app: Callable[..., App]) -> None:
    app = make_app("staged", secrets=["SECRET_KEY"])
    app.flipside("secret.set", "TOKEN", stdin="of production")
    app.flipside("secret.set", "TOKEN", "-e", "staging", stdin="of staging")
    app.ship()
    app.flipside("app.deploy", "-e", "staging")
    ask = ("app.exec", "-e", "staging", "--", "printenv", "TOKEN", "SECRET_KEY")
    token, key = app.flipside(*ask).out.split("\n")[:2]
    assert (token, env(app)["TOKEN"]) == ("of staging", "of production")
    assert key != env(app)["SECRET_KEY"]
    app.run("app.destroy", "-e", "staging", "--yes", "--data")


def test_destroyed_and_made_anew_it_has_those_of_the_folder(make_app: Callable[..., App]) -> None:
    app = make_app("reborn", secrets=["SECRET_KEY"])
    app.flipside("secret.set", "TOKEN", stdin="kept")
    app.ship()
    before = env(app)["SECRET_KEY"]
    app.flipside("app.destroy", "--yes", "--data")
    left = [
        path for path in (app.platform / "store/pillar").rglob("*.sls") if app.name in str(path)
    ]
    assert not left
    app.deploy()
    assert (env(app)["TOKEN"], env(app)["SECRET_KEY"]) == ("kept", before)
