"""Apply the highstate from afar, and say what it did."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flipside.errors import MachineError
from flipside.salt.client import call

if TYPE_CHECKING:
    from flipside.targets.base import Machine, Narrator


def apply(machine: Machine, narrator: Narrator) -> dict[str, Any]:
    """Run the highstate; return its summary (see `flipside.machine.highstate.summary`).

    Raises:
        MachineError: If a state failed, or Salt refused to run.
    """
    with narrator.step("Highstate"):
        outcome: dict[str, Any] = call(machine, "apply")
        for state in outcome["changed"]:
            narrator.detail(f"changed {state['id']}")
        raise_failures(outcome)
    return outcome


def raise_failures(outcome: dict[str, Any]) -> None:
    """Raise what went wrong in a run of states, if anything did."""
    problems = [f"{state['id']}: {state['comment']}" for state in outcome["failed"]]
    problems += [str(message) for message in outcome["refused"]]
    if problems:
        raise MachineError("\n".join(problems), next="flipside platform.doctor")
