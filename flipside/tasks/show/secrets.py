"""Secrets for people: their names, and who can open them; never a value."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flipside.console import get_console
from flipside.secrets import recipients as known
from flipside.tasks.show import hint

if TYPE_CHECKING:
    from flipside.apps.subject import Subject


def written(done: dict[str, Any], subject: Subject) -> None:
    """Print where a secret was written, and how it takes effect."""
    get_console().say(f"{done['secret']}: wrote {done['file']}; commit it")
    _effect(subject)


def _effect(subject: Subject) -> None:
    hint(subject.command("app.deploy"), subject.command("app.restart"))


def names(found: list[dict[str, str]]) -> None:
    """Print a table of names."""
    if not found:
        get_console().say("there is no secret yet")
        hint("flipside secret.set APP NAME")
        return
    rows = [[each["app"], each["env"], each["name"]] for each in found]
    get_console().table(["app", "env", "name"], rows)


def edited(done: dict[str, list[str]], subject: Subject) -> None:
    """Print what an editor changed."""
    say = get_console().say
    for verb, changed in done.items():
        if changed:
            say(f"{subject}: {verb} {', '.join(changed)}")
    if any(done.values()):
        _effect(subject)
    else:
        say(f"{subject}: nothing was changed")


def problems(found: list[dict[str, str | None]]) -> None:
    """Print every problem, and where it is."""
    say = get_console().say
    for each in found:
        say(f"{each['where']}: {each['what']}")
        if each["next"]:
            say(f"  next:  {each['next']}")
    say(f"{len(found)} problem{'' if len(found) == 1 else 's'}" if found else "all is encrypted")


def recipients(keys: dict[str, str]) -> None:
    """Print a table of names and public keys."""
    rows = [[name, key] for name, key in keys.items()]
    get_console().table(["name", "public key"], rows)
    hint("flipside secret.recipients add NAME age1...")


def recipients_changed(done: dict[str, Any]) -> None:
    """Print what a change of recipients did, and what it cannot do."""
    say = get_console().say
    say(f"{done['values']} values are encrypted for: {', '.join(done['recipients'])}")
    if done["removed"]:
        say(f"{done['removed']} can still open old copies, as those in your version control:")
        say("  change the values that matter with flipside secret.set")
    say("commit pillar/secrets")


def rotated(done: dict[str, Any]) -> None:
    """Print what the new key is, and what is to be done about old copies."""
    say = get_console().say
    say(f"{done['values']} values are encrypted for the new key, {done['public']}")
    say(f"  it was saved as {done['saved']}: keep a copy of it elsewhere")
    say(f"  commit pillar/secrets, and tell the others to pull ({known.FILE} has the new key)")
    say("old copies of secrets, as those in your version control, still open with the old key:")
    say("  if it got into wrong hands, change the values with flipside secret.set, then deploy")
    say(f"  backups made until now need it, too: keep {done['old'] or 'its file'} as long as them")
