"""What `app.bootstrap` made, and what it guessed."""

from __future__ import annotations

import os
import shlex
from pathlib import Path
from typing import TYPE_CHECKING

from flipside.console import get_console
from flipside.tasks.show import end

if TYPE_CHECKING:
    from flipside.apps.template import Bootstrapped


def show(done: Bootstrapped, name: str) -> None:
    """Print the files written, the guesses with their reasons, and what is left to decide."""
    console = get_console()
    console.say(f"{name} is in {done.path}")
    for path in done.written:
        console.say(f"  wrote {path.relative_to(done.path)}")
    if done.guessed:
        console.say("Guessed from the code; correct it in .flipside-app:")
        console.table(["key", "value", "because"], [[g.key, g.value, g.why] for g in done.guessed])
    for note in done.notes:
        console.say(f"to decide: {note}")
    folder = Path(os.path.relpath(done.path))
    enter = [] if folder == Path() else [f"cd {shlex.quote(str(folder))}"]
    end(*enter, "flipside app.run", "flipside app.publish && flipside app.deploy")
