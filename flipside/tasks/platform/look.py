"""Tasks that look at a platform and change nothing."""

from __future__ import annotations

import os

from flipside.console import get_console
from flipside.errors import MachineError
from flipside.salt.client import call
from flipside.tasks import here
from flipside.tasks.declare import task


@task(acknowledge="Show for the last time what scheduled highstates had to correct")
def status(
    acknowledge: bool = False,  # noqa: FBT001, FBT002 - a switch of the command line
    platform: str | None = None,
) -> None:
    """Show the components, the last highstate, the apps.

    And what scheduled highstates had to correct, until that is acknowledged.
    """
    from flipside.targets import target_of
    from flipside.tasks.show import platform as show

    found = here.platform_here(platform)
    machine = target_of(found).machine()
    state = call(machine, "platform_status")
    if acknowledge:
        call(machine, "acknowledge")
    get_console().report(state, lambda it: show.status(it, found))


@task()
def doctor(platform: str | None = None) -> int:
    """Check what can be wrong, and say what to type.

    The exit status is 1 if something is wrong. Works on a platform that is down, too.
    """
    from flipside.targets import target_of
    from flipside.tasks.show import platform as show

    found = here.platform_here(platform)
    try:
        result = call(target_of(found).machine(), "doctor")
    except MachineError:
        result = {"checks": target_of(found).checks()}
    get_console().report(result, show.doctor)
    return 0 if all(check["ok"] for check in result["checks"]) else 1


@task(reports=False, component="A component, as platform.status names them; all if absent")
def logs(
    component: str | None = None,
    follow: bool = False,  # noqa: FBT001, FBT002 - a switch of the command line
    lines: int = 100,
    platform: str | None = None,
) -> int:
    """Print the logs of the platform's components."""
    from flipside.targets import commands
    from flipside.tasks.terminal import followed

    machine = here.machine_here(platform, up=False)
    paths = commands.chosen(machine.run(commands.logs(machine.root)).split(), component)
    if not paths:
        get_console().say(f"{component} has logged nothing yet")
        return 0
    return followed(machine, commands.tail(paths, lines, follow=follow))


@task(reports=False)
def ssh(platform: str | None = None) -> int:
    """Open a shell on the platform's machine.

    It begins in the platform's root, with the environment of its processes.
    """
    from flipside.targets import commands
    from flipside.tasks.terminal import attached

    machine = here.machine_here(platform, up=False)
    kind, own = os.environ.get("TERM", "dumb"), os.environ.get("SHELL", "/bin/sh")
    return attached(machine, commands.shell(machine.root, own, kind))
