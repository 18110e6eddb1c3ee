"""Who can open secrets, changed: at any moment by those who shall, at the end by nobody else."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from flipside.errors import FlipsideError, NotFoundError, SecretError
from flipside.secrets import identity, keyring, recipients
from flipside.secrets.folder import Secrets
from flipside.secrets.readers import changed
from flipside.secrets.sealed import Place

VALUES = {
    ("guestbook", "production"): {"A": "a", "B": "b"},
    ("guestbook", "staging"): {"A": "c"},
    ("blog", "production"): {"Z": "d"},
}


@pytest.fixture
def filled(secrets: Secrets) -> Secrets:
    """With secrets in several environments."""
    for where, values in VALUES.items():
        for name, value in values.items():
            secrets.set(Place(*where, name), value)
    return secrets


def opens(secrets: Secrets, opener) -> bool:
    """Whether a key opens all; one that opens some and not others is neither."""
    found = []
    for where, values in VALUES.items():
        for name in values:
            kept = {name: secrets.values(*where)[name]}
            try:
                found.append(_opened(secrets, where, kept, opener) == {name: values[name]})
            except SecretError:
                found.append(False)
    assert len(set(found)) == 1
    return found[0]


def _opened(secrets: Secrets, where, kept, opener) -> dict[str, str]:
    opened = secrets.opened(*where, [opener])
    return {name: opened[name] for name in kept}


def content(secrets: Secrets) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in secrets.path.rglob("*") if path.is_file()}


def test_who_is_added_opens_everything(filled, pair) -> None:
    ann, box = pair(), keyring.identities()[0]
    done = changed(filled, ["add", "ann", ann.public], None)
    assert done == {"recipients": recipients.read(filled.path), "removed": None, "values": 4}
    assert done["recipients"]["ann"] == ann.public
    assert opens(filled, ann.opener)
    assert opens(filled, box)


def test_who_is_removed_opens_nothing(filled, pair) -> None:
    ann, bob, box = pair(), pair(), keyring.identities()[0]
    changed(filled, ["add", "ann", ann.public], None)
    changed(filled, ["add", "bob", bob.public], None)
    done = changed(filled, ["remove", "ann"], None)
    assert (done["removed"], done["values"]) == ("ann", 4)
    assert list(recipients.read(filled.path)) == ["platform", "bob"]
    assert [opens(filled, one) for one in (ann.opener, bob.opener, box)] == [False, True, True]


def test_without_a_secret_no_private_key_is_needed(secrets, pair) -> None:
    for path in keyring.files():
        path.unlink()
    ann = pair().public
    assert changed(secrets, ["add", "ann", ann], None)["values"] == 0
    assert recipients.read(secrets.path)["ann"] == ann
    changed(secrets, ["remove", "ann"], None)
    assert list(recipients.read(secrets.path)) == ["platform"]


def test_a_person_may_open_them_with_a_key_of_their_own(filled, pair, tmp_path) -> None:
    ann, bob = pair(), pair()
    changed(filled, ["add", "ann", ann.public], None)
    for path in keyring.files():
        path.unlink()
    (tmp_path / "mine").write_text(identity.text([ann.private]))
    changed(filled, ["add", "bob", bob.public], str(tmp_path / "mine"))
    assert opens(filled, bob.opener)


def test_adding_the_same_again_is_fine(filled, pair) -> None:
    ann = pair()
    one = changed(filled, ["add", "ann", ann.public], None)
    assert changed(filled, ["add", "ann", ann.public], None) == one


@pytest.mark.parametrize(
    ("words", "what"),
    [
        (["add"], "not understood"),
        (["add", "ann"], "not understood"),
        (["add", "ann", "{key}", "x"], "not understood"),
        (["remove"], "not understood"),
        (["remove", "ann", "x"], "not understood"),
        (["list"], "not understood"),
        (["Add", "ann", "{key}"], "not understood"),
        (["add", "ann", "age1"], "no public key"),
        (["add", "platform", "{key}"], "the machine's own name"),
        (["remove", "platform"], "the machine's own name"),
        (["remove", "platform-next"], "the machine's own name"),
        (["add", "a b", "{key}"], "no name for a recipient"),
        (["add", "bob", "{key}"], "has another key here"),
        (["remove", "ann"], r"no recipient ann \(there are: platform, bob\)"),
    ],
)
def test_words_that_cannot_be_change_nothing(filled, pair, words, what) -> None:
    changed(filled, ["add", "bob", pair().public], None)
    before = content(filled)
    with pytest.raises(FlipsideError, match=what):
        changed(filled, [word.format(key=pair().public) for word in words], None)
    assert content(filled) == before


def test_a_private_key_is_not_repeated(filled, pair) -> None:
    key, before = pair(), content(filled)
    for words in (["add", "ann", key.private], ["add", key.private, "ann"], [key.private]):
        with pytest.raises(FlipsideError) as caught:
            changed(filled, words, None)
        assert key.private[16:] not in str(caught.value)
    assert content(filled) == before


def test_what_does_not_open_changes_nothing(filled, pair, tmp_path) -> None:
    (tmp_path / "mine").write_text(identity.text([pair().private]))
    before = content(filled)
    with pytest.raises(SecretError, match="is encrypted for other keys"):
        changed(filled, ["add", "ann", pair().public], str(tmp_path / "mine"))
    for path in keyring.files():
        path.unlink()
    with pytest.raises(SecretError, match="no private key"):
        changed(filled, ["add", "ann", pair().public], None)
    assert content(filled) == before


def test_without_the_platforms_key_nobody_is_added(platform, pair) -> None:
    with pytest.raises(NotFoundError, match="no key yet"):
        changed(Secrets(platform.folder), ["add", "ann", pair().public], None)


@pytest.fixture
def cut(filled, knife, tmp_path):
    """Kill the words at each of their moments, and say them again; who stays opens all always."""

    def everywhere(words: list[str], key: str, *staying) -> Iterator[None]:
        (tmp_path / "mine").write_text(identity.text([key]))
        begin, at = content(filled), 1
        while knife.kills(lambda: changed(filled, words, str(tmp_path / "mine")), at):
            assert all(opens(filled, each) for each in staying)
            if words[0] == "add" or words[1] in recipients.read(filled.path):
                changed(filled, words, str(tmp_path / "mine"))
            assert (words[1] in recipients.read(filled.path)) is (words[0] == "add")
            yield
            for path, before in begin.items():
                (filled.path / path).write_bytes(before)
            at += 1
        assert at > 8

    return everywhere


@pytest.mark.parametrize("verb", ["add", "remove"])
@pytest.mark.parametrize("owner", ["platform", "bob"])
def test_cut_anywhere_the_same_words_finish_it(filled, pair, cut, verb, owner) -> None:
    """With whosever key; those who stay can open everything all the time."""
    ann, bob, box = pair(), pair(), keyring.identities()[0]
    private = {"bob": bob.private, "platform": str(box)}[owner]
    changed(filled, ["add", "bob", bob.public], None)
    words = ["add", "ann", ann.public]
    if verb == "remove":
        changed(filled, words, None)
        words = ["remove", "ann"]
    for _ in cut(words, private, bob.opener, box):
        assert opens(filled, ann.opener) is (verb == "add")
        assert opens(filled, bob.opener)
        assert opens(filled, box)


def test_who_is_removed_does_not_do_it_themselves(filled, pair, tmp_path) -> None:
    """Their key would open fewer and fewer values as it goes on, and could not finish what was cut."""
    ann = pair()
    changed(filled, ["add", "ann", ann.public], None)
    (tmp_path / "ann").write_text(identity.text([ann.private]))
    before = content(filled)
    with pytest.raises(SecretError, match="only the key that is to be removed"):
        changed(filled, ["remove", "ann"], str(tmp_path / "ann"))
    assert content(filled) == before


def test_what_is_set_meanwhile_is_for_those_who_are_recipients_then(filled, pair, knife) -> None:
    """At each of its moments another process sets a value, or waits until it may."""
    ann, others = pair(), []

    def set_another() -> None:
        if threading.current_thread() is threading.main_thread():
            place = Place("guestbook", "production", f"N{len(others)}")
            others.append(threading.Thread(target=filled.set, args=(place, "x")))
            others[-1].start()
            others[-1].join(0.1)

    knife.watch = set_another
    changed(filled, ["add", "ann", ann.public], None)
    for other in others:
        other.join(10)
    assert len(others) > 4
    assert len(filled.opened("guestbook", "production", [ann.opener])) == len(others) + 2
