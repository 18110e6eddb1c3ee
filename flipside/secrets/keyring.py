"""The private keys on this computer: one file each, in a folder that only its user can read.

The folder is ``$FLIPSIDE_KEYS``, else ``flipside/keys`` below ``$XDG_CONFIG_HOME`` (``~/.config``).
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from flipside.errors import SecretError
from flipside.machine.files import write_atomic
from flipside.secrets import identity
from flipside.secrets.text import read

if TYPE_CHECKING:
    from pyrage.x25519 import Identity

VARIABLE = "FLIPSIDE_KEYS"


def folder() -> Path:
    """Return the folder."""
    if named := os.environ.get(VARIABLE):
        return Path(named).expanduser().absolute()
    base = os.environ.get("XDG_CONFIG_HOME", "")
    return (Path(base) if base.startswith("/") else Path.home() / ".config") / "flipside/keys"


def make(name: str) -> tuple[str, Path]:
    """Make a key and save it under a name of its own.

    Args:
        name: What it is the key of.

    Returns:
        Its public half, and the file.
    """
    private = identity.generate()
    key = identity.public(private)
    folder().mkdir(parents=True, exist_ok=True, mode=0o700)
    path = folder() / f"{name}-{key[4:12]}.key"
    write_atomic(path, identity.text([private]).encode(), 0o600)
    return key, path


def private(public: str) -> tuple[str, Path] | None:
    """Return the private half of a public key, and the file that has it; None if it is not here."""
    for path in files():
        for each in identity.privates(read(path), str(path)):
            if identity.public(each) == public:
                return each, path
    return None


def files() -> list[Path]:
    """Return the key files."""
    return sorted(folder().glob("[!.]*.key")) if folder().is_dir() else []


def identities(named: str | None = None) -> list[Identity]:
    """Return the keys to open secrets with.

    Args:
        named: A key file; all of the folder's if None.

    Raises:
        SecretError: If there is no key, or a file has anything else in it.
    """
    found = [Path(named).expanduser()] if named else files()
    keys = [key for path in found for key in identity.opened(path)]
    if not keys:
        what = "no private key is here to open secrets with"
        raise SecretError(what, str(found[0] if named else folder()), "name one with --identity")
    return keys
