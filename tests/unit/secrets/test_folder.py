"""The secrets of a platform's folder: what a change touches, and what it never does."""

from __future__ import annotations

import fcntl
import multiprocessing
import threading
from pathlib import Path

import pytest

from flipside.errors import FlipsideError, NotFoundError, SecretError
from flipside.secrets import folder, keyring, recipients, sheet
from flipside.secrets.folder import Secrets
from flipside.secrets.sealed import Place

CANARY = "canary-7f3a"
HERE = ("guestbook", "production")


def place(name: str, app: str = HERE[0], env: str = HERE[1]) -> Place:
    return Place(app, env, name)


def opened(secrets: Secrets, *where: str) -> dict[str, str]:
    return secrets.opened(*(where or HERE), keyring.identities())


def lines(secrets: Secrets) -> list[str]:
    return secrets.sheet(*HERE).read_text().splitlines()


def content(secrets: Secrets) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in secrets.path.rglob("*") if path.is_file()}


@pytest.fixture
def three(secrets: Secrets) -> Secrets:
    """With three values in one environment."""
    for name in ("A", "B", "C"):
        secrets.set(place(name), f"{name} {CANARY}")
    return secrets


def test_a_value_is_kept_sealed_for_every_recipient(secrets, pair) -> None:
    ann = pair()
    recipients.write(secrets.path, {**recipients.read(secrets.path), "ann": ann.public})
    assert secrets.set(place("KEY"), CANARY) is False
    path = secrets.path / "guestbook/production.sls"
    assert path == secrets.sheet(*HERE)
    assert (path.read_text().splitlines()[0], len(lines(secrets))) == (sheet.HEAD, 2)
    assert CANARY not in path.read_text()
    assert opened(secrets) == secrets.opened(*HERE, [ann.opener]) == {"KEY": CANARY}


def test_setting_one_leaves_the_others_byte_for_byte(three) -> None:
    before = lines(three)
    assert three.set(place("B"), "other") is True
    after = lines(three)
    assert [a == b for a, b in zip(after, before, strict=True)] == [True, True, False, True]
    three.set(place("D"), "new")
    assert lines(three)[:4] == after
    assert opened(three) == {"A": f"A {CANARY}", "B": "other", "C": f"C {CANARY}", "D": "new"}


def test_removing_one_leaves_the_others_byte_for_byte(three) -> None:
    before = lines(three)
    three.unset(place("B"))
    assert lines(three) == [before[0], before[1], before[3]]


def test_the_last_one_removed_leaves_an_empty_sheet(three) -> None:
    """It says to the platform that there is nothing; no sheet at all would say nothing."""
    for name in ("A", "B", "C"):
        three.unset(place(name))
    assert three.text(*HERE) == f"{sheet.HEAD}\n"
    assert not three.any()


def test_removing_what_is_not_there_tells_what_is(three) -> None:
    before = content(three)
    with pytest.raises(NotFoundError, match=r"no secret D in production \(there are: A, B, C\)"):
        three.unset(place("D"))
    with pytest.raises(NotFoundError, match=r"there are: none"):
        three.unset(place("A", env="staging"))
    assert content(three) == before


def test_replacing_seals_only_what_changed(three) -> None:
    before, values = lines(three), opened(three)
    done = three.replace(*HERE, values, {"A": values["A"], "B": "other", "D": "new"})
    assert done == {"set": ["B", "D"], "unset": ["C"]}
    assert lines(three)[:2] == before[:2]
    assert opened(three) == {"A": values["A"], "B": "other", "D": "new"}


def test_replacing_by_the_same_writes_nothing(three) -> None:
    before, values = three.sheet(*HERE).stat(), opened(three)
    assert three.replace(*HERE, values, dict(values)) == {"set": [], "unset": []}
    assert three.sheet(*HERE).stat().st_ino == before.st_ino


def test_what_others_set_meanwhile_outlives_a_replacement(three) -> None:
    """An editor may be open for an hour."""
    values = opened(three)
    three.set(place("D"), "new")
    three.set(place("A"), "theirs")
    three.replace(*HERE, values, {**values, "B": "mine"})
    assert opened(three) == {**values, "A": "theirs", "B": "mine", "D": "new"}


def test_without_a_key_nothing_is_written(platform) -> None:
    secrets = Secrets(platform.folder)
    for change in (
        lambda: secrets.set(place("A"), "x"),
        lambda: secrets.replace(*HERE, {}, {"A": "x"}),
        secrets.require_key,
    ):
        with pytest.raises(NotFoundError, match="no key yet"):
            change()
    assert content(secrets) == {}


def test_names_are_told_of_one_app_or_all(three) -> None:
    three.set(place("Z", env="staging"), "x")
    three.set(place("Z", app="guest"), "x")
    mine = [{"app": "guestbook", "env": "production", "name": name} for name in "ABC"]
    mine += [{"app": "guestbook", "env": "staging", "name": "Z"}]
    assert three.names("guestbook") == mine
    assert three.names() == [{"app": "guest", "env": "production", "name": "Z"}, *mine]
    assert three.names("book") == []
    assert three.environments()[0] == ("guest", "production")


def test_where_nothing_is_there_is_nothing(platform) -> None:
    secrets = Secrets(platform.folder)
    assert (secrets.names(), secrets.environments(), secrets.any()) == ([], [], False)
    assert (secrets.text(*HERE), secrets.values(*HERE)) == (None, {})


@pytest.mark.parametrize("path", ["Guestbook/production.sls", "guestbook/a.b.sls", "a_b/x.sls"])
def test_a_sheet_named_as_none_can_be_is_said(secrets, path) -> None:
    (secrets.path / path).parent.mkdir(exist_ok=True)
    (secrets.path / path).write_text(f"{sheet.HEAD}\n")
    with pytest.raises(FlipsideError, match="no name for an"):
        secrets.environments()


@pytest.mark.parametrize("line", [f"A: {CANARY}".encode(), f"A: {CANARY}".encode() + b"\xff"])
def test_a_bad_sheet_is_neither_read_nor_written(three, line) -> None:
    three.sheet(*HERE).write_bytes(f"{sheet.HEAD}\n".encode() + line + b"\n")
    before = content(three)
    for use in (
        lambda: three.set(place("A"), "x"),
        lambda: three.unset(place("A")),
        lambda: three.values(*HERE),
        three.names,
    ):
        with pytest.raises(SecretError) as caught:
            use()
        assert str(three.sheet(*HERE)) in caught.value.where
        assert CANARY not in str(caught.value)
    assert content(three) == before


def test_a_value_that_does_not_open_is_named(three, pair) -> None:
    with pytest.raises(SecretError, match="A is encrypted for other keys") as caught:
        three.opened(*HERE, [pair().opener])
    assert caught.value.where == str(three.sheet(*HERE))
    assert caught.value.next == "flipside secret.set guestbook A -e production"


def test_values_swapped_in_a_sheet_do_not_open(three) -> None:
    head, a, b, c = lines(three)
    swapped = [head, f"A: {b[3:]}", f"B: {a[3:]}", c]
    three.sheet(*HERE).write_text("\n".join(swapped))
    with pytest.raises(SecretError, match="A belongs elsewhere"):
        opened(three)


def test_sealing_anew_is_for_the_new_readers_alone(three, pair) -> None:
    three.set(place("Z", env="staging"), "x")
    ann, values = pair(), opened(three)
    assert three.seal_anew(keyring.identities(), [ann.public]) == 4
    assert three.opened(*HERE, [ann.opener]) == values
    assert three.opened("guestbook", "staging", [ann.opener]) == {"Z": "x"}
    with pytest.raises(SecretError, match="other keys"):
        opened(three)


def test_sealing_anew_changes_nothing_if_one_value_does_not_open(three, pair) -> None:
    three.set(place("A", app="aaa"), "x")
    three.sheet("zzz", "production").parent.mkdir()
    three.sheet("zzz", "production").write_text(three.sheet(*HERE).read_text())
    before = content(three)
    with pytest.raises(SecretError, match="A belongs elsewhere"):
        three.seal_anew(keyring.identities(), [pair().public])
    assert content(three) == before


def set_many(platform: Path, name: str) -> None:
    for number in range(20):
        Secrets(platform).set(place(f"{name}{number}"), f"{name} {number}")


def test_processes_that_set_at_once_lose_nothing(platform, secrets) -> None:
    start = multiprocessing.get_context("fork").Process
    both = [start(target=set_many, args=(platform.folder, name)) for name in ("A", "B", "C")]
    for process in both:
        process.start()
    for process in both:
        process.join(60)
    assert [process.exitcode for process in both] == [0, 0, 0]
    assert opened(secrets) == {f"{n}{i}": f"{n} {i}" for n in "ABC" for i in range(20)}
    assert [path.name for path in secrets.path.glob("guestbook/*")] == ["production.sls"]


@pytest.mark.parametrize("change", ["set", "replace"])
def test_a_change_that_waited_is_for_those_who_are_recipients_then(
    secrets, pair, monkeypatch, change
) -> None:
    """It waits while another seals all values for a new key; the old one is gone by then."""
    new, waits = pair(), threading.Event()
    lock = fcntl.flock

    def telling(*args) -> None:
        waits.set()
        lock(*args)

    monkeypatch.setattr(folder.fcntl, "flock", telling)
    todo = {
        "set": lambda: secrets.set(place("A"), "x"),
        "replace": lambda: secrets.replace(*HERE, {}, {"A": "x"}),
    }[change]
    with secrets.changing():
        waits.clear()
        other = threading.Thread(target=todo)
        other.start()
        assert waits.wait(10)
        recipients.write(secrets.path, {recipients.PLATFORM: new.public})
    other.join(10)
    assert secrets.opened(*HERE, [new.opener]) == {"A": "x"}
