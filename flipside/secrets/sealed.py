"""One secret value as text: encrypted with age, and bound to its place.

The text is ``ENC[age,BASE64]``. The base64 is an age file (https://age-encryption.org/v1) for one
or more X25519 recipients. What it encrypts is a line with the place, as in
``guestbook/production/SECRET_KEY``, then the value in UTF-8, to the last byte.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from flipside.errors import SecretError

if TYPE_CHECKING:
    from pyrage.x25519 import Identity

_FORM = re.compile(r"ENC\[age,([A-Za-z0-9+/]+={0,2})\]")
_MAGIC = b"age-encryption.org/v1\n-> "


@dataclass(frozen=True)
class Place:
    """Where a secret belongs: the variable ``name`` of one environment of an app."""

    app: str
    env: str
    name: str

    def __str__(self) -> str:
        return f"{self.app}/{self.env}/{self.name}"


def seal(value: str, place: Place, recipients: Iterable[str]) -> str:
    """Return the value as text that only the recipients can open, and only at its place.

    Args:
        value: Any text.
        place: Where it belongs.
        recipients: Public keys, ``age1...``; the first opens it the fastest.
    """
    import pyrage

    keys = [pyrage.x25519.Recipient.from_str(key) for key in recipients]
    content = f"{place}\n{value}".encode()
    return f"ENC[age,{base64.b64encode(pyrage.encrypt(content, keys)).decode()}]"


def is_sealed(text: str) -> bool:
    """Return whether the text has the form of a sealed value."""
    found = _FORM.fullmatch(text)
    if not found:
        return False
    try:
        return base64.b64decode(found[1], validate=True).startswith(_MAGIC)
    except binascii.Error:
        return False


def unseal(sealed: str, place: Place, identities: Sequence[Identity]) -> str:
    """Return the value.

    Args:
        sealed: What `seal` returned, or the like made with the `age` command.
        place: Where it was found.
        identities: Private keys, any of which may open it.

    Raises:
        SecretError: It is for other keys, was cut or altered, or belongs elsewhere. The error says
            which, and names neither value nor place: the caller does.
    """
    import pyrage

    if not is_sealed(sealed):
        raise SecretError("is no ENC[age,...] of an age file: it was cut or altered")
    try:
        content: bytes = pyrage.decrypt(base64.b64decode(sealed[8:-1]), list(identities))
    except pyrage.DecryptError as error:
        raise SecretError(_why(str(error))) from None
    return _bound(content, place)


def _bound(content: bytes, place: Place) -> str:
    bound, newline, value = content.partition(b"\n")
    # What stands there instead may be a value that nobody bound: it is not repeated.
    if not newline or bound != str(place).encode():
        raise SecretError("belongs elsewhere, or to nowhere: it is not bound to this place")
    try:
        return value.decode()
    except UnicodeDecodeError:
        raise SecretError("is not text in UTF-8") from None


def _why(reason: str) -> str:
    if "No matching keys" in reason:
        return "is encrypted for other keys"
    return "was cut or altered"
