"""Sheets as pillar: what opens is there, what does not is named, and nothing else suffers."""

from __future__ import annotations

import importlib.util
import io
from pathlib import Path

import pytest

from flipside.secrets import pillar, recipients, sheet
from flipside.secrets.sealed import Place, seal

HERE = ("guestbook", "production")
NAME = "pillar/secrets/guestbook/production.sls"
CANARY = "canary-7f3a"
RENDERER = Path(__file__).parents[3] / "salt/_renderers/flipside_secrets.py"


@pytest.fixture
def machine(box, pair):
    """A machine with a key."""
    box.key = pair()
    box.sheets.add_key(box.key.private)
    return box


def sealed(machine, name: str, value: str) -> str:
    return seal(value, Place(*HERE, name), [machine.key.public])


def rendered(machine, text: str, kind: str = "secrets", env: str = HERE[1]) -> dict:
    found = pillar.rendered(text, f"{kind}.guestbook.{env}", str(machine.layout.root))
    assert list(found) == ["secrets"]
    assert list(found["secrets"]) == ["guestbook"]
    assert list(found["secrets"]["guestbook"]) == [env]
    return found["secrets"]["guestbook"][env]


@pytest.mark.parametrize("kind", ["secrets", "generated"])
def test_a_sheet_is_its_values(machine, kind) -> None:
    text = sheet.text({"A": sealed(machine, "A", CANARY), "B": sealed(machine, "B", "b\n")})
    assert rendered(machine, text, kind) == {kind: {"A": CANARY, "B": "b\n"}, "unreadable": {}}


def test_an_empty_sheet_is_no_value(machine) -> None:
    assert rendered(machine, sheet.text({})) == {"secrets": {}, "unreadable": {}}


def test_what_was_sealed_before_a_rotation_opens_still(machine, pair) -> None:
    text = sheet.text({"A": sealed(machine, "A", CANARY)})
    machine.sheets.add_key(pair().private)
    assert rendered(machine, text)["secrets"] == {"A": CANARY}


def test_a_bad_value_leaves_the_others(machine, pair) -> None:
    bad = {
        "CUT": sealed(machine, "CUT", CANARY)[:-9] + "AAAA=]",
        "MOVED": sealed(machine, "A", CANARY),
        "OTHER": seal(CANARY, Place(*HERE, "OTHER"), [pair().public]),
    }
    found = rendered(machine, sheet.text({"A": sealed(machine, "A", "fine"), **bad}))
    assert found["secrets"] == {"A": "fine"}
    assert found["unreadable"].keys() == bad.keys()
    for name, why in found["unreadable"].items():
        assert why.startswith(f"{name} in {NAME} ")
        assert CANARY not in why
    assert found["unreadable"]["OTHER"].endswith("is encrypted for other keys")


@pytest.mark.parametrize("line", [f"B: {CANARY}", f"{CANARY}", f"B: ENC[age,{CANARY}]"])
def test_a_bad_line_is_named_and_nothing_of_its_sheet_is_used(machine, line) -> None:
    """Who knows what the rest was meant to be."""
    text = f"{sheet.HEAD}\nA: {sealed(machine, 'A', CANARY)}\n{line}\n"
    found = rendered(machine, text)
    assert list(found) == ["unreadable"]
    assert found["unreadable"]["secrets"].startswith(f"{NAME}:3: plain text")
    assert CANARY not in str(found)


def test_other_environments_do_not_suffer(machine) -> None:
    rendered(machine, f"{sheet.HEAD}\nA: {CANARY}\n")
    value = seal("fine", Place("guestbook", "staging", "A"), [machine.key.public])
    assert rendered(machine, sheet.text({"A": value}), env="staging")["secrets"] == {"A": "fine"}


def test_without_the_key_it_is_said(box, pair) -> None:
    text = sheet.text({"A": seal(CANARY, Place(*HERE, "A"), [pair().public])})
    found = rendered(box, text)
    assert list(found) == ["unreadable"]
    assert str(box.layout.key) in found["unreadable"]["secrets"]
    assert "no such key file" in found["unreadable"]["secrets"]


@pytest.mark.parametrize("content", [f"{CANARY}\n".encode(), b"\xff"])
def test_a_key_file_gone_bad_is_said_and_not_repeated(machine, content) -> None:
    text = sheet.text({"A": sealed(machine, "A", "x")})
    machine.layout.key.write_bytes(content)
    found = rendered(machine, text)
    assert str(machine.layout.key) in found["unreadable"]["secrets"]
    assert CANARY not in str(found)


def test_a_sheet_of_the_folder_is_pillar_as_it_is(box, platform, secrets, told) -> None:
    """From `secret.set` to the app, without a word in between that is not tried here."""
    private = (platform.folder.parent / "ring").glob("*.key").__next__().read_text()
    box.layout.key.write_text(private)
    secrets.set(Place(*HERE, "A"), "🔑 %s\n")
    assert rendered(box, secrets.text(*HERE))["secrets"] == {"A": "🔑 %s\n"}
    assert recipients.PLATFORM in recipients.read(secrets.path)


@pytest.mark.parametrize("form", [str, io.StringIO])
def test_salts_renderer_is_only_a_door(machine, form) -> None:
    """Salt gives text or a stream, and finds the root in its own options."""
    spec = importlib.util.spec_from_file_location("flipside_secrets", RENDERER)
    renderer = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(renderer)
    renderer.__opts__ = {"flipside": {"root": str(machine.layout.root)}}
    text = sheet.text({"A": sealed(machine, "A", CANARY)})
    name = "secrets.guestbook.production"
    found = renderer.render(form(text), "base", name, argline="")
    assert found == pillar.rendered(text, name, str(machine.layout.root))
