"""Secrets that are refused, in words that do not have them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from e2e.harm import says
from e2e.rig import App, Flipside, Platform

from flipside.secrets import identity

VALUE = "hunter2"


@pytest.fixture(scope="module")
def app(platform: Platform) -> Iterator[App]:
    """An app with secrets, none of which any test changes."""
    made = platform.app("discreet").make(secrets=["SECRET_KEY"])
    made.flipside("secret.set", "TOKEN", stdin="of the app")
    made.ship()
    yield made
    made.flipside("app.destroy", "--yes", "--data")


def sealed(app: App) -> dict[str, bytes]:
    """All files of the folder's secrets."""
    found = sorted((app.platform.folder / "pillar").rglob("*"))
    return {str(path): path.read_bytes() for path in found if path.is_file()}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("secret.set", f"TOKEN={VALUE}"), "no value"),
        (("secret.set", "discreet", f"TOKEN={VALUE}"), "no value"),
        (("secret.set", "discreet", "TOKEN", VALUE), "no value"),
        (("secret.set", "TOKEN", f"--value={VALUE}"), "--value"),
        (("secret.set",), "name of a variable"),
        (("secret.set", "9TOKEN"), "name of a variable"),
        (("secret.set", f"{VALUE}-{VALUE}"), "no value"),
        (("secret.set", "FLIPSIDE_TOKEN"), "the platform sets these itself"),
        (("secret.set", "../other", "TOKEN"), "../other"),
        (("secret.set", "Refused", "TOKEN"), "Refused"),
        (("secret.set", "TOKEN", "-e", "../x"), "../x"),
        (("secret.set", "TOKEN", "--platform=/nowhere"), "/nowhere"),
        (("secret.set", "TOKEN", "--generate", "--file=x"), "--generate and --file"),
        (("secret.set", "TOKEN", "--file=/nowhere"), "/nowhere"),
        (("secret.unset", "OTHER"), "no secret OTHER"),
        (("app.config", "set", f"SECRET_KEY={VALUE}"), "SECRET_KEY is a secret"),
        (("app.config", "set", "A=1", f"TOKEN={VALUE}"), "TOKEN is a secret"),
    ],
)
def test_words_that_are_refused(app: App, words: tuple[str, ...], said: str) -> None:
    before, env = sealed(app), app.http("/process").json["env"]
    done = says(app.run(*words, stdin=VALUE), said)
    assert VALUE not in done.out + done.err
    assert (sealed(app), app.http("/process").json["env"]) == (before, env)


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (b"", "empty"),
        (b"a\0b", "NUL"),
        (b"hunter2\xff", "UTF-8"),
        (b"hunter2" * 18725, "bytes too long"),
    ],
)
def test_values_that_no_variable_can_have(
    app: App, tmp_path: Path, value: bytes, said: str
) -> None:
    before, path = sealed(app), tmp_path / "value"
    path.write_bytes(value)
    done = says(app.run("secret.set", "TOKEN", f"--file={path}"), said)
    assert VALUE not in done.out + done.err
    assert sealed(app) == before


def test_private_key_as_a_recipient(app: App) -> None:
    private = identity.generate()
    done = says(app.run("secret.recipients", "add", "ann", private), "private key")
    assert private not in done.out + done.err


def test_platform_that_has_no_key_yet(tmp_path: Path) -> None:
    (tmp_path / ".flipside-platform").write_text("target: local\n")
    flipside = Flipside(tmp_path, tmp_path)
    done = says(
        flipside.run("secret.set", "app", "TOKEN", stdin=VALUE), "no key", "platform.bootstrap"
    )
    assert VALUE not in done.out + done.err
    assert not (tmp_path / "pillar").exists()
