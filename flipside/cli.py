"""The `flipside` command."""

from __future__ import annotations

import sys

from flipside import __version__


def main() -> None:
    """Run the command line and exit with its status."""
    # invoke takes 0.2 s to import, which is long for a line of text.
    if sys.argv[1:] in (["--version"], ["-V"]):
        print(f"flipside {__version__}")  # noqa: T201 - no console is at work yet
        return
    try:
        from flipside.program import program

        program.run()
    except KeyboardInterrupt:
        sys.exit(130)
