"""The platform's sheets: what was sent, what was generated, and the keys that open both."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from flipside.errors import FlipsideError, SecretError
from flipside.machine import sheets as module
from flipside.machine.files import write_json
from flipside.machine.layout import Layout
from flipside.machine.records import Records
from flipside.machine.sheets import GENERATED, SENT, Sheets
from flipside.secrets import identity, sheet
from flipside.secrets.sealed import Place, seal, unseal

HERE = ("blog", "production")
CANARY = "canary-7f3a"


class Killed(BaseException):
    pass


@pytest.fixture
def keyless(layout: Layout) -> Sheets:
    """The sheets of a platform that has no key yet."""
    layout.etc.mkdir(parents=True)
    where = {"root": str(layout.root), "run": str(layout.run)}
    (layout.etc / "layout.json").write_text(json.dumps(where))
    return Sheets(layout)


@pytest.fixture
def sheets(keyless: Sheets) -> Sheets:
    """The same with a key."""
    keyless.add_key(identity.generate())
    return keyless


@pytest.fixture
def public(sheets: Sheets) -> str:
    return identity.public(sheets.privates()[0])


@pytest.fixture
def text(public: str) -> Callable[..., str]:
    """The text of a sheet with those values."""

    def make(**values: str) -> str:
        sealed = {name: seal(values[name], Place(*HERE, name), [public]) for name in values}
        return sheet.text(sealed)

    return make


def opened(sheets: Sheets, kind: str = GENERATED, *where: str) -> dict[str, str]:
    place = where or HERE
    keys = identity.opened(sheets.layout.key)
    values = sheets.values(kind, *place)
    return {name: unseal(values[name], Place(*place, name), keys) for name in values}


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


def anywhere(folder: Path, word: str) -> list[Path]:
    """The files that have a word."""
    paths = [path for path in folder.rglob("*") if path.is_file()]
    return [path for path in paths if word.encode() in path.read_bytes()]


def test_the_newest_key_is_the_first(keyless: Sheets) -> None:
    assert keyless.privates() == []
    one, two = identity.generate(), identity.generate()
    keyless.add_key(one)
    keyless.add_key(two)
    assert keyless.privates() == [two, one]
    keyless.add_key(one)
    assert keyless.privates() == [one, two]
    assert mode(keyless.layout.key) == 0o600


@pytest.mark.parametrize("private", [CANARY, "", "age1x", f"# {CANARY}"])
def test_what_is_no_key_is_not_kept(sheets: Sheets, private: str) -> None:
    before = sheets.layout.key.read_bytes()
    with pytest.raises(SecretError) as caught:
        sheets.add_key(private)
    assert CANARY not in str(caught.value)
    assert sheets.layout.key.read_bytes() == before


def test_all_keys_but_one_are_forgotten(sheets: Sheets, public: str) -> None:
    (kept,) = sheets.privates()
    sheets.add_key(identity.generate())
    sheets.retire_keys(public)
    assert sheets.privates() == [kept]
    with pytest.raises(SecretError, match="does not have the key age1gone") as caught:
        sheets.retire_keys("age1gone")
    assert caught.value.where == str(sheets.layout.key)
    assert sheets.privates() == [kept]


def test_a_sheet_is_replaced_whole(sheets: Sheets, text) -> None:
    """Names that came, changed or went are told."""
    one = text(A="a", B="b")
    assert sheets.take(*HERE, one) == ["A", "B"]
    path = sheets.layout.sheet(SENT, *HERE)
    assert (path.read_text(), mode(path)) == (one, 0o600)
    assert sheets.take(*HERE, one) == []
    kept = one.splitlines()[1]
    two = f"{sheet.HEAD}\n{kept}\n{text(C='c').splitlines()[1]}\n"
    assert sheets.take(*HERE, two) == ["B", "C"]
    assert opened(sheets, SENT) == {"A": "a", "C": "c"}
    assert sheets.take(*HERE, sheet.text({})) == ["A", "C"]
    assert sheets.values(SENT, *HERE) == {}


def test_plain_text_is_not_taken(sheets: Sheets, text) -> None:
    sheets.take(*HERE, text(A="a"))
    before = sheets.layout.sheet(SENT, *HERE).read_bytes()
    for bad in (CANARY, f"{text(A='b')}B: {CANARY}\n", f"#!yaml\nA: {CANARY}\n"):
        with pytest.raises(SecretError) as caught:
            sheets.take(*HERE, bad)
        assert caught.value.where.startswith("pillar/secrets/blog/production.sls")
        assert CANARY not in str(caught.value)
    assert sheets.layout.sheet(SENT, *HERE).read_bytes() == before


@pytest.mark.parametrize("where", [("../x", "a"), ("a", ".."), ("A", "b"), ("a.b", "c"), ("", "")])
def test_a_name_leads_nowhere_else(sheets: Sheets, text, where) -> None:
    for use in (lambda: sheets.take(*where, text(A="a")), lambda: sheets.names(*where)):
        with pytest.raises(FlipsideError, match="no name for an"):
            use()


def failing(sheets: Sheets, content: str, error: BaseException) -> None:
    """A change that took its sheet, and then fails."""
    with sheets.taken(*HERE, content) as names:
        assert names == ["A"]
        assert opened(sheets, SENT) == {"A": "b"}
        raise error


@pytest.mark.parametrize("error", [FlipsideError("no"), KeyboardInterrupt(), Killed()])
def test_a_change_that_fails_has_the_sheet_of_before_again(sheets: Sheets, text, error) -> None:
    one = text(A="a")
    sheets.take(*HERE, one)
    with pytest.raises(type(error)):
        failing(sheets, text(A="b"), error)
    assert sheets.layout.sheet(SENT, *HERE).read_text() == one


def test_a_first_change_that_fails_leaves_no_sheet(sheets: Sheets, text) -> None:
    with pytest.raises(Killed), sheets.taken(*HERE, text(A="a")):
        raise Killed
    assert not sheets.layout.sheet(SENT, *HERE).exists()


def test_a_bad_sheet_fails_its_change_before_it_begins(sheets: Sheets, text) -> None:
    one = text(A="a")
    sheets.take(*HERE, one)
    with pytest.raises(SecretError), sheets.taken(*HERE, CANARY):
        pytest.fail("it began")
    assert sheets.layout.sheet(SENT, *HERE).read_text() == one


def test_a_change_without_a_sheet_leaves_what_is_there(sheets: Sheets, text) -> None:
    one = text(A="a")
    sheets.take(*HERE, one)
    with sheets.taken(*HERE, None) as names:
        assert names == []
    with pytest.raises(Killed), sheets.taken(*HERE, None):
        raise Killed
    assert sheets.layout.sheet(SENT, *HERE).read_text() == one


def test_a_value_is_generated_once_and_kept(sheets: Sheets) -> None:
    sheets.ensure(*HERE, ["A", "B"])
    first, kept = opened(sheets), sheets.values(GENERATED, *HERE)
    assert [len(first[name]) for name in ("A", "B")] == [64, 64]
    assert first["A"] != first["B"]
    sheets.ensure(*HERE, ["A", "B", "C"])
    assert {name: opened(sheets)[name] for name in ("A", "B")} == first
    assert {name: sheets.values(GENERATED, *HERE)[name] for name in kept} == kept
    assert mode(sheets.layout.sheet(GENERATED, *HERE)) == 0o600
    assert sheets.names(*HERE) == {"A", "B", "C"}


def test_what_was_sent_is_not_generated(sheets: Sheets, text) -> None:
    sheets.take(*HERE, text(A="a"))
    sheets.ensure(*HERE, ["A"])
    assert not sheets.layout.sheet(GENERATED, *HERE).exists()
    sheets.ensure(*HERE, ["B"])
    assert sheets.names(*HERE) == {"A", "B"}
    assert sheets.values(GENERATED, *HERE).keys() == {"B"}


def test_readers_open_what_was_generated(sheets: Sheets) -> None:
    """The platform's key may be among them, as the folder's list has it."""
    ann = identity.generate()
    readers = [identity.public(sheets.privates()[0]), identity.public(ann)]
    sheets.ensure(*HERE, ["A"])
    (sheets.layout.root / "ann").write_text(ann)
    sealed = sheets.unsent(*HERE, readers)["A"]
    keys = identity.opened(sheets.layout.root / "ann")
    assert unseal(sealed, Place(*HERE, "A"), keys) == opened(sheets)["A"]


def test_without_a_key_nothing_is_generated(keyless: Sheets) -> None:
    keyless.ensure(*HERE, [])
    with pytest.raises(SecretError, match="has no key") as caught:
        keyless.ensure(*HERE, ["A"])
    assert caught.value.next == "flipside platform.bootstrap"
    assert keyless.names(*HERE) == set()


def test_the_laptop_gets_what_its_sheet_has_not(sheets: Sheets, text) -> None:
    sheets.ensure(*HERE, ["A", "B"])
    assert sheets.unsent(*HERE, []).keys() == {"A", "B"}
    sheets.take(*HERE, text(A="a"))
    assert sheets.unsent(*HERE, []).keys() == {"B"}


def test_environments_are_strangers(sheets: Sheets) -> None:
    sheets.ensure(*HERE, ["A"])
    assert [sheets.names(*x) for x in (("blog", "staging"), ("blo", "production"))] == [set()] * 2


def test_generated_ones_are_sealed_anew_for_the_newest_key(sheets: Sheets) -> None:
    for where in (HERE, ("api", "staging")):
        sheets.ensure(*where, ["A"])
    before = opened(sheets), opened(sheets, GENERATED, "api", "staging")
    new = identity.generate()
    sheets.add_key(new)
    sheets.seal_anew([])
    sheets.retire_keys(identity.public(new))
    assert (opened(sheets), opened(sheets, GENERATED, "api", "staging")) == before
    assert mode(sheets.layout.sheet(GENERATED, *HERE)) == 0o600


def test_sealing_anew_changes_nothing_if_one_does_not_open(sheets: Sheets, public: str) -> None:
    """It says which."""
    sheets.ensure(*HERE, ["A"])
    sheets.ensure("zoo", "production", ["B"])
    before = sheets.layout.sheet(GENERATED, *HERE).read_bytes()
    sheets.retire_keys(public)
    stranger = seal("x", Place("zoo", "production", "B"), [identity.public(identity.generate())])
    sheets.layout.sheet(GENERATED, "zoo", "production").write_text(sheet.text({"B": stranger}))
    with pytest.raises(SecretError, match=r"B .*is encrypted for other keys"):
        sheets.seal_anew([])
    assert sheets.layout.sheet(GENERATED, *HERE).read_bytes() == before


@pytest.mark.parametrize("what", ["ensure", "take"])
def test_what_a_deploy_does_meanwhile_is_not_lost(sheets, text, monkeypatch, what) -> None:
    """It comes after the sheets were read, and before they are written anew."""
    sheets.ensure(*HERE, ["A"])
    sheets.take(*HERE, text(B="b"))
    given, write, deploys = text(B="b", N="n"), module.write_atomic, []
    sheets.add_key(identity.generate())

    def late(*args, **options) -> None:
        if not deploys:
            words = (*HERE, ["N"] if what == "ensure" else given)
            deploys.append(threading.Thread(target=getattr(sheets, what), args=words))
            deploys[0].start()
            deploys[0].join(0.3)
        write(*args, **options)

    monkeypatch.setattr(module, "write_atomic", late)
    sheets.seal_anew([])
    deploys[0].join(10)
    assert sheets.names(*HERE) == {"A", "B", "N"}


def test_what_does_not_open_is_told_in_words(sheets: Sheets, text) -> None:
    sheets.take(*HERE, text(A=CANARY))
    sheets.ensure(*HERE, ["B"])
    assert sheets.unreadable() == []
    sheets.add_key(identity.generate())
    assert sheets.unreadable() == []
    sheets.retire_keys(identity.public(sheets.privates()[0]))
    assert sheets.unreadable() == [
        "B in pillar/generated/blog/production.sls is encrypted for other keys",
        "A in pillar/secrets/blog/production.sls is encrypted for other keys",
    ]


def adopting(sheets: Sheets, **values: str) -> Records:
    """The records of Flipside 0.1, which had secrets in plain text."""
    for env in ("production", "staging"):
        record = {"app": "blog", "env": env, "release": "1-aaaaaaaa", "config": {"X": "y"}}
        write_json(sheets.layout.record("blog", env), {**record, "secrets": values})
    write_json(sheets.layout.record("api", "production"), {"app": "api", "env": "production"})
    return Records(sheets.layout)


def test_plain_text_of_before_is_sealed_and_gone(sheets: Sheets) -> None:
    records = adopting(sheets, A=CANARY, B=f"{CANARY}\n")
    assert anywhere(sheets.layout.root, CANARY)
    sheets.adopt(records)
    assert anywhere(sheets.layout.root, CANARY) == []
    for env in ("production", "staging"):
        assert opened(sheets, GENERATED, "blog", env) == {"A": CANARY, "B": f"{CANARY}\n"}
        record = json.loads(sheets.layout.record("blog", env).read_text())
        assert (record["release"], record["config"]) == ("1-aaaaaaaa", {"X": "y"})
        assert "secrets" not in record
    assert not sheets.layout.sheet(GENERATED, "api", "production").exists()
    before = sheets.values(GENERATED, *HERE)
    sheets.adopt(records)
    sheets.ensure(*HERE, ["A", "B"])
    assert sheets.values(GENERATED, *HERE) == before


def test_an_adoption_that_was_cut_loses_nothing(sheets: Sheets, monkeypatch) -> None:
    """Before and after each write of sheet and record."""
    done = 0
    for at in range(1, 20):
        records, count = adopting(sheets, A=CANARY), 0

        def cut(function):
            def run(*args, **options):
                nonlocal count
                for work in (lambda: None, lambda: function(*args, **options)):
                    work()
                    count += 1
                    if count == at:  # noqa: B023 - called at once
                        raise Killed

            return run

        with monkeypatch.context() as patch:
            patch.setattr(module, "write_atomic", cut(module.write_atomic))
            patch.setattr("flipside.machine.records.write_json", cut(write_json))
            try:
                sheets.adopt(records)
            except Killed:
                done += 1
        sheets.adopt(records)
        assert opened(sheets) == opened(sheets, GENERATED, "blog", "staging") == {"A": CANARY}
        assert anywhere(sheets.layout.root, CANARY) == []
    assert done == 8


def test_without_a_key_plain_text_stays_where_it_is(keyless: Sheets) -> None:
    """Better there than nowhere."""
    records = adopting(keyless, A=CANARY)
    with pytest.raises(SecretError, match="has no key"):
        keyless.adopt(records)
    assert records.plain_secrets(*HERE) == {"A": CANARY}


def test_an_environment_is_forgotten_alone(sheets: Sheets, text) -> None:
    others = [("blog", "staging"), ("blog2", "production")]
    for where in (HERE, *others):
        sheets.ensure(*where, ["A"])
    sheets.take(*HERE, text(B="b"))
    sheets.remove(*HERE)
    assert sheets.names(*HERE) == set()
    assert [sheets.names(*where) for where in others] == [{"A"}, {"A"}]
    sheets.remove(*HERE)


@pytest.mark.parametrize("damaged", [b"", b"KEY: x\n", b"\xff\n"])
def test_a_damaged_sheet_is_told_and_mended_by_the_next_one(sheets: Sheets, text, damaged) -> None:
    path = sheets.layout.sheet(SENT, *HERE)
    sheets.take(*HERE, text(A="a"))
    path.write_bytes(damaged)
    (why,) = sheets.unreadable()
    assert why.startswith("pillar/secrets/")
    with suppress(OSError), sheets.taken(*HERE, text(A="b")):
        raise OSError
    assert path.read_bytes() == damaged
    with sheets.taken(*HERE, text(A="b")) as names:
        assert names == ["A"]
    assert sheets.unreadable() == []
