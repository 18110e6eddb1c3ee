"""Tasks about the keys that open secrets."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flipside.console import get_console
from flipside.tasks import here
from flipside.tasks.declare import task
from flipside.tasks.narrate import Narrator
from flipside.tasks.secret.values import IDENTITY

if TYPE_CHECKING:
    from collections.abc import Sequence


@task(
    repeated=("words",),
    usage="[add NAME age1... | remove NAME]",
    identity=IDENTITY,
)
def recipients(
    words: Sequence[str] | None = None, identity: str | None = None, platform: str | None = None
) -> None:
    """List who can open them; add or remove one.

    A change encrypts every value anew, which takes a private key that opens them.
    """
    from flipside.secrets import recipients
    from flipside.secrets.folder import Secrets
    from flipside.secrets.readers import changed
    from flipside.tasks.show import secrets as show

    secrets = Secrets(here.platform_here(platform).folder)
    if words:
        done = changed(secrets, [*words], identity)
        get_console().report(done, show.recipients_changed)
    else:
        get_console().report(recipients.require(secrets.path), show.recipients)


@task(identity=IDENTITY)
def rotate_key(identity: str | None = None, platform: str | None = None) -> None:
    """Give the platform a new key, and encrypt all for it.

    Cut short, it is finished by running it again.
    """
    from flipside.secrets.rotate import rotate
    from flipside.targets import target_of
    from flipside.tasks.show import secrets as show

    found, console = here.platform_here(platform), get_console()
    done = rotate(target_of(found).machine(), found, identity, Narrator(console))
    console.report(done, show.rotated)
