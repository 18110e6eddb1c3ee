"""Sheets: the secrets of one environment as an SLS of pillar, `pillar/secrets/<app>/<env>.sls`.

The first line names Salt's renderer, and each other line is ``NAME: ENC[age,...]``. That is YAML,
and so strict a part of it that whatever else stands there is known for what it may be: plain text.
"""

from __future__ import annotations

from collections.abc import Mapping

from flipside.errors import FlipsideError, SecretError
from flipside.machine.variables import check_variable
from flipside.secrets.sealed import is_sealed

HEAD = "#!flipside_secrets"


def text(values: Mapping[str, str]) -> str:
    """Return the sheet of sealed values, by name."""
    return "".join([f"{HEAD}\n", *(f"{name}: {values[name]}\n" for name in sorted(values))])


def parse(content: str, where: str) -> dict[str, str]:
    """Return the sealed values of a sheet, by name, none of them opened.

    Args:
        content: The file's content.
        where: Its name, for errors.

    Raises:
        SecretError: At the first line that is not as it should be; the error has none of it.
    """
    for problem in problems(content, where):
        raise problem
    return dict(_pair(line) for line in content.splitlines()[1:] if line)


def problems(content: str, where: str) -> list[SecretError]:
    """Return what is wrong with a sheet, line by line."""
    lines = content.splitlines()
    found = [] if lines[:1] == [HEAD] else [SecretError(f"line 1 is not {HEAD}", where, _NEXT)]
    names: set[str] = set()
    for number, line in enumerate(lines[1:], 2):
        try:
            _check(line, names)
        except FlipsideError as error:
            found.append(SecretError(error.what, f"{where}:{number}", error.next))
    return found


def _check(line: str, names: set[str]) -> None:
    if not line:
        return
    name, value = _pair(line)
    if not is_sealed(value):
        raise SecretError("plain text where only NAME: ENC[age,...] belongs", next=_PLAIN)
    check_variable(name)
    if name in names:
        raise SecretError(f"{name} is here twice", next="delete one of the two lines")
    names.add(name)


def _pair(line: str) -> tuple[str, str]:
    name, _, value = line.partition(": ")
    return name, value


_NEXT = "take the file as it was from your version control, or set its secrets anew"
_PLAIN = "delete the line, then: flipside secret.set APP NAME; if it was ever committed, change the value"
