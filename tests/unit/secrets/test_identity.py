"""Key files, as `age-keygen` writes them."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from flipside.errors import SecretError
from flipside.secrets import identity
from flipside.secrets.sealed import Place, seal, unseal

PLACE = Place("guestbook", "production", "KEY")
CANARY = "canary-7f3a"


def test_a_key_has_two_halves() -> None:
    private = identity.generate()
    assert private.startswith(identity.MARK)
    assert identity.public(private).startswith("age1")
    assert identity.generate() != private


def test_a_file_of_keys_comes_back(pair) -> None:
    """The first stays the first: it is the one that seals."""
    keys = [pair().private for _ in range(3)]
    assert identity.privates(identity.text(keys), "here") == keys
    assert identity.privates("", "here") == []


def test_comments_blank_lines_and_spaces_are_nothing(pair) -> None:
    key = pair().private
    assert identity.privates(f"# made by me\r\n\r\n  {key}  \r\n#{key}\n", "here") == [key]


def test_a_file_of_age_keygen_opens(tmp_path: Path) -> None:
    path = tmp_path / "mine.key"
    subprocess.run(["age-keygen", "-o", path], check=True, capture_output=True)
    said = subprocess.run(["age-keygen", "-y", path], check=True, capture_output=True, text=True)
    sealed = seal("x", PLACE, [said.stdout.strip()])
    assert unseal(sealed, PLACE, identity.opened(path)) == "x"


def test_age_keygen_reads_a_file_of_ours(tmp_path: Path, pair) -> None:
    key, path = pair(), tmp_path / "mine.key"
    path.write_text(identity.text([key.private]))
    said = subprocess.run(["age-keygen", "-y", path], check=True, capture_output=True, text=True)
    assert said.stdout == f"{key.public}\n"


@pytest.mark.parametrize(
    "line", [CANARY, f"KEY={CANARY}", f"AGE-SECRET-KEY-1{CANARY}", "age1qqqq", "AGE-SECRET-KEY-1"]
)
def test_a_line_that_is_no_key_is_named_and_not_repeated(tmp_path: Path, pair, line) -> None:
    path = tmp_path / "mine.key"
    path.write_text(f"# mine\n{pair().private}\n{line}\n")
    with pytest.raises(SecretError) as caught:
        identity.opened(path)
    assert caught.value.where == f"{path}:3"
    assert CANARY not in str(caught.value)
    assert "age1" not in str(caught.value)


def test_a_key_that_was_mistyped_is_not_repeated(pair) -> None:
    key = pair().private
    with pytest.raises(SecretError) as caught:
        identity.privates(key[:-1], "here")
    assert key[20:40] not in str(caught.value)


@pytest.mark.parametrize(
    "make", [lambda path: path.mkdir(), lambda path: path.write_bytes(b"\xff")]
)
def test_a_file_that_cannot_be_read_is_said(tmp_path: Path, make) -> None:
    path = tmp_path / "mine.key"
    make(path)
    with pytest.raises(SecretError, match="cannot be read") as caught:
        identity.opened(path)
    assert caught.value.where == str(path)


def test_a_file_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(SecretError, match="no such key file"):
        identity.opened(tmp_path / "gone.key")
