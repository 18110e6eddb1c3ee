"""Tasks that read and write secrets in the platform's folder; none needs the machine."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flipside.console import get_console
from flipside.errors import FlipsideError
from flipside.tasks import here
from flipside.tasks.declare import PRODUCTION, task

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flipside.apps.subject import Subject
    from flipside.secrets.sealed import Place

USAGE = "flipside secret.{task} [APP] NAME"
IDENTITY = "A file of private keys; those of this computer if absent"


@task(
    repeated=("words",),
    usage="[APP] NAME",
    generate="Make a random value",
    file="Take the value from a file, to the last byte",
)
def set(  # noqa: A001 - the task's name
    words: Sequence[str] | None = None,
    env: str = PRODUCTION,
    generate: bool = False,  # noqa: FBT001, FBT002 - a switch of the command line
    file: str | None = None,
    platform: str | None = None,
) -> None:
    """Encrypt a value: typed, piped in, of a file or generated.

    Only the recipients can read it. It takes effect with the next app.deploy or app.restart.
    """
    from flipside.secrets import value
    from flipside.secrets.folder import Secrets
    from flipside.tasks.show import secrets as show

    if generate and file:
        raise FlipsideError("--generate and --file both say what the value is", next="give one")
    subject, place = _named("set", words, env, platform)
    secrets = Secrets(subject.platform.folder)
    secrets.require_key()
    text = value.generated() if generate else value.asked(place.name, file)
    done = {"secret": str(place), "replaced": secrets.set(place, text)}
    done |= {"file": str(secrets.sheet(place.app, place.env))}
    get_console().report(done, lambda it: show.written(it, subject))


@task(repeated=("words",), usage="[APP] NAME")
def unset(
    words: Sequence[str] | None = None, env: str = PRODUCTION, platform: str | None = None
) -> None:
    """Remove a value.

    It takes effect with the next app.deploy or app.restart.
    """
    from flipside.secrets.folder import Secrets
    from flipside.tasks.show import secrets as show

    subject, place = _named("unset", words, env, platform)
    secrets = Secrets(subject.platform.folder)
    secrets.unset(place)
    done = {"secret": str(place), "file": str(secrets.sheet(place.app, place.env))}
    get_console().report(done, lambda it: show.written(it, subject))


@task(name="The app; every app of the platform if absent, and none is here")
def list(name: str | None = None, platform: str | None = None) -> None:  # noqa: A001 - the task's name
    """List the names of secrets, never a value."""
    from flipside.secrets.folder import Secrets
    from flipside.tasks.show import secrets as show

    app = here.app_of(name, platform)
    wanted = name or (app.config.name if app else None)
    secrets = Secrets(here.platform_here(platform).folder)
    get_console().report(secrets.names(wanted), show.names)


@task(identity=IDENTITY)
def edit(
    name: str | None = None,
    env: str = PRODUCTION,
    identity: str | None = None,
    platform: str | None = None,
) -> None:
    """Change an app's secrets in $EDITOR.

    Plain text is in memory only. What did not change keeps its ciphertext.
    """
    from flipside.secrets import edit, keyring
    from flipside.secrets.folder import Secrets
    from flipside.tasks.confirm import agreed
    from flipside.tasks.show import secrets as show

    subject = here.subject(name, env, platform)
    secrets = Secrets(subject.platform.folder)
    secrets.require_key()
    before = secrets.opened(subject.app, subject.env, keyring.identities(identity))
    after = edit.edited(before, str(subject), lambda error: agreed(f"{error}\nEdit again"))
    done = secrets.replace(subject.app, subject.env, before, before if after is None else after)
    get_console().report(done, lambda it: show.edited(it, subject))


@task()
def check(platform: str | None = None) -> int:
    """Find plain text where only ciphertext belongs.

    Also private keys, and values that cannot be opened. For a hook before each commit: the exit
    status is 1 if anything is wrong.
    """
    from flipside.secrets.check import check
    from flipside.tasks.show import secrets as show

    found = check(here.platform_here(platform).folder, here.app_of(None, platform))
    get_console().report([problem.as_dict() for problem in found], show.problems)
    return int(bool(found))


def _named(
    task: str, words: Sequence[str] | None, env: str, platform: str | None
) -> tuple[Subject, Place]:
    """Return whose secret the words name, and its place.

    Raises:
        FlipsideError: They name none, or have the value in them, which is not repeated.
    """
    from flipside.machine.layout import check_label
    from flipside.machine.variables import check_variable, is_variable
    from flipside.secrets.sealed import Place

    if not words or len(words) > 2 or not is_variable(words[-1]):
        what = "takes the name of a variable, and no value: that would stay in your shell's history"
        raise FlipsideError(f"secret.{task} {what}", next=USAGE.format(task=task))
    *app, name = words
    subject = here.subject(app[0] if app else None, env, platform)
    check_label("app", subject.app)
    check_label("environment", env)
    return subject, Place(subject.app, env, check_variable(name))
