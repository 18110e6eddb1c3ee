"""Who can open the secrets of a folder, changed: `add NAME KEY`, `remove NAME`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flipside.errors import FlipsideError, NotFoundError, SecretError
from flipside.secrets import keyring, recipients
from flipside.secrets.folder import Secrets

ADD, REMOVE = "add", "remove"
USAGE = "flipside secret.recipients [add NAME age1... | remove NAME]"


def changed(secrets: Secrets, words: Sequence[str], named: str | None) -> dict[str, Any]:
    """Do what the words ask for, and encrypt every value for those who are recipients then.

    The list is written last: cut short, the same words finish it.

    Args:
        secrets: The folder's.
        words: ``add NAME KEY`` or ``remove NAME``.
        named: A file of private keys; those of this computer if None.

    Returns:
        ``{"recipients": {name: key}, "removed": name or None, "values": how many}``.

    Raises:
        FlipsideError: The words cannot be done; then nothing was changed.
    """
    with secrets.changing():
        before = recipients.require(secrets.path)
        after = _after(before, words)
        count = (
            secrets.seal_anew(_keys(named, after, before), after.values()) if secrets.any() else 0
        )
        recipients.write(secrets.path, after)
    removed = words[1] if words[0] == REMOVE else None
    return {"recipients": after, "removed": removed, "values": count}


def _keys(named: str | None, after: dict[str, str], before: dict[str, str]) -> list[Any]:
    """Return the keys to open with: not one that is going, as it could not finish what was cut."""
    going = {*before.values()} - {*after.values()}
    found = [key for key in keyring.identities(named) if str(key.to_public()) not in going]
    if not found:
        what = "only the key that is to be removed is here: it takes another one to encrypt anew"
        raise SecretError(what, next="let another recipient do it, or name a key with --identity")
    return found


def _after(keys: dict[str, str], words: Sequence[str]) -> dict[str, str]:
    verb, name = words[0], recipients.check_name(words[1]) if len(words) > 1 else ""
    if verb == ADD and len(words) == 3:
        key = recipients.check_key(words[2])
        if keys.get(name, key) != key:
            raise FlipsideError(f"{name} has another key here", next=f"{USAGE}: remove it first")
        return {**keys, name: key}
    if verb == REMOVE and len(words) == 2:
        if name not in keys:
            what = f"there is no recipient {name} (there are: {', '.join(keys)})"
            raise NotFoundError(what, str(recipients.FILE))
        return {each: key for each, key in keys.items() if each != name}
    raise FlipsideError("these words are not understood", next=USAGE)
