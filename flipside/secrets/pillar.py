"""Sheets as Salt's pillar sees them: opened by the platform's key while the pillar compiles."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from flipside.errors import SecretError
from flipside.machine.layout import Layout
from flipside.secrets import identity, sheet
from flipside.secrets.sealed import Place, unseal


def rendered(content: str, sls: str, root: str) -> dict[str, Any]:
    """Return the pillar of one sheet.

    What cannot be opened is no error of the pillar, which would stop all apps: the states of its
    own environment fail.

    Args:
        content: The sheet.
        sls: Its name in pillar: ``secrets.<app>.<env>``, or ``generated`` in place of ``secrets``.
        root: The platform's root.

    Returns:
        ``{"secrets": {app: {env: {kind: {name: value}, "unreadable": {name: why}}}}}``.
    """
    kind, app, env = sls.split(".")
    values: dict[str, str] = {}
    unreadable: dict[str, str] = {}
    try:
        keys = _keys(Layout.from_root(Path(root)).key)
        sealed = sheet.parse(content, f"pillar/{kind}/{app}/{env}.sls")
    except SecretError as error:
        return _pillar(app, env, {"unreadable": {kind: f"{error.where}: {error.what}"}})
    for name, each in sealed.items():
        try:
            values[name] = _unsealed(each, Place(app, env, name), keys)
        except SecretError as error:
            unreadable[name] = f"{name} in pillar/{kind}/{app}/{env}.sls {error.what}"
    return _pillar(app, env, {kind: values, "unreadable": unreadable})


def sheets(root: str) -> Iterator[tuple[str, str]]:
    """Yield name and text of each sheet, ``generated.<app>.<env>`` before ``secrets.<app>.<env>``."""
    for path in sorted(Layout.from_root(Path(root)).pillar.glob("*/*/[!.]*.sls")):
        kind, app = path.parts[-3:-1]
        yield f"{kind}.{app}.{path.stem}", path.read_bytes().decode("utf-8", "replace")


def add(found: dict[str, Any], made: dict[str, Any]) -> None:
    """Lay what one sheet made of an environment beside what another did."""
    unreadable = {**found.get("unreadable", {}), **made.get("unreadable", {})}
    found |= made | {"unreadable": unreadable}


def _keys(path: Path) -> tuple[str, ...]:
    return tuple(str(key) for key in identity.opened(path))


# The pillar is compiled several times for each job; opening a value takes 0.2 ms.
@functools.lru_cache(maxsize=4096)
def _unsealed(sealed: str, place: Place, keys: tuple[str, ...]) -> str:
    return unseal(sealed, place, [identity.parsed(key) for key in keys])


def _pillar(app: str, env: str, found: dict[str, Any]) -> dict[str, Any]:
    return {"secrets": {app: {env: found}}}
