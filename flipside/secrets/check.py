"""What is wrong with the secrets of a folder: above all, plain text where only ciphertext belongs."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from flipside.errors import FlipsideError, SecretError
from flipside.machine.layout import check_label
from flipside.secrets import identity, keyring, recipients, sheet
from flipside.secrets.folder import Secrets
from flipside.secrets.sealed import Place
from flipside.secrets.staged import staged

if TYPE_CHECKING:
    from pyrage.x25519 import Identity

    from flipside.config import LoadedApp

# Folders that are nobody's to commit.
SKIPPED = {".git", ".flipside", ".vagrant", ".venv", "node_modules", "__pycache__"}
_LARGE = 1024 * 1024


def check(folder: Path, app: LoadedApp | None = None) -> list[SecretError]:
    """Return every problem.

    Values are opened, too, where the platform's private key is on this computer.

    Args:
        folder: The platform's folder.
        app: The app here, whose `env:` is looked at.
    """
    secrets = Secrets(folder)
    lying = [(path, str(path), path.read_bytes()) for path in _committable(folder)]
    about_to = [(path, f"{path} (staged)", content) for path, content in staged(folder)]
    found = [problem for each in [*lying, *about_to] for problem in _of_file(secrets, *each)]
    found += _recipients(secrets)
    if app:
        found += _env(app)
    return found or list(_unopened(secrets))


def _committable(folder: Path) -> Iterator[Path]:
    for top, folders, names in os.walk(folder):
        folders[:] = sorted(set(folders) - SKIPPED)
        for path in (Path(top, name) for name in sorted(names)):
            if path.is_file() and path.stat().st_size <= _LARGE:
                yield path


def _of_file(secrets: Secrets, path: Path, where: str, content: bytes) -> Iterator[SecretError]:
    if identity.MARK.encode() in content.upper():
        what = "a private key of age's lies in the platform's folder"
        advice = f"move it to {keyring.folder()}; if it was committed: flipside secret.rotate-key"
        yield SecretError(what, where, advice)
    elif secrets.path in path.parents and path != secrets.path / recipients.FILE:
        if _is_sheet(secrets, path):
            yield from sheet.problems(content.decode("utf-8", "replace"), where)
        else:
            what = "this is neither recipients.yml nor the sheet of an environment, <app>/<env>.sls"
            yield SecretError(what, where, "move it elsewhere; if it has secrets, change them")


def _is_sheet(secrets: Secrets, path: Path) -> bool:
    app, env = path.parent.name, path.stem
    try:
        check_label("app", app)
        check_label("environment", env)
    except FlipsideError:
        return False
    return path == secrets.sheet(app, env)


def _recipients(secrets: Secrets) -> Iterator[SecretError]:
    try:
        recipients.read(secrets.path)
    except SecretError as error:
        yield error


def _env(app: LoadedApp) -> Iterator[SecretError]:
    from flipside.config.app import DEVELOPMENT

    config = app.config
    parts = {"env": config.env}
    # What is for `app.run` alone guards nothing.
    others = {name: each for name, each in config.environments.items() if name != DEVELOPMENT}
    parts |= {f"environments: {name}: env": each.env or {} for name, each in others.items()}
    for key, env in parts.items():
        for name in sorted(set(env) & set(config.secrets)):
            what = f"`{key}: {name}:` is plain text, and {name} is among `secrets:`"
            yield SecretError(what, str(app.path), f"delete it, then: flipside secret.set {name}")


def _unopened(secrets: Secrets) -> Iterable[SecretError]:
    try:
        keys = _platforms(secrets)
    except SecretError as error:
        yield error
        return
    for app, env in secrets.environments() if keys else ():
        for name, sealed in secrets.values(app, env).items():
            try:
                secrets.open(Place(app, env, name), sealed, keys)
            except SecretError as error:
                yield error


def _platforms(secrets: Secrets) -> list[Identity]:
    """Return the platform's private keys, two while a rotation is not finished, if all are here."""
    publics = [k for name, k in recipients.read(secrets.path).items() if name in recipients.OURS]
    found = [keyring.private(public) for public in publics]
    return [key for each in found if each for key in identity.opened(each[1])] if all(found) else []
