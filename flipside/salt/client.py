"""Call the code that runs on a machine: JSON in, JSON lines out."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from flipside import errors

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import PurePosixPath

    from flipside.targets.base import Machine

    Event = Callable[[dict[str, Any]], None]


def command(root: PurePosixPath, verb: str) -> list[str]:
    """Return the command that runs ``verb`` of `flipside.machine` on a machine."""
    return [f"{root}/venv/bin/python", "-m", "flipside.machine", str(root), verb]


def call(machine: Machine, verb: str, on_event: Event | None = None, **arguments: Any) -> Any:
    """Call ``verb`` on the machine and return its result.

    Args:
        machine: Where to call it.
        verb: A verb of `flipside.machine`.
        on_event: Gets every event, a mapping, as it happens.
        arguments: JSON-ready keyword arguments of the verb.

    Raises:
        FlipsideError: What the machine raised, of the class that it raised.
        MachineError: If the machine's code ended without a result.
    """
    answers: list[dict[str, Any]] = []

    def take(line: str) -> None:
        message = _parse(line)
        if "event" in message:
            if on_event:
                on_event(message["event"])
        else:
            answers.append(message)

    argv = command(machine.root, verb)
    machine.run(argv, stdin=json.dumps(arguments).encode(), on_line=take)
    if not answers:
        raise errors.MachineError("the machine's code ended without an answer", " ".join(argv))
    if "error" in answers[-1]:
        raise _revived(answers[-1]["error"])
    return answers[-1]["result"]


def _parse(line: str) -> dict[str, Any]:
    try:
        message = json.loads(line)
    except ValueError:
        message = None
    return message if isinstance(message, dict) else {"event": {"detail": line}}


def _revived(error: dict[str, Any]) -> errors.FlipsideError:
    kind = getattr(errors, error.pop("class"), errors.FlipsideError)
    revived: errors.FlipsideError = kind(**error)
    return revived
