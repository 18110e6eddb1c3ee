"""Secrets that cannot be opened: their app alone is not changed, all apps serve, and nobody is told a value."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from e2e.canaries import look, make
from e2e.harm import says, serves
from e2e.rig import App, Done, Platform, until

from flipside.secrets import identity
from flipside.secrets.sealed import Place, seal

TOKEN, PLAIN = make("token"), make("plain")
SHEET = "pillar/secrets/spoilt/production.sls"

Change = Callable[[App, str, str], str]
"""What a secret of an app, by its name, is to be in place of what it is."""


@pytest.fixture(scope="module")
def both(platform: Platform) -> Iterator[tuple[App, App]]:
    """The app whose secrets go bad, and its neighbour."""
    apps = [platform.app(name).make(secrets=["SECRET_KEY"]) for name in ("spoilt", "healthy")]
    for name in CHANGES:
        apps[0].flipside("secret.set", name, stdin=PLAIN.value)
    for app in apps:
        app.flipside("secret.set", "TOKEN", stdin=TOKEN.value)
        app.release = app.ship("1")
        app.deploy()
    yield apps[0], apps[1]
    for app in apps:
        app.flipside("app.destroy", "--yes", "--data")


@pytest.fixture
def spoilt(both: tuple[App, App]) -> Iterator[App]:
    """The app; its sheets are as they were afterwards, and so is all else."""
    app = both[0]
    before = {path: path.read_bytes() for path in sheets(app)}
    yield app
    for path, content in before.items():
        path.write_bytes(content)
    assert app.platform.flipside("platform.apply", "--json").json["changed"] == []


def sheets(app: App) -> list[Path]:
    """Its sheet in the platform's folder, and the machine's copy."""
    return [app.platform.folder / SHEET, app.platform / f"store/{SHEET}"]


def repacked(change: Callable[[bytearray], object]) -> Change:
    """A change of the bytes that are in a sealed value."""

    def packed(_app: App, _name: str, sealed: str) -> str:
        content = bytearray(base64.b64decode(sealed[len("ENC[age,") : -1]))
        change(content)
        return f"ENC[age,{base64.b64encode(content).decode()}]"

    return packed


def flip(where: int) -> Change:
    """One bit of another value, in the byte with that index."""
    return repacked(lambda content: content.__setitem__(where, content[where] ^ 4))


def foreign(_app: App, name: str, _sealed: str) -> str:
    """The value as sealed for somebody else's platform."""
    place = Place("spoilt", "production", name)
    return seal(PLAIN.value, place, [identity.public(identity.generate())])


def of(place: str) -> Change:
    """The value that is sealed for another place on this platform."""

    def moved(app: App, _name: str, _sealed: str) -> str:
        text = (app.platform.folder / "pillar/secrets/recipients.yml").read_text()
        key = re.search(r"(?m)^platform: (age1\w+)", text)[1]
        return seal(PLAIN.value, Place(*place.split("/")), [key])

    return moved


ALTERED, FOREIGN, MOVED = "was cut or altered", "is encrypted for other keys", "belongs elsewhere"
CHANGES: dict[str, tuple[Change, str]] = {
    "HEADER": (flip(180), ALTERED),
    "LAST": (flip(-1), ALTERED),
    "CUT": (repacked(lambda content: content.__delitem__(slice(-20, None))), ALTERED),
    "SHORT": (repacked(lambda content: content.__delitem__(slice(30, None))), ALTERED),
    "LONG": (repacked(lambda content: content.extend(b"more")), ALTERED),
    "KEY": (foreign, FOREIGN),
    "APP": (of("healthy/production/APP"), MOVED),
    "ENV": (of("spoilt/staging/ENV"), MOVED),
    "NAME": (of("spoilt/production/TOKEN"), MOVED),
}


def put(app: App, name: str, change: Change, paths: list[Path]) -> None:
    """Change one value in sheets."""
    text = paths[0].read_text()
    line = re.search(f"(?m)^{name}: (.*)$", text)
    changed = text.replace(line[0], f"{name}: {change(app, name, line[1])}")
    assert changed != text
    for path in paths:
        path.write_text(changed)


def discreet(done: Done) -> Done:
    """Assert that a command printed no value, in no form."""
    assert not list(look(f"{done.out}{done.err}".encode(), [TOKEN, PLAIN])), str(done)
    return done


def fails_alone(app: App, neighbour: App, *said: str) -> None:
    """Assert that nothing of the app can be changed, and all of its neighbour."""
    pid = app.http("/process").json["pid"]
    service = f"app.healthy.production.{(neighbour.place() / 'current').resolve().name}"
    assert app.platform.salt("service.stop", service) is True
    until(lambda: not neighbour.answers())
    done = discreet(says(app.run("platform.apply"), *said))
    assert set(re.findall(r"(\S+)-live: ", done.err)) == {"spoilt.production"}
    for task in ("app.deploy", "app.restart", "platform.plan"):
        discreet(says(app.run(task), *said))
    doctor = discreet(app.run("platform.doctor"))
    assert doctor.status == 1
    assert not [word for word in said if word not in doctor.out], str(doctor)
    assert discreet(app.run("secret.check")).status == 1
    assert app.http("/process").json["pid"] == pid
    for one in (app, neighbour):
        serves(one, one.release)
        assert one.http("/process").json["env"]["TOKEN"] == TOKEN.value
    assert neighbour.deploy()["changed"] is False
    neighbour.flipside("app.restart")


def test_values_that_cannot_be_opened(both: tuple[App, App], spoilt: App) -> None:
    """Every one is named."""
    for name, (change, _) in CHANGES.items():
        put(spoilt, name, change, sheets(spoilt))
    said = [f"{name} in {SHEET} {why}" for name, (_, why) in CHANGES.items()]
    fails_alone(spoilt, both[1], *said)


def test_text_that_is_no_sealed_value(both: tuple[App, App], spoilt: App) -> None:
    """Its line alone is named: what stands before a colon might be part of the value, too."""
    put(spoilt, "TOKEN", lambda *_: PLAIN.value, sheets(spoilt))
    lines = sheets(spoilt)[0].read_text().splitlines()
    number = next(n for n, line in enumerate(lines, 1) if line.startswith("TOKEN: "))
    fails_alone(spoilt, both[1], f"{SHEET}:{number}", "plain text")


def test_one_value_is_set_anew(spoilt: App) -> None:
    put(spoilt, "LAST", flip(-1), sheets(spoilt))
    discreet(says(spoilt.run("app.deploy"), f"LAST in {SHEET} {ALTERED}"))
    spoilt.flipside("secret.set", "LAST", stdin=PLAIN.value)
    spoilt.deploy()
    assert sheets(spoilt)[1].read_bytes() == sheets(spoilt)[0].read_bytes()


def test_the_machines_copy_alone_is_mended_by_a_deploy(spoilt: App) -> None:
    put(spoilt, "TOKEN", flip(-1), sheets(spoilt)[1:])
    discreet(says(spoilt.run("platform.apply"), "TOKEN", SHEET))
    discreet(says(spoilt.run("app.config", "set", "A=1"), "TOKEN", SHEET))
    spoilt.deploy()
    assert sheets(spoilt)[1].read_bytes() == sheets(spoilt)[0].read_bytes()


def test_the_folders_alone_never_gets_to_the_machine(spoilt: App) -> None:
    before = sheets(spoilt)[1].read_bytes()
    put(spoilt, "SECRET_KEY", flip(-1), sheets(spoilt)[:1])
    discreet(says(spoilt.run("app.deploy"), "SECRET_KEY", SHEET))
    assert sheets(spoilt)[1].read_bytes() == before
    spoilt.platform.flipside("platform.apply")


@pytest.mark.parametrize("text", ["", "TOKEN: x\n"])
def test_the_machines_copy_without_its_first_line(spoilt: App, text: str) -> None:
    """It must not pass for a sheet without secrets, nor stop the states of all apps."""
    machine, pid = sheets(spoilt)[1], spoilt.http("/process").json["pid"]
    whole = machine.read_bytes()
    machine.write_text(text)
    done = spoilt.run("platform.apply")
    after = spoilt.http("/process").json["pid"]
    machine.write_bytes(whole)
    spoilt.flipside("platform.apply")
    says(done, SHEET)
    assert set(re.findall(r"(\S+)-live: ", done.err)) == {"spoilt.production"}
    assert after == pid
