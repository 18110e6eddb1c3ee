"""The words of `app.config`: `[NAME] set KEY=VALUE ... | unset KEY ...`."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from flipside.errors import FlipsideError
from flipside.machine.variables import check_variable
from flipside.secrets.folder import Secrets
from flipside.secrets.value import refuse_plain

if TYPE_CHECKING:
    from flipside.apps.subject import Subject

SET, UNSET = "set", "unset"
USAGE = "flipside app.config [NAME] set KEY=VALUE ... | unset KEY ..."


@dataclass
class Changes:
    """What shall become of an app's env.

    Args:
        name: The app's name, if the words begin with one.
        set: The variables that get a value.
        unset: Those that lose theirs.
    """

    name: str | None = None
    set: dict[str, str] = field(default_factory=dict)
    unset: list[str] = field(default_factory=list)


def changes(words: list[str]) -> Changes:
    """Return what the words ask for; the last word on a variable counts.

    Raises:
        FlipsideError: The words say nothing that can be done.
    """
    found, verb = Changes(), None
    if words and words[0] not in (SET, UNSET):
        found.name, *words = words
    for index, word in enumerate(words):
        if word in (SET, UNSET):
            verb = word
            _refuse_nothing_after(verb, words[index + 1 :])
        elif verb == SET:
            _set(found, word)
        elif verb == UNSET:
            _unset(found, word)
        else:
            raise FlipsideError(f"`{word}` is neither `set` nor `unset`", next=USAGE)
    return found


def refuse_secrets(asked: Changes, subject: Subject) -> None:
    """Raise SecretError if a secret of the platform's folder would get a value in plain text."""
    known = Secrets(subject.platform.folder).values(subject.app, subject.env)
    refuse_plain(subject.app, subject.env, asked.set, known)


def _refuse_nothing_after(verb: str, rest: list[str]) -> None:
    if not rest or rest[0] in (SET, UNSET):
        raise FlipsideError(f"`{verb}` of what?", next=USAGE)


def _set(found: Changes, word: str) -> None:
    key, equals, value = word.partition("=")
    if not equals:
        raise FlipsideError(
            f"`{SET} {word}` has no value", next=f"flipside app.config set {word}=VALUE"
        )
    if key in found.unset:
        found.unset.remove(key)
    found.set[check_variable(key)] = value


def _unset(found: Changes, word: str) -> None:
    key = check_variable(word.partition("=")[0])
    found.set.pop(key, None)
    if key not in found.unset:
        found.unset.append(key)
