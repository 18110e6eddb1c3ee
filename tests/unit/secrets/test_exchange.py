"""Keys and sheets between a folder and its machine: each side ends with what it lacked."""

from __future__ import annotations

from dataclasses import replace

import pytest

from flipside.errors import FlipsideError, SecretError
from flipside.secrets import exchange, identity, keyring, recipients
from flipside.secrets.folder import Secrets
from flipside.secrets.sealed import Place, seal, unseal

HERE = ("guestbook", "production")
CANARY = "canary-7f3a"


def place(name: str) -> Place:
    return Place(*HERE, name)


@pytest.fixture
def bring(box, platform, told):
    """Bring the folder's keys and sheets to the machine; returns what a person was told."""

    def run() -> list[str]:
        told.details.clear()
        exchange.bring(box, platform, told.detail)
        return told.details

    return run


def publics(box) -> list[str]:
    return [identity.public(each) for each in box.sheets.privates()]


def test_a_new_platform_gets_a_key_that_is_saved_here(box, platform, bring, ring) -> None:
    details = bring()
    public = recipients.read(Secrets(platform.folder).path)["platform"]
    private, path = keyring.private(public)
    assert publics(box) == [public]
    assert f"saved as {path}" in details[0]
    assert "keep a copy" in details[1]
    assert private not in "".join(details)
    assert box.layout.key.stat().st_mode & 0o777 == 0o600


def test_again_it_changes_nothing_and_says_nothing(box, platform, bring) -> None:
    bring()
    before = (box.layout.key.read_bytes(), recipients.read(Secrets(platform.folder).path))
    box.called.clear()
    assert bring() == []
    assert "add_key" not in box.called
    assert (box.layout.key.read_bytes(), recipients.read(Secrets(platform.folder).path)) == before


def test_a_folder_without_recipients_learns_the_machines_key(box, platform, bring, pair) -> None:
    """As after a deploy by someone who never committed; no second key is made."""
    key = pair()
    box.sheets.add_key(key.private)
    bring()
    assert recipients.read(Secrets(platform.folder).path) == {"platform": key.public}
    assert keyring.files() == []


def test_other_recipients_outlive_it(box, platform, bring, pair) -> None:
    path, ann = Secrets(platform.folder).path, pair().public
    recipients.write(path, {"ann": ann})
    bring()
    assert recipients.read(path)["ann"] == ann
    assert list(recipients.read(path)) == ["platform", "ann"]


def test_a_machine_made_anew_gets_the_key_and_the_sheets(box, secrets, bring) -> None:
    secrets.set(place("A"), CANARY)
    secrets.set(Place("blog", "staging", "B"), CANARY)
    details = bring()
    assert details[-2:] == ["changed blog/staging/B", "changed guestbook/production/A"]
    sealed = box.sheets.values("secrets", *HERE)["A"]
    assert sealed == secrets.values(*HERE)["A"]
    assert unseal(sealed, place("A"), box.openers()) == CANARY
    assert CANARY not in "".join(details)


def test_only_what_changed_is_told(box, secrets, bring) -> None:
    for name in "ABC":
        secrets.set(place(name), name)
    bring()
    secrets.set(place("A"), "other")
    secrets.unset(place("B"))
    assert bring() == ["changed guestbook/production/A", "changed guestbook/production/B"]
    assert box.sheets.names(*HERE) == {"A", "C"}


def test_what_cannot_be_opened_is_told_and_stops_nothing(box, secrets, bring, pair) -> None:
    secrets.set(place("A"), CANARY)
    sealed = seal(CANARY, place("B"), [pair().public])
    secrets.write(*HERE, {**secrets.values(*HERE), "B": sealed})
    problem = bring()[-1]
    assert problem.startswith("cannot be opened: B in pillar/secrets/guestbook/production.sls")
    assert CANARY not in problem


def test_without_the_private_half_it_says_where_to_put_it(box, secrets, bring, pair) -> None:
    public = pair().public
    recipients.write(secrets.path, {"platform": public})
    with pytest.raises(SecretError, match="is not on this computer") as caught:
        bring()
    assert public in caught.value.what
    assert str(keyring.folder()) in caught.value.next
    assert publics(box) == []


@pytest.mark.parametrize("here", [False, True], ids=["lost", "on this computer"])
def test_a_machine_with_another_key_keeps_it(box, secrets, bring, pair, here) -> None:
    """The folder may be older than a rotation: the key that was forgotten must not come back."""
    if not here:
        recipients.write(secrets.path, {"platform": pair().public})
    theirs = pair()
    box.sheets.add_key(theirs.private)
    with pytest.raises(SecretError, match="the machine's key is") as caught:
        bring()
    assert theirs.public in caught.value.what
    assert "git pull" in caught.value.next
    assert publics(box) == [theirs.public]


def test_a_rotation_that_was_cut_says_how_to_finish_it(box, secrets, bring, pair) -> None:
    """The machine has the key that was to come, and forgot the other one already."""
    new = pair()
    box.sheets.add_key(new.private)
    keys = recipients.read(secrets.path)
    recipients.write(secrets.path, {**keys, recipients.COMING: new.public})
    with pytest.raises(SecretError) as caught:
        bring()
    assert "flipside secret.rotate-key" in caught.value.next
    assert publics(box) == [new.public]


def test_plain_text_never_leaves_this_computer(box, secrets, bring) -> None:
    secrets.set(place("A"), "x")
    with secrets.sheet(*HERE).open("a") as file:
        file.write(f"B: {CANARY}\n")
    for use in (bring, lambda: exchange.given(secrets.path.parents[1], *HERE)):
        with pytest.raises(SecretError, match="plain text") as caught:
            use()
        assert caught.value.where == f"{secrets.sheet(*HERE)}:3"
        assert CANARY not in str(caught.value)
    assert "take_sheets" not in box.called


def test_cut_anywhere_it_is_finished_by_running_it_again(
    box, platform, knife, tmp_path, monkeypatch
) -> None:
    """A machine, a folder and a computer that all begin with nothing."""
    at, cut = 0, True
    while cut:
        at += 1
        here = tmp_path / str(at)
        machine, folder = type(box)(here / "box"), here / "platform"
        machine.run = knife.around(machine.run)
        monkeypatch.setenv("FLIPSIDE_KEYS", str(here / "ring"))
        new = replace(platform, folder=folder)
        cut = knife.kills(lambda: exchange.bring(machine, new, print), at)  # noqa: B023 - at once
        exchange.bring(machine, new, print)
        public = recipients.require(Secrets(folder).path)["platform"]
        assert publics(machine) == [public]
        assert keyring.private(public)
    assert at > 10


def test_a_deploy_gives_its_environments_sheet_and_who_reads_it(platform, secrets, pair) -> None:
    given = exchange.given(platform.folder, *HERE)
    assert given == {"sheet": None, "readers": [recipients.read(secrets.path)["platform"]]}
    secrets.set(place("A"), "x")
    ann = pair().public
    recipients.write(secrets.path, {**recipients.read(secrets.path), "ann": ann})
    given = exchange.given(platform.folder, *HERE)
    assert given["sheet"] == secrets.sheet(*HERE).read_text()
    assert given["readers"][1:] == [ann]


def test_a_folder_without_any_secret_gives_nothing(platform) -> None:
    assert exchange.given(platform.folder, *HERE) == {"sheet": None, "readers": []}


def test_generated_ones_are_kept_and_those_here_win(platform, secrets) -> None:
    key = recipients.read(secrets.path)["platform"]
    secrets.set(place("A"), "mine")
    before = secrets.values(*HERE)["A"]
    made = {name: seal("made", place(name), [key]) for name in ("A", "B")}
    assert exchange.keep(platform.folder, *HERE, made) == ["B"]
    assert secrets.values(*HERE) == {"A": before, "B": made["B"]}
    assert exchange.keep(platform.folder, *HERE, made) == []


def test_with_nothing_generated_nothing_is_written(platform, secrets) -> None:
    assert exchange.keep(platform.folder, *HERE, {}) == []
    assert not secrets.sheet(*HERE).exists()


def test_plain_text_from_the_machine_is_not_kept(platform, secrets) -> None:
    """What would be committed is checked on its way in, too."""
    with pytest.raises(FlipsideError) as caught:
        exchange.keep(platform.folder, *HERE, {"A": CANARY})
    assert CANARY not in str(caught.value)
    assert not secrets.sheet(*HERE).exists()
