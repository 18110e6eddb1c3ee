"""What runs on a machine with a person's terminal, as argument lists."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from pathlib import PurePosixPath

from flipside.errors import NotFoundError

COMPONENTS = (
    "salt-master",
    "salt-minion",
    "nginx",
    "memcached",
    "rsyslog",
    "backup",
    "supervisord",
)
# The machine's own shell; the caller's on a machine that names none, if it is there.
_SHELL = 'cd "$0" && exec "$(command -v "${SHELL:-$1}" || echo sh)" -i'


def tail(paths: Sequence[str | PurePosixPath], lines: int, *, follow: bool) -> list[str]:
    """Return the command that prints the last lines of logs, through their rotation with `follow`."""
    return ["tail", "-n", str(lines), *(["-F"] if follow else []), *map(str, paths)]


def enter(
    root: PurePosixPath, app: str, env: str, words: Sequence[str], terminal: str = "dumb"
) -> list[str]:
    """Return the command that runs words as an app, or its own shell where there are none.

    Args:
        root: The platform's root on the machine.
        app: The app.
        env: Its environment.
        words: The command to run.
        terminal: The terminal's kind, $TERM.
    """
    python = f"{root}/venv/bin/python"
    module = [python, "-m", "flipside.machine.enter", str(root), app, env]
    return ["env", f"TERM={terminal}", *module, *words]


def shell(root: PurePosixPath, otherwise: str, terminal: str = "dumb") -> list[str]:
    """Return the command for an interactive shell in the platform's root.

    Args:
        root: The platform's root on the machine.
        otherwise: The shell on a machine whose environment names none.
        terminal: The terminal's kind, $TERM.
    """
    return ["env", f"TERM={terminal}", "sh", "-c", _SHELL, str(root), otherwise]


def logs(root: PurePosixPath) -> list[str]:
    """Return the command that lists the components' log files, one path per line."""
    return ["find", f"{root}/log", "-maxdepth", "1", "-name", "*.log"]


def chosen(paths: Sequence[str], component: str | None) -> list[str]:
    """Return the log files of a component, of all where none is named; none if it has logged nothing.

    Raises:
        NotFoundError: There is no component of that name; it lists those that there are.
    """
    names = {PurePosixPath(path).stem: path for path in sorted(paths)}
    if component is None and names:
        return list(names.values())
    if component in names:
        return [names[component]]
    if component in COMPONENTS:
        return []
    what = f"no log of `{component}`" if component else "no component has written a log yet"
    known = f"logs: {', '.join(names)}" if names else "flipside platform.doctor"
    close = difflib.get_close_matches(component or "", names, n=1)
    raise NotFoundError(what, next=f"did you mean `{close[0]}`? {known}" if close else known)
