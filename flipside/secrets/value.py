"""Values of secrets: what can be one, and where a new one comes from."""

from __future__ import annotations

import getpass
import secrets
import sys
from collections.abc import Collection, Iterable
from pathlib import Path

from flipside.errors import SecretError

# Linux takes no longer "NAME=value" in an environment: 32 pages, a NUL included (MAX_ARG_STRLEN,
# man 2 execve).
LONGEST = 128 * 1024 - 1
BYTES = 48


def check_value(name: str, value: str) -> str:
    """Return the value if a variable can have it.

    Raises:
        SecretError: If it cannot; the error has nothing of it.
    """
    if not value:
        raise SecretError(f"the value of {name} is empty", next=f"flipside secret.unset {name}")
    if "\0" in value:
        what = f"the value of {name} has a NUL, which no environment variable can have"
        raise SecretError(what, next="encode it, as with base64")
    try:
        size = len(f"{name}={value}".encode())
    except UnicodeEncodeError:
        raise _no_text(name) from None
    if size > LONGEST:
        what = f"the value of {name} is {size - LONGEST} bytes too long for a variable of Linux"
        raise SecretError(what, next="let the app read a file in its data dir instead")
    return value


def refuse_plain(app: str, env: str, names: Iterable[str], secret: Collection[str]) -> None:
    """Raise SecretError if one of the names is a secret's, which gets no value in plain text."""
    for name in names:
        if name in secret:
            advice = f"flipside secret.set {app} {name} -e {env}"
            raise SecretError(f"{name} is a secret of {app} in {env}", next=advice)


def generated() -> str:
    """Return a random value of 48 bytes, in 64 letters, digits, `-` and `_`."""
    return secrets.token_urlsafe(BYTES)


def asked(name: str, file: str | None) -> str:
    """Return a secret's value.

    Args:
        name: Its name.
        file: A file that has it, to the last byte. If None it is typed twice and not shown, or
            piped in; then the last line end is not part of it.

    Raises:
        SecretError: It cannot be read, the two differ, or no variable can have that value.
    """
    return _of_file(name, file) if file else _of_person(name)


def _of_file(name: str, path: str) -> str:
    try:
        return check_value(name, Path(path).expanduser().read_bytes().decode())
    except OSError as error:
        what = f"cannot read the value: {error.strerror}"
        raise SecretError(what, path, "give a file that is there") from None
    except UnicodeDecodeError:
        raise _no_text(name) from None


def _of_person(name: str) -> str:
    if not sys.stdin.isatty():
        return check_value(name, _piped(name))
    value = getpass.getpass(f"{name} (not shown): ")
    if getpass.getpass("once more: ") != value:
        raise SecretError("the two values differ; nothing was changed")
    return check_value(name, value)


def _piped(name: str) -> str:
    try:
        text = sys.stdin.buffer.read().decode()
    except UnicodeDecodeError:
        raise _no_text(name) from None
    return text.removesuffix("\r\n") if text.endswith("\r\n") else text.removesuffix("\n")


def _no_text(name: str) -> SecretError:
    what = f"the value of {name} is not text in UTF-8"
    return SecretError(what, next="encode it, as with base64")
