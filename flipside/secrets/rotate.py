"""A new key for a platform: every secret encrypted for it, then the old one forgotten.

Killed at any point, it is finished by running it again: until its last step the folder names the
coming key beside the old one, and before the last but one the machine opens secrets with either.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from flipside.errors import SecretError
from flipside.salt.client import call
from flipside.secrets import exchange, identity, keyring, recipients
from flipside.secrets.folder import Secrets
from flipside.secrets.text import read

if TYPE_CHECKING:
    from flipside.config import LoadedPlatform
    from flipside.targets.base import Machine, Narrator


def rotate(
    machine: Machine, platform: LoadedPlatform, named: str | None, narrator: Narrator
) -> dict[str, Any]:
    """Give the platform a new key.

    Args:
        machine: Its machine, up.
        platform: Whose folder.
        named: A key file that opens the secrets; the keys of this computer if None.
        narrator: Told what happens.

    Returns:
        ``{"public", "saved": key file, "old": its key file or None, "values": how many}``.

    Raises:
        SecretError: If a secret cannot be opened; then the machine's keys are as they were.
    """
    secrets = Secrets(platform.folder)
    # Nobody sets a secret for the old key meanwhile, and nobody becomes a recipient unseen.
    with secrets.changing():
        keys = recipients.require(secrets.path)
        with narrator.step("Open the secrets"):
            _refuse_unopened(secrets, named, keys)
        with narrator.step("New key"):
            public, saved = _coming(platform, secrets, keys)
            narrator.detail(f"saved as {saved}: keep a copy of it elsewhere")
            call(machine, "add_key", private=identity.privates(read(saved), str(saved))[0])
        readers = {n: k for n, k in keys.items() if n not in recipients.OURS}
        with narrator.step("Encrypt for the new key"):
            count = secrets.seal_anew(_identities(named, public), [public, *readers.values()])
            exchange.send(machine, secrets)
            call(machine, "seal_anew", readers=[*readers.values()])
        with narrator.step("Forget the old key"):
            call(machine, "retire_keys", public=public)
            recipients.write(secrets.path, {**readers, recipients.PLATFORM: public})
    old = keyring.private(keys[recipients.PLATFORM])
    return {
        "public": public,
        "saved": str(saved),
        "old": str(old[1]) if old else None,
        "values": count,
    }


def _refuse_unopened(secrets: Secrets, named: str | None, keys: dict[str, str]) -> None:
    mine = _identities(named, keys.get(recipients.COMING))
    for each in secrets.environments():
        secrets.opened(*each, mine)


def _identities(named: str | None, public: str | None) -> list[Any]:
    coming = keyring.private(public) if public else None
    return keyring.identities(named) + (identity.opened(coming[1]) if coming else [])


def _coming(platform: LoadedPlatform, secrets: Secrets, keys: dict[str, str]) -> tuple[str, Path]:
    """Return the key that is to come and its file: that of a rotation cut short, else a new one."""
    public = keys.get(recipients.COMING)
    if public is None:
        public, saved = keyring.make(platform.config.name)
        recipients.write(secrets.path, {**keys, recipients.COMING: public})
        return public, saved
    found = keyring.private(public)
    if found is None:
        what = f"a rotation was cut short, and the private half of {public} is not on this computer"
        where = str(secrets.path / recipients.FILE)
        advice = f"finish where it began; or delete the line {recipients.COMING}, and begin anew"
        raise SecretError(what, where, advice)
    return public, found[1]
