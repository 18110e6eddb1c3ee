"""invoke's parser with optional words: `app.deploy guestbook`, `app.config set DEBUG=1`.

invoke knows required positional arguments and options, nothing between. So a bare word behind a
task becomes the option that it stands for, before invoke sees it; docs/adr/0011-optional-names.md
tells why. What invoke would answer with a riddle is refused here, with the word that was meant.
"""

from __future__ import annotations

import os
import sys

import invoke.program
from invoke.parser import parser

from flipside.console import Console
from flipside.exits import exits
from flipside.words import Words


def install() -> None:
    """Make invoke use `Parser`, and let Python keep its bytecode, which invoke forbids it.

    The only place that reaches into invoke. Both `invoke` and `flipside` pass here, because both
    import `flipside.tasks`. Without bytecode each start compiles some 100 modules, in 1 s.
    """
    invoke.program.Parser = Parser  # type: ignore[attr-defined]
    keep_bytecode()


def keep_bytecode() -> None:
    """Let Python write bytecode unless its own variable says no."""
    sys.dont_write_bytecode = bool(os.environ.get("PYTHONDONTWRITEBYTECODE"))


def words_after_dashes(argv: list[str] | None = None) -> list[str]:
    """Return the words behind `--` as they were typed; invoke joins them and loses the quoting.

    Args:
        argv: The command line, this process's own if None.
    """
    argv = sys.argv if argv is None else argv
    return argv[argv.index("--") + 1 :] if "--" in argv else []


class Parser(parser.Parser):
    """invoke's parser, handed options in place of bare words."""

    def parse_argv(self, argv: list[str]) -> parser.ParseResult:
        """Parse a command line; see `invoke.parser.Parser.parse_argv`."""
        if not self.contexts:
            return super().parse_argv(argv)
        ours = argv[: argv.index("--")] if "--" in argv else argv
        with exits(Console(as_json="--json" in ours)):
            words = Words(self.contexts, self.initial).as_options(argv)
        return super().parse_argv(words)
