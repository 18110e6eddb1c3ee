"""The private keys on this computer: where they lie, and that nobody else reads them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from flipside.errors import SecretError
from flipside.secrets import identity, keyring


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o7777


@pytest.mark.parametrize("mask", [0o000, 0o022, 0o077])
def test_only_the_user_reads_a_key(ring, mask) -> None:
    before = os.umask(mask)
    try:
        public, path = keyring.make("box")
    finally:
        os.umask(before)
    assert (mode(ring), mode(path)) == (0o700, 0o600)
    assert path == ring / f"box-{public[4:12]}.key"
    assert keyring.files() == [path]


def test_each_key_has_a_file_of_its_own(ring) -> None:
    """A second key of the same platform never takes the first one's place."""
    made = [keyring.make("box") for _ in range(3)]
    assert {path for _, path in made} == set(keyring.files())
    for public, path in made:
        private, found = keyring.private(public)
        assert (identity.public(private), found) == (public, path)


def test_a_key_that_is_not_here_is_none(ring, pair) -> None:
    assert keyring.private(pair().public) is None
    keyring.make("box")
    assert keyring.private(pair().public) is None


def test_a_file_may_have_several_keys(ring, pair) -> None:
    ring.mkdir()
    keys = [pair(), pair()]
    (ring / "mine.key").write_text(identity.text(key.private for key in keys))
    for key in keys:
        assert keyring.private(key.public) == (key.private, ring / "mine.key")
    assert len(keyring.identities()) == 2


def test_other_files_are_no_keys(ring, pair) -> None:
    """Half written ones begin with a dot."""
    ring.mkdir()
    (ring / "readme.txt").write_text("x")
    (ring / ".box.key.1234").write_text("x")
    (ring / ".box.key").write_text("x")
    assert keyring.files() == []


def test_the_folder_is_what_the_variable_says(tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("FLIPSIDE_KEYS", str(tmp_path / "mine"))
    assert keyring.folder() == tmp_path / "mine"
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("FLIPSIDE_KEYS", "mine")
    assert keyring.folder() == tmp_path / "mine"
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("FLIPSIDE_KEYS", "~/mine")
    assert keyring.folder() == tmp_path / "home/mine"


@pytest.mark.parametrize("unset", ["", None])
def test_else_it_is_below_the_users_configuration(tmp_path, monkeypatch, unset) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("FLIPSIDE_KEYS", "XDG_CONFIG_HOME"):
        monkeypatch.delenv(name, raising=False)
        if unset is not None:
            monkeypatch.setenv(name, unset)
    assert keyring.folder() == tmp_path / ".config/flipside/keys"
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "conf"))
    assert keyring.folder() == tmp_path / "conf/flipside/keys"
    # The specification of XDG's: a path that is not absolute counts for nothing.
    monkeypatch.setenv("XDG_CONFIG_HOME", "conf")
    assert keyring.folder() == tmp_path / ".config/flipside/keys"


def test_secrets_are_opened_with_every_key_or_those_of_a_file(ring, tmp_path, pair) -> None:
    keyring.make("box")
    keyring.make("other")
    assert len(keyring.identities()) == 2
    path = tmp_path / "mine"
    path.write_text(identity.text([pair().private]))
    assert len(keyring.identities(str(path))) == 1


def test_a_file_may_be_named_by_the_home(tmp_path, monkeypatch, pair) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "mine").write_text(identity.text([pair().private]))
    assert len(keyring.identities("~/mine")) == 1


def test_without_a_key_it_says_how_to_name_one(ring, tmp_path) -> None:
    with pytest.raises(SecretError, match="no private key") as caught:
        keyring.identities()
    assert (caught.value.where, caught.value.next) == (str(ring), "name one with --identity")
    (tmp_path / "empty").write_text("# nothing\n")
    with pytest.raises(SecretError, match="no private key"):
        keyring.identities(str(tmp_path / "empty"))
    with pytest.raises(SecretError, match="no such key file"):
        keyring.identities(str(tmp_path / "gone"))


@pytest.mark.parametrize("content", [b"canary-7f3a\n", b"\xffcanary-7f3a\n"])
def test_a_bad_file_among_the_keys_is_named(ring, pair, content) -> None:
    ring.mkdir()
    (ring / "bad.key").write_bytes(content)
    for ask in (keyring.identities, lambda: keyring.private(pair().public)):
        with pytest.raises(SecretError) as caught:
            ask()
        assert str(ring / "bad.key") in caught.value.where
        assert "canary" not in str(caught.value)
