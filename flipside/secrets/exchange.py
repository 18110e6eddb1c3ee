"""Secrets between a platform's folder and its machine: keys and sheets go there, new ones come back."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from flipside.caller import who
from flipside.errors import SecretError
from flipside.salt.client import call
from flipside.secrets import keyring, recipients, sheet
from flipside.secrets.folder import Secrets

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from flipside.config import LoadedPlatform
    from flipside.targets.base import Machine

    Narrate = Callable[[str], None]


_PULL = "git pull: it may have been rotated since"


def given(folder: Path, app: str, env: str) -> dict[str, Any]:
    """Return what the machine gets of an environment's secrets; see `verbs.secrets.Given`.

    Raises:
        SecretError: If the sheet has anything but sealed values.
    """
    secrets = Secrets(folder)
    readers = list(recipients.read(secrets.path).values())
    return {"sheet": secrets.text(app, env), "readers": readers}


def keep(folder: Path, app: str, env: str, generated: Mapping[str, str]) -> list[str]:
    """Add sealed values that the machine generated to the sheet; return the names that are new."""
    secrets = Secrets(folder)
    with secrets.changing():
        values = secrets.values(app, env)
        fresh = [name for name in generated if name not in values]
        if fresh:
            merged = {**generated, **values}
            sheet.parse(sheet.text(merged), str(secrets.sheet(app, env)))
            secrets.write(app, env, merged)
    return fresh


def bring(machine: Machine, platform: LoadedPlatform, narrate: Narrate) -> None:
    """Give the machine its key, if it has none, and every sheet of the folder.

    Args:
        machine: The machine; its code has to be there.
        platform: Whose folder.
        narrate: Told what a person has to know.

    Raises:
        SecretError: If the machine's key is not the folder's, or a sheet has anything but sealed
            values.
    """
    secrets = Secrets(platform.folder)
    with secrets.changing():
        _bring_key(machine, platform.config.name, secrets.path, narrate)
    done = send(machine, secrets)
    for name in done["changed"]:
        narrate(f"changed {name}")
    for problem in done["unreadable"]:
        narrate(f"cannot be opened: {problem}")


def send(machine: Machine, secrets: Secrets) -> dict[str, Any]:
    """Give the machine every sheet, and who may read; return what `verbs.secrets.take_sheets` says."""
    sheets: dict[str, dict[str, str]] = {}
    for app, env in secrets.environments():
        sheets.setdefault(app, {})[env] = secrets.text(app, env) or ""
    done: dict[str, Any] = call(
        machine,
        "take_sheets",
        sheets=sheets,
        readers=list(recipients.read(secrets.path).values()),
        by=who(),
    )
    return done


def _bring_key(machine: Machine, name: str, folder: Path, narrate: Narrate) -> None:
    there = call(machine, "public_keys")
    keys = recipients.read(folder)
    public = keys.get(recipients.PLATFORM)
    if public is None:
        public = there[0] if there else keyring.make(name)[0]
        recipients.write(folder, {**keys, recipients.PLATFORM: public})
    if public not in there:
        if there:
            what = f"the machine's key is {there[0]}, and this file says {public}"
            cut = keys.get(recipients.COMING) in there
            advice = "flipside secret.rotate-key, which was cut short" if cut else _PULL
            raise SecretError(what, str(folder / recipients.FILE), advice)
        private, path = _private(public, folder)
        call(machine, "add_key", private=private)
        narrate(f"the platform's key is saved as {path}")
        narrate("keep a copy of it elsewhere: who loses it loses the secrets and the backups")


def _private(public: str, folder: Path) -> tuple[str, Path]:
    if found := keyring.private(public):
        return found
    what = f"the private half of {public} is not on this computer"
    advice = f"put its key file into {keyring.folder()}; if it is lost for good, delete {folder}"
    raise SecretError(what, str(folder / recipients.FILE), f"{advice} and set the secrets anew")
