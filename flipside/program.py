"""invoke's Program with our tasks in it, and help that is short."""

from __future__ import annotations

import inspect
import sys
from typing import TYPE_CHECKING, Any

import invoke.program
from invoke.exceptions import Exit
from invoke.util import helpline

from flipside import __version__
from flipside.console import get_console
from flipside.exits import exits
from flipside.parser import keep_bytecode
from flipside.tasks import namespace
from flipside.words import ONCE, REPEATED, unknown_task

if TYPE_CHECKING:
    from invoke.parser.argument import Argument

# The rest of invoke's options is about shell commands that a task runs through it; ours run none.
CORE = ["complete", "debug", "help", "list", "list-depth", "list-format", "write-pyc"]
CORE += ["print-completion-script", "version"]


class Program(invoke.program.Program):
    """The `flipside` command: every task, from any folder."""

    def run(self, argv: list[str] | None = None, exit: bool = True) -> None:  # noqa: A002, FBT001, FBT002 - invoke's signature
        """Run a command line; see `invoke.Program.run`."""
        try:
            with exits(get_console()):
                super().run(argv, exit)
        except Exit as ended:
            sys.exit(ended.code)

    def core_args(self) -> list[Argument]:
        """Return invoke's own options, as far as they mean anything here."""
        return [argument for argument in super().core_args() if argument.name in CORE]

    def parse_core(self, argv: list[str] | None) -> None:
        """Parse the options before the first task."""
        super().parse_core(argv)
        keep_bytecode()

    def update_config(self, merge: bool = True) -> None:  # noqa: FBT001, FBT002 - invoke's signature
        """Leave invoke's config as it is: the options that change it are not ours."""
        self.config.load_overrides({}, merge=merge)

    def parse_cleanup(self) -> None:
        """Do what ends before a task runs: help and lists."""
        asked = self.args.help.value
        if isinstance(asked, str) and asked not in self.parser.contexts:
            with exits(get_console()):
                raise unknown_task(asked, self.parser.contexts)
        super().parse_cleanup()

    def print_help(self) -> None:
        """Print every task by its group, each with a line of help."""
        say = get_console().say
        say(f"Usage: {self.binary} TASK [NAME] [options] [TASK ...]")
        self.list_tasks()
        say(
            f"{self.binary} --help TASK shows a task's options; {self.binary} --version the version."
        )

    def list_flat(self) -> None:
        """Print the tasks by their group."""
        groups = self.scoped_collection.collections
        if not groups:
            super().list_flat()
        for name, group in groups.items():
            get_console().say(f"\n{name}")
            pairs = [(f"{name}.{task}", helpline(group.tasks[task])) for task in group.tasks]
            self.print_columns(pairs)

    def print_task_help(self, name: str) -> None:
        """Print how a task is called, what it does, and its options."""
        context, say = self.parser.contexts[name], get_console().say
        say(f"Usage: {self.binary} {name}{_words(context, self.collection[name])} [options]\n")
        say(f"{inspect.getdoc(self.collection[name])}\n")
        options = [each for each in context.help_tuples() if f"--{REPEATED}" not in each[0]]
        if options:
            say("Options:\n")
            self.print_columns(options)


def _words(context: Any, task: Any) -> str:
    if REPEATED in context.args:
        return f" {task.usage}"
    once = next((each for each in ONCE if each in context.args), None)
    return f" [{once.upper()}]" if once else ""


program = Program(name="flipside", binary="flipside", version=__version__, namespace=namespace)
