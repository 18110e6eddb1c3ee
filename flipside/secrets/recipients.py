"""Recipients: who can open the secrets of a platform's folder, by name.

They lie in `pillar/secrets/recipients.yml`, a line ``name: age1...`` for each, made to be
committed. The one named ``platform`` is the machine's.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from flipside.errors import NotFoundError, SecretError
from flipside.machine.files import write_atomic
from flipside.secrets import identity
from flipside.secrets.text import read as read_text

PLATFORM, COMING = "platform", "platform-next"
OURS = (PLATFORM, COMING)
FILE = "recipients.yml"
_HEAD = "# Who can open the secrets here. Changed by: flipside secret.recipients\n"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9@._-]{0,62}")
_TWICE = "delete one of the two lines, as the others have it"
BOOTSTRAP = "flipside platform.bootstrap"


def read(folder: Path) -> dict[str, str]:
    """Return the public keys by name, the platform's first; nothing where there is no file.

    Args:
        folder: The platform's `pillar/secrets`.

    Raises:
        SecretError: If a line is not as it should be.
    """
    path = folder / FILE
    if not path.exists():
        return {}
    found: dict[str, str] = {}
    for number, line in enumerate(read_text(path).splitlines(), 1):
        if line.strip() and not line.startswith("#"):
            name, key = _parsed(line, f"{path}:{number}")
            if name in found:
                raise SecretError(f"{name} is here twice", f"{path}:{number}", _TWICE)
            found[name] = key
    return dict(sorted(found.items(), key=lambda item: (item[0] not in OURS, item[0])))


def require(folder: Path) -> dict[str, str]:
    """Return the same, of a folder that must have a platform's key.

    Raises:
        NotFoundError: If it has none.
    """
    found = read(folder)
    if PLATFORM not in found:
        what = "this platform has no key yet, so there is nothing to encrypt secrets with"
        raise NotFoundError(what, str(folder / FILE), f"{BOOTSTRAP} makes one")
    return found


def write(folder: Path, keys: Mapping[str, str]) -> None:
    """Write the file whole."""
    lines = "".join(f"{name}: {keys[name]}\n" for name in sorted(keys))
    write_atomic(folder / FILE, f"{_HEAD}{lines}".encode())


def check_name(name: str) -> str:
    """Return the name if a person's key can go by it.

    Raises:
        SecretError: If it cannot; a private key in its place is not repeated.
    """
    _refuse_private(name)
    if name in OURS:
        raise SecretError(f"{name} is the machine's own name here", next="choose another name")
    if not _NAME.fullmatch(name):
        what = f"{name!r} is no name for a recipient: letters, digits and @ . _ -"
        raise SecretError(what, next="flipside secret.recipients add NAME age1...")
    return name


def check_key(key: str) -> str:
    """Return the key if it is a public one of age's.

    Raises:
        SecretError: If it is not; a private one is not repeated.
    """
    import pyrage

    _refuse_private(key)
    try:
        return str(pyrage.x25519.Recipient.from_str(key))
    except pyrage.RecipientError:
        what = f"`{key}` is no public key of age's (age1... of X25519)"
        raise SecretError(what, next="age-keygen -o FILE makes a pair") from None


def _refuse_private(text: str) -> None:
    if identity.MARK in text.upper():
        what = "that is a private key, and it may be in your shell's history now: make another"
        raise SecretError(what, next="age-keygen -o FILE prints the public half, age1...")


def _parsed(line: str, where: str) -> tuple[str, str]:
    name, _, key = line.partition(":")
    try:
        _refuse_private(line)
        if name not in OURS:
            check_name(name)
        return name, check_key(key.strip())
    except SecretError as error:
        raise SecretError(error.what, where, "write NAME: age1...") from None
