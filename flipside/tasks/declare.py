"""How a task is declared: a function that knows nothing of invoke."""

from __future__ import annotations

import functools
import inspect
from typing import TYPE_CHECKING, Any

from invoke.context import Context
from invoke.exceptions import Exit
from invoke.tasks import Task as InvokeTask

from flipside.console import Console, use_console
from flipside.errors import FlipsideError
from flipside.exits import exits

if TYPE_CHECKING:
    from collections.abc import Callable

PRODUCTION = "production"
JSON = "json"

# Options that mean the same in every task.
COMMON = {
    "name": "The app; the one of this folder if absent",
    "env": f"The app's environment; {PRODUCTION} if absent",
    "platform": "The platform's folder or file; found upwards from here if absent",
    JSON: "Print one JSON document on stdout",
    "yes": "Do not ask",
    "follow": "Go on printing what is added",
    "lines": "How many lines",
}
SHORT = {"env": "e", "folder": "d", "template": "t", "follow": "f", "lines": "n", "yes": "y"}


class Task(InvokeTask):  # type: ignore[type-arg]
    """invoke's task, with the short options that we chose and no others.

    Attributes:
        usage: The words behind its name, for its help.
    """

    def __init__(self, *args: Any, usage: str = "", **options: Any) -> None:
        super().__init__(*args, **options)
        self.usage = usage

    def arg_opts(self, name: str, default: str, taken_names: set[str]) -> dict[str, Any]:
        """Return what makes the option; see `invoke.tasks.Task.arg_opts`."""
        options: dict[str, Any] = super().arg_opts(name, default, taken_names)
        if name in SHORT:
            options["names"].append(SHORT[name])
        return options


def task(
    *, reports: bool = True, repeated: tuple[str, ...] = (), usage: str = "", **helps: str
) -> Callable[[Callable[..., int | None]], Task]:
    """Return a decorator that makes a task of a function.

    The function gets its options by name and returns its exit status, None being 0. Within it
    `get_console()` is the console of this task; what it raises becomes a message.

    Args:
        reports: Whether it reports, and so has `--json`.
        repeated: Options that may be given several times.
        usage: What the words behind its name are, where bare words are its option `words`.
        helps: A line of help for each option that is not in `COMMON`.
    """

    def declare(body: Callable[..., int | None]) -> Task:
        @functools.wraps(body)
        def run(_: Context, **options: Any) -> None:
            console = Console(as_json=bool(options.pop(JSON, False)))
            with use_console(console), exits(console):
                status = body(**_sensible(options))
            if status:
                raise Exit(code=status)

        signature = _signature(body, reports=reports)
        run.__signature__ = signature  # type: ignore[attr-defined]
        known = COMMON | {"words": "The words behind the task"} | helps
        shown = {name: known[name] for name in signature.parameters if name != "_"}
        return Task(run, usage=usage, help=shown, iterable=repeated, auto_shortflags=False)

    return declare


def _sensible(options: dict[str, Any]) -> dict[str, Any]:
    """Return the options; raise FlipsideError for a value that cannot be meant.

    An empty one, as of a variable that was never set, must not do what absence does.
    """
    for name, value in options.items():
        if value == "":
            option = f"--{name.replace('_', '-')}"
            raise FlipsideError(f"{option} is given an empty value", next=f"leave {option} out")
        if name == "lines" and value < 0:
            raise FlipsideError(f"--lines {value} cannot be", next="give 0 or more")
    return options


def _signature(body: Callable[..., Any], *, reports: bool) -> inspect.Signature:
    """Return the function's signature with invoke's context before it, and `json` behind."""
    kind = inspect.Parameter.POSITIONAL_OR_KEYWORD
    given = [each.replace(kind=kind) for each in inspect.signature(body).parameters.values()]
    behind = [inspect.Parameter(JSON, kind, default=False)] if reports else []
    return inspect.Signature([inspect.Parameter("_", kind), *given, *behind])
