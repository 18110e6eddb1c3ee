"""Tasks that bring the platform to its states, or say what that would change."""

from __future__ import annotations

from flipside.console import get_console
from flipside.tasks import here
from flipside.tasks.declare import task
from flipside.tasks.narrate import Narrator


@task()
def plan(platform: str | None = None) -> None:
    """Show what platform.apply would change, as a diff."""
    from flipside.salt.client import call
    from flipside.salt.highstate import raise_failures
    from flipside.tasks.show import platform as show

    machine, console = here.machine_here(platform), get_console()
    with console.step("Plan"):
        outcome = call(machine, "apply", test=True)
        raise_failures(outcome)
    console.report(outcome, show.plan)


@task()
def apply(platform: str | None = None) -> None:
    """Bring the platform to its states: Salt's highstate."""
    from flipside.salt.highstate import apply
    from flipside.tasks.show import platform as show

    console = get_console()
    outcome = apply(here.machine_here(platform), Narrator(console))
    console.report(outcome, show.applied)
