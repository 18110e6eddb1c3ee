"""Tasks that make a platform and give it back."""

from __future__ import annotations

from pathlib import Path

from flipside.console import get_console
from flipside.tasks import here
from flipside.tasks.confirm import confirm
from flipside.tasks.declare import task
from flipside.tasks.narrate import Narrator


@task(
    target="Where it shall live; local is this machine, and what is meant if absent",
    host="With target host: user@address or an ssh alias; localhost is this machine",
    port="The machine's ssh port; what ssh would take if 0",
    identity="The private key that opens the machine; what ssh would take if absent",
    provider="With target vagrant: docker, libvirt or virtualbox, which is meant if absent",
    name="Its name; the folder's if absent",
    http_port="The web server's port; a free one if 0",
    platform="Its folder or file; the current folder if absent, in an app's folder the app's",
)
def bootstrap(  # noqa: PLR0913 - one for each key that a fresh file may need
    *,
    target: str | None = None,
    host: str | None = None,
    port: int = 0,
    identity: str | None = None,
    provider: str | None = None,
    name: str | None = None,
    http_port: int = 0,
    platform: str | None = None,
) -> None:
    """Make the platform, or finish making it.

    Writes .flipside-platform if there is none. Run again at any time: it changes what is out of
    date and nothing else.
    """
    from flipside.salt.client import call
    from flipside.targets import described, target_of
    from flipside.tasks.show import platform as show

    console = get_console()
    path = described.file_to_use(platform, here.app_of(None, platform))
    wanted = {"target": target, "host": host, "port": port or None, "identity": _absolute(identity)}
    wanted |= {"provider": provider, "name": name, "http_port": http_port or None}
    found, fresh = described.described(path, wanted)
    console.say(f"{'wrote' if fresh else 'found'} {found.path}")
    where = target_of(found)
    where.bootstrap(Narrator(console))
    console.report(call(where.machine(), "platform_status"), lambda it: show.made(it, found))


def _absolute(path: str | None) -> str | None:
    """Return the path as it is from any folder: the file that will name it may be in another."""
    return str(Path(path).expanduser().absolute()) if path else None


@task()
def upgrade(platform: str | None = None) -> None:
    """Bring a running platform to this version of Flipside.

    Salt, states and code are replaced, and the highstate runs. Apps go on serving.
    """
    from flipside.salt.client import call
    from flipside.targets import target_of
    from flipside.targets.versions import check_upgrade
    from flipside.tasks.show import platform as show

    found, console = here.platform_here(platform), get_console()
    where = target_of(found)
    before = call(where.machine(up=False), "version")
    check_upgrade(before)
    where.bootstrap(Narrator(console))
    state = call(where.machine(), "platform_status")
    console.report(state, lambda it: show.upgraded(it, found, before))


@task()
def halt(
    yes: bool = False,  # noqa: FBT001, FBT002 - a switch of the command line
    platform: str | None = None,
) -> None:
    """Stop the platform with all its apps; nothing is removed.

    `platform.bootstrap` starts it again, and every app that was live.
    """
    from flipside.targets import target_of
    from flipside.tasks.show import platform as show

    found, console = here.platform_here(platform), get_console()
    what = f"the platform {found.config.name} in {found.folder} stops, and none of its apps answers"
    confirm(what, "flipside platform.halt --yes", yes=yes)
    target_of(found).halt(Narrator(console))
    console.report({"name": found.config.name}, show.halted)


@task(data="Destroy the apps' data, too; otherwise that is kept")
def destroy(
    data: bool = False,  # noqa: FBT001, FBT002 - a switch of the command line
    yes: bool = False,  # noqa: FBT001, FBT002 - the same
    platform: str | None = None,
) -> None:
    """Remove the platform; data is kept unless --data."""
    from flipside.targets import target_of
    from flipside.tasks.show import platform as show

    found, console = here.platform_here(platform), get_console()
    fate = "destroyed with it" if data else "kept"
    again = f"flipside platform.destroy {'--data ' if data else ''}--yes"
    what = f"the platform {found.config.name} in {found.folder} is removed with all its apps"
    confirm(f"{what}, their data is {fate}", again, yes=yes)
    kept = target_of(found).destroy(Narrator(console), keep_data=not data)
    done = {"name": found.config.name, "kept": kept and str(kept)}
    console.report(done, lambda it: show.destroyed(it, found))
