"""Private keys in the file format of `age-keygen`: comments, and a line for each key.

Source: https://github.com/FiloSottile/age#readme
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from flipside.errors import SecretError
from flipside.secrets.text import read

if TYPE_CHECKING:
    from pyrage.x25519 import Identity

MARK = "AGE-SECRET-KEY-1"


def generate() -> str:
    """Return a new private key, ``AGE-SECRET-KEY-1...``."""
    import pyrage

    return str(pyrage.x25519.Identity.generate())


def public(private: str) -> str:
    """Return the public half, ``age1...``, of a private key. Raises SecretError if it is none."""
    return str(parsed(private).to_public())


def text(privates: Iterable[str]) -> str:
    """Return the content of a key file."""
    return "".join(f"# public key: {public(each)}\n{each}\n" for each in privates)


def privates(content: str, where: str) -> list[str]:
    """Return the private keys that a key file's content has.

    Raises:
        SecretError: If a line is neither a key nor a comment; the error has none of it.
    """
    lines = [(number, line.strip()) for number, line in enumerate(content.splitlines(), 1)]
    found = [(number, line) for number, line in lines if line and not line.startswith("#")]
    for number, line in found:
        parsed(line, f"{where}:{number}")
    return [line for _, line in found]


def parsed(private: str, where: str | None = None) -> Identity:
    """Return a private key, ready to open secrets with. Raises SecretError if it is none."""
    import pyrage

    try:
        return pyrage.x25519.Identity.from_str(private)
    except pyrage.IdentityError:
        what = f"this is no private key of age's ({MARK}...)"
        raise SecretError(what, where, "make a key with: age-keygen -o FILE") from None


def opened(path: Path) -> list[Identity]:
    """Return the keys of a file, ready to open secrets with.

    Raises:
        SecretError: If the file cannot be read, or has anything else in it.
    """
    try:
        content = read(path)
    except FileNotFoundError:
        raise SecretError("there is no such key file", str(path)) from None
    return [parsed(key, str(path)) for key in privates(content, str(path))]
