"""A command line read word by word: what each bare word stands for, and which has no meaning."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, Any

from flipside.errors import FlipsideError, NotFoundError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from invoke.parser.argument import Argument

# A task's options that bare words stand for: one of them once, then the other any number of times.
ONCE = ("name", "component")
REPEATED = "words"
HELP = "flipside --help"


class Words:
    """One reading of a command line.

    Args:
        contexts: invoke's description of each task, by name.
        initial: The same of the program itself.
    """

    def __init__(self, contexts: Any, initial: Any) -> None:
        self._contexts, self._initial = contexts, initial
        self._task: Any = None
        self._waits: str | None = None
        self._named = False

    def as_options(self, argv: list[str]) -> list[str]:
        """Return the command line with an option in place of every bare word.

        Raises:
            NotFoundError: There is no such task or option.
            FlipsideError: A word too many, or a value that is missing or no number.
        """
        end = argv.index("--") if "--" in argv else len(argv)
        words = [self._read(word) for word in argv[:end]]
        self._refuse_waiting()
        return words + argv[end:]

    def _read(self, word: str) -> str:
        if self._waits and word not in self._flags():
            self._check(self._waits, word)
            self._waits = None
            return word
        self._refuse_waiting()
        if word.startswith("-") and word != "-":
            self._option(word)
            return word
        if word in self._contexts:
            self._task, self._named = self._contexts[word], False
            return word
        return self._bare(word)

    def _bare(self, word: str) -> str:
        if self._task is None or self._looks_like_a_task(word):
            raise unknown_task(word, self._contexts)
        once = next((each for each in ONCE if each in self._task.args), None)
        if REPEATED in self._task.args:
            return f"--{REPEATED}={word}"
        if once and not self._named:
            self._named = True
            return f"--{once}={word}"
        raise FlipsideError(f"{self._task.name} has no use for `{word}`", next=self._help)

    def _looks_like_a_task(self, word: str) -> bool:
        group, dot, task = word.partition(".")
        return task.isidentifier() and any(name.startswith(group + dot) for name in self._contexts)

    def _option(self, word: str) -> None:
        name, equals, value = word.partition("=")
        if not equals and not word.startswith("--") and len(word) > 2:
            name, value = self._last_of(word)
        argument = self._argument(name)
        if equals or value:
            if not argument.takes_value:
                raise FlipsideError(f"{name} takes no value", next=self._help)
            self._check(name, value)
        elif argument.takes_value and not argument.optional:
            self._waits = name

    def _last_of(self, word: str) -> tuple[str, str]:
        """Return the last option of `-fn100`, and its value or nothing."""
        for place in range(1, len(word)):
            name = f"-{word[place]}"
            if self._argument(name).takes_value:
                break
        if place > 1 and place + 1 < len(word):
            # invoke would take the value apart: it knows one only behind the first letter.
            raise FlipsideError(f"write {name} {word[place + 1 :]} by itself", next=self._help)
        return name, word[place + 1 :]

    def _check(self, name: str, value: str) -> None:
        if self._argument(name).kind is int and not value.lstrip("-").isdigit():
            raise FlipsideError(f"{name} takes a number, not `{value}`", next=self._help)

    def _refuse_waiting(self) -> None:
        if self._waits:
            raise FlipsideError(f"{self._waits} needs a value", next=self._help)

    def _argument(self, flag: str) -> Argument:
        flags = self._flags()
        if flag in flags:
            return flags[flag]
        what = f"{self._task.name} has no option {flag}" if self._task else f"no option {flag}"
        raise NotFoundError(what, next=meant(flag, flags, self._help))

    def _flags(self) -> dict[str, Argument]:
        parts = [self._initial, self._task]
        every = [part.flags for part in parts if part is not None]
        return {name: flags[name] for flags in every for name in [*flags, *flags.aliases]}

    @property
    def _help(self) -> str:
        return f"{HELP} {self._task.name}" if self._task else HELP


def unknown_task(word: str, tasks: Iterable[str]) -> NotFoundError:
    """Return the error for a word that is no task's name."""
    names = list(tasks)
    behind_the_dot = [name for name in names if name.partition(".")[2] == word]
    return NotFoundError(f"no task `{word}`", next=meant(word, names, HELP, behind_the_dot))


def meant(word: str, known: Iterable[str], otherwise: str, sure: Iterable[str] = ()) -> str:
    """Return a hint that names what was perhaps meant, then where everything is listed."""
    close = list(sure) or difflib.get_close_matches(word, list(known), n=1)
    *most, last = close or [""]
    meant = f"{', '.join(most)} or {last}" if most else last
    return f"did you mean {meant}? else: {otherwise}" if close else otherwise
