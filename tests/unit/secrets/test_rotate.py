"""A new key for a platform: whatever cuts it, the machine opens every secret all the time."""

from __future__ import annotations

import threading
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from flipside.config import LoadedPlatform
from flipside.errors import SecretError
from flipside.machine.files import write_json
from flipside.secrets import exchange, identity, keyring, recipients, sheet
from flipside.secrets.folder import Secrets
from flipside.secrets.readers import changed
from flipside.secrets.rotate import rotate
from flipside.secrets.sealed import Place, seal, unseal

HERE, STAGING = ("guestbook", "production"), ("guestbook", "staging")
FOLDER = {HERE: {"A": "a", "B": "b\n"}, STAGING: {"A": "c"}}
GENERATED = {HERE: {"MADE": "e"}, ("api", "production"): {"MADE": "f"}}
PLAIN = {("old", "production"): {"OLD": "h"}}


class World:
    """A folder, its machine and a person, with secrets everywhere that there can be one.

    Attributes:
        old: What opened them before.
        public: Its public half.
    """

    def __init__(self, platform: LoadedPlatform, box, ann, told) -> None:
        self.platform, self.box, self.ann, self.told = platform, box, ann, told
        self.secrets = Secrets(platform.folder)
        exchange.bring(box, platform, told.detail)
        (self.old,) = box.openers()
        self.public = str(self.old.to_public())
        recipients.write(self.secrets.path, {"platform": self.public, "ann": ann.public})
        for where, values in FOLDER.items():
            for name, value in values.items():
                self.secrets.set(Place(*where, name), value)
        exchange.bring(box, platform, told.detail)
        for where, values in GENERATED.items():
            box.sheets.add(*where, values)
        for (app, env), values in PLAIN.items():
            record = {"app": app, "env": env, "secrets": values}
            write_json(box.layout.record(app, env), record)

    def rotate(self, named: Path | None = None) -> dict:
        return rotate(self.box, self.platform, str(named) if named else None, self.told)

    def sealed(self) -> list[tuple[Place, str, str]]:
        """Each sealed value, at each place that it lies at, and what it is."""
        found = []
        for where, values in FOLDER.items():
            for kept in (self.secrets.values(*where), self.box.sheets.values("secrets", *where)):
                assert kept.keys() == values.keys()
                found += [(Place(*where, n), kept[n], values[n]) for n in values]
        for where, values in [*GENERATED.items(), *PLAIN.items()]:
            kept = self.box.sheets.values("generated", *where)
            assert where in PLAIN or kept.keys() == values.keys()
            found += [(Place(*where, n), kept[n], values[n]) for n in kept]
        return found

    def opens_all(self, keys) -> None:
        for place, sealed, value in self.sealed():
            assert unseal(sealed, place, keys) == value

    def watch(self) -> None:
        """What must be so at any moment: also that the machine's key is not lost with it."""
        self.opens_all(self.box.openers())
        kept = map(identity.public, self.box.sheets.privates())
        assert all(keyring.private(public) for public in kept)

    def is_done(self) -> None:
        """The new key opens everything, the old one nothing, and nothing is left of the way."""
        (new,) = self.box.openers()
        assert recipients.read(self.secrets.path) == {
            "platform": str(new.to_public()),
            "ann": self.ann.public,
        }
        assert str(new.to_public()) != self.public
        self.opens_all([new])
        for place, sealed, _ in self.sealed():
            with pytest.raises(SecretError, match="other keys"):
                unseal(sealed, place, [self.old])
            if (place.app, place.env) not in PLAIN:
                assert unseal(sealed, place, [self.ann.opener])


@pytest.fixture
def world(tmp_path, platform, box, pair, told):
    """Make a world of its own; the computer forgets the keys of the one before."""

    def make(name: str = "world") -> World:
        for path in keyring.files():
            path.unlink()
        mine = replace(platform, folder=tmp_path / name / "platform")
        return World(mine, type(box)(tmp_path / name / "box"), pair(), told)

    return make


def test_everything_is_for_the_new_key(world) -> None:
    made = world()
    _, old = keyring.private(made.public)
    done = made.rotate()
    made.is_done()
    assert done["public"] == recipients.read(made.secrets.path)["platform"]
    assert keyring.private(done["public"])[1] == Path(done["saved"])
    assert (done["old"], done["values"]) == (str(old), 3)
    assert old.exists()
    assert Path(done["saved"]).stat().st_mode & 0o777 == 0o600
    assert done["saved"] in made.told.details[-1]
    assert "AGE-SECRET" not in str(made.told.details) + str(done)


def test_the_old_key_is_forgotten_last(world) -> None:
    made = world()
    made.box.called.clear()
    made.rotate()
    assert made.box.called == ["add_key", "take_sheets", "seal_anew", "retire_keys"]


def test_it_can_be_done_again_and_again(world) -> None:
    made = world()
    publics = {made.rotate()["public"] for _ in range(3)}
    assert len(publics) == 3
    made.is_done()


def test_a_platform_without_secrets_gets_a_new_key(platform, box, told) -> None:
    exchange.bring(box, platform, told.detail)
    assert rotate(box, platform, None, told)["values"] == 0
    assert len(box.sheets.privates()) == 1


def test_a_key_file_may_be_named(world, tmp_path) -> None:
    """A person's own; and that of the platform need not be on this computer."""
    made = world()
    keyring.private(made.public)[1].unlink()
    with pytest.raises(SecretError, match="no private key"):
        made.rotate()
    path = tmp_path / "mine"
    path.write_text(identity.text([made.ann.private]))
    assert made.rotate(path)["old"] is None
    made.is_done()


def test_at_every_moment_every_secret_opens(world, knife) -> None:
    made = world()
    made.box.run = knife.around(made.box.run)
    knife.watch = made.watch
    knife.kills(made.rotate, at=0)
    assert knife.count > 20
    made.is_done()


@pytest.mark.parametrize("again", ["rotate", "after a bootstrap", "with a person's key"])
def test_cut_anywhere_it_is_finished_by_running_it_again(world, knife, tmp_path, again) -> None:
    at, cut = 0, True
    while cut:
        at += 1
        made = world(str(at))
        mine = tmp_path / str(at) / "mine"
        mine.write_text(identity.text([made.ann.private]))
        named = mine if again == "with a person's key" else None
        made.box.run = knife.around(made.box.run)
        cut = knife.kills(lambda: made.rotate(named), at)  # noqa: B023 - at once
        made.watch()
        knife.watch = made.watch
        if again == "after a bootstrap":
            with suppress(SecretError):
                exchange.bring(made.box, made.platform, made.told.detail)
        made.rotate(named)
        made.is_done()
        knife.watch = lambda: None
    assert at > 20


def test_a_key_that_was_begun_with_is_the_one_that_it_ends_with(world, knife) -> None:
    for at in range(1, 200):
        made = world(str(at))
        made.box.run = knife.around(made.box.run)
        if not knife.kills(made.rotate, at):
            break
        keys = recipients.read(made.secrets.path)
        newest = identity.public(made.box.sheets.privates()[0])
        if newest != made.public:
            assert newest in (keys.get("platform-next"), keys["platform"])
        done = made.rotate()
        assert keys.get("platform-next") in (None, done["public"])
        assert len(keyring.files()) <= 3


@pytest.mark.parametrize("what", ["set", "add"])
def test_what_others_change_meanwhile_is_not_lost(world, knife, pair, what) -> None:
    """At each of its moments another process sets a secret or adds a reader, or waits to."""
    made, others, people = world(), [], [pair() for _ in range(60)]
    made.box.run = knife.around(made.box.run)

    def change(n: int) -> None:
        if what == "set":
            made.secrets.set(Place(*HERE, f"N{n}"), "x")
        else:
            changed(made.secrets, ["add", f"p{n}", people[n].public], None)

    def start() -> None:
        if threading.current_thread() is threading.main_thread():
            others.append(threading.Thread(target=change, args=(len(others),)))
            others[-1].start()
            others[-1].join(0.05)

    knife.watch = start
    made.rotate()
    for other in others:
        other.join(20)
    opened = made.secrets.opened(*HERE, made.box.openers())
    if what == "set":
        assert opened.keys() >= {f"N{n}" for n in range(len(others))}
    else:
        assert recipients.read(made.secrets.path).keys() >= {f"p{n}" for n in range(len(others))}
        for person in people[: len(others)]:
            assert made.secrets.opened(*HERE, [person.opener]) == opened


def test_a_secret_of_the_folder_that_does_not_open_changes_nothing(world, pair) -> None:
    made, place = world(), Place(*HERE, "A")
    values = made.secrets.values(*HERE)
    made.secrets.write(*HERE, {**values, "A": seal("x", place, [pair().public])})
    before = made.box.layout.key.read_bytes()
    with pytest.raises(SecretError, match="A is encrypted for other keys"):
        made.rotate()
    assert made.box.layout.key.read_bytes() == before
    assert "platform-next" not in recipients.read(made.secrets.path)
    assert len(keyring.files()) == 1


def test_one_made_on_the_machine_that_does_not_open_is_named(world, pair) -> None:
    """And the old key stays, since it opens the others."""
    made, place = world(), Place(*HERE, "MADE")
    path = made.box.layout.sheet("generated", *HERE)
    path.write_text(sheet.text({"MADE": seal("x", place, [pair().public])}))
    with pytest.raises(SecretError, match=r"MADE .*is encrypted for other keys"):
        made.rotate()
    assert identity.public(made.box.sheets.privates()[-1]) == made.public


def test_a_sheet_that_only_the_machine_has_is_not_lost(world) -> None:
    """As of a colleague who deployed and has not pushed, or where the file was deleted here."""
    made = world()
    made.secrets.sheet(*STAGING).unlink()
    with suppress(SecretError):
        made.rotate()
    sealed = made.box.sheets.values("secrets", *STAGING)["A"]
    assert unseal(sealed, Place(*STAGING, "A"), made.box.openers()) == "c"


def test_without_the_key_that_was_to_come_it_says_what_to_do(world, pair) -> None:
    made = world()
    keys, lost = recipients.read(made.secrets.path), pair().public
    recipients.write(made.secrets.path, {**keys, "platform-next": lost})
    with pytest.raises(SecretError, match=f"the private half of {lost}") as caught:
        made.rotate()
    assert "delete the line platform-next" in caught.value.next
    made.watch()
    recipients.write(made.secrets.path, keys)
    made.rotate()
    made.is_done()
