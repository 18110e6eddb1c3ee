"""A sealed value: it opens whole, for its recipients, at its place, or not at all."""

from __future__ import annotations

import base64
import subprocess
from pathlib import Path

import pyrage
import pytest

from flipside.errors import SecretError
from flipside.secrets import identity
from flipside.secrets.sealed import Place, is_sealed, seal, unseal

PLACE = Place("guestbook", "production", "SECRET_KEY")
CANARY = "canary-7f3a"
VALUES = {
    "plain": "s3cret",
    "empty": "",
    "lines": "-----BEGIN KEY-----\nabc\n\ndef\n-----END KEY-----\n",
    "line ends": "a\r\nb\rc\n\n",
    "quotes": '"it\'s" `x` \\n \\',
    "jinja": "{{ x }} {% if %} {# #}",
    "signs": "100% $HOME ${X} $(id) #no: [x] {y} & * ! |",
    "emoji": "🔑 é \u2028 \ufeff \U0010ffff",
    "spaces": "  both ends \t ",
    "long": "0123456789abcdef" * 4096,
    "like a sealed one": "ENC[age,AAAA]",
    "like a place": f"{PLACE}\nx",
    "NUL": "a\0b",
}


def wrapped(raw: bytes) -> str:
    return f"ENC[age,{base64.b64encode(raw).decode()}]"


def raw_of(sealed: str) -> bytes:
    return base64.b64decode(sealed.removeprefix("ENC[age,").removesuffix("]"))


def refusal(sealed: str, opener, place: Place = PLACE) -> str:
    """Why it does not open: everything that a person may get to read of it."""
    with pytest.raises(SecretError) as caught:
        unseal(sealed, place, [opener])
    assert caught.value.__suppress_context__ or caught.value.__context__ is None
    return f"{caught.value} {caught.value!r} {caught.value.as_dict()}"


@pytest.mark.parametrize("value", VALUES.values(), ids=VALUES)
def test_a_value_comes_back_to_the_last_byte(pair, value) -> None:
    key = pair()
    sealed = seal(value, PLACE, [key.public])
    assert is_sealed(sealed)
    assert unseal(sealed, PLACE, [key.opener]) == value


def test_a_sealed_value_is_one_word_and_never_the_same_twice(pair) -> None:
    key = pair()
    one, two = (seal(CANARY, PLACE, [key.public]) for _ in range(2))
    assert one != two
    assert set(one) & set(" \n\"'") == set()
    assert CANARY.encode() not in raw_of(one)


def test_every_recipient_opens_it_and_nobody_else(pair) -> None:
    ann, bob, eve = pair(), pair(), pair()
    sealed = seal(CANARY, PLACE, [ann.public, bob.public])
    assert unseal(sealed, PLACE, [ann.opener]) == unseal(sealed, PLACE, [bob.opener]) == CANARY
    assert unseal(sealed, PLACE, [eve.opener, bob.opener]) == CANARY
    assert "is encrypted for other keys" in refusal(sealed, eve.opener)


def test_without_any_key_nothing_opens(pair) -> None:
    with pytest.raises(SecretError):
        unseal(seal(CANARY, PLACE, [pair().public]), PLACE, [])


def test_cut_anywhere_it_does_not_open(pair) -> None:
    """As text, and as the age file in it."""
    key = pair()
    sealed = seal(CANARY, PLACE, [key.public])
    raw = raw_of(sealed)
    cut = [sealed[:length] for length in range(len(sealed))]
    cut += [wrapped(raw[:length]) for length in range(len(raw))]
    for each in cut:
        assert "cut or altered" in refusal(each, key.opener)


def test_with_any_bit_flipped_it_does_not_open(pair) -> None:
    key = pair()
    raw = raw_of(seal(CANARY, PLACE, [key.public]))
    for at in range(len(raw)):
        for bit in range(8):
            altered = bytearray(raw)
            altered[at] ^= 1 << bit
            assert CANARY not in refusal(wrapped(bytes(altered)), key.opener)


@pytest.mark.parametrize("behind", [b"\0", b"\n", b"x" * 100])
def test_with_anything_behind_it_it_does_not_open(pair, behind) -> None:
    key = pair()
    refusal(wrapped(raw_of(seal(CANARY, PLACE, [key.public])) + behind), key.opener)


@pytest.mark.parametrize(
    "elsewhere",
    [
        Place("blog", "production", "SECRET_KEY"),
        Place("guestbook", "staging", "SECRET_KEY"),
        Place("guestbook", "production", "SECRET_KEY2"),
        Place("guestbook", "production", "SECRET"),
        Place("guestbook", "production", "secret_key"),
    ],
    ids=str,
)
def test_at_another_place_it_does_not_open(pair, elsewhere) -> None:
    key = pair()
    why = refusal(seal(CANARY, PLACE, [key.public]), key.opener, elsewhere)
    assert "not bound to this place" in why
    assert CANARY not in why
    assert str(PLACE) not in why


@pytest.mark.parametrize(
    "content",
    [CANARY, f"\n{CANARY}", f"{CANARY}\n{CANARY}", f"{PLACE} \n{CANARY}", f"{PLACE}\r\n{CANARY}"],
)
def test_a_value_that_nobody_bound_is_not_repeated(pair, content) -> None:
    key = pair()
    recipient = pyrage.x25519.Recipient.from_str(key.public)
    why = refusal(wrapped(pyrage.encrypt(content.encode(), [recipient])), key.opener)
    assert "not bound to this place" in why
    assert CANARY not in why


def test_bytes_that_are_no_text_are_not_repeated(pair) -> None:
    key = pair()
    recipient = pyrage.x25519.Recipient.from_str(key.public)
    content = f"{PLACE}\n{CANARY}".encode() + b"\xff"
    why = refusal(wrapped(pyrage.encrypt(content, [recipient])), key.opener)
    assert "is not text in UTF-8" in why
    assert CANARY not in why


def test_an_age_file_with_a_passphrase_does_not_open(pair) -> None:
    sealed = wrapped(pyrage.passphrase.encrypt(f"{PLACE}\n{CANARY}".encode(), "hunter2"))
    refusal(sealed, pair().opener)


@pytest.mark.parametrize(
    "text",
    [
        "",
        CANARY,
        "ENC[age,]",
        "ENC[age,====]",
        "ENC[age,YWdl]",
        f"ENC[age,{base64.b64encode(CANARY.encode()).decode()}]",
        "ENC[age,YWdlLWVuY3J5cHRpb24ub3JnL3YxCi0+I]",
        "ENC[gpg,YWdlLWVuY3J5cHRpb24ub3JnL3YxCi0+IA==]",
        " ENC[age,YWdlLWVuY3J5cHRpb24ub3JnL3YxCi0+IA==]",
        "ENC[age,YWdlLWVuY3J5cHRpb24ub3JnL3YxCi0+IA==]\n",
        "ENC[age,YWdlLWVuY3J5cHRpb24ub3JnL3YxCi0+IA==] x",
    ],
)
def test_anything_else_is_no_sealed_value(pair, text) -> None:
    assert not is_sealed(text)
    assert CANARY not in refusal(text, pair().opener)


@pytest.fixture
def key_file(pair, tmp_path: Path):
    """A key as a file of `age-keygen`'s format, with its public half."""
    key, path = pair(), tmp_path / "age.key"
    path.write_text(identity.text([key.private]))
    return key, path


@pytest.mark.parametrize("value", VALUES.values(), ids=VALUES)
def test_the_command_age_opens_what_we_wrote(key_file, value) -> None:
    key, path = key_file
    raw = raw_of(seal(value, PLACE, [key.public]))
    done = subprocess.run(["age", "-d", "-i", path], input=raw, capture_output=True, check=True)
    assert done.stdout == f"{PLACE}\n{value}".encode()


@pytest.mark.parametrize("value", VALUES.values(), ids=VALUES)
def test_we_open_what_the_command_age_wrote(key_file, value) -> None:
    key, _ = key_file
    content = f"{PLACE}\n{value}".encode()
    argv = ["age", "-r", key.public]
    done = subprocess.run(argv, input=content, capture_output=True, check=True)
    assert unseal(wrapped(done.stdout), PLACE, [key.opener]) == value
