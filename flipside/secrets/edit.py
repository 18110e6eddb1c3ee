"""The secrets of one environment in an editor: opened, changed, and only what changed sealed anew."""

from __future__ import annotations

import os
import re
import shlex
import signal
import subprocess
import tempfile
from collections.abc import Callable, Mapping
from io import StringIO
from pathlib import Path
from typing import Any

from flipside.errors import FlipsideError, SecretError
from flipside.machine.terminable import terminable
from flipside.machine.variables import check_variable
from flipside.secrets.text import read
from flipside.secrets.value import check_value

# Folders in memory: no plain text reaches a disk.
_MEMORY = ("/dev/shm", "/run/shm")  # noqa: S108 - a private folder is made in it
# Several lines that a block (`|`) says as they are: printable, no space or line end to guess.
_BLOCK = re.compile(r"(?=[!-~])[ -~\n]*[!-~]\n?")
_EDITOR = "set $EDITOR"
_HEAD = "# One NAME: value for each secret of {what}. Saved empty, nothing changes.\n"


def editor() -> list[str]:
    """Return the user's editor, as git finds it. Raises FlipsideError for what is no command."""
    named = os.environ.get("VISUAL") or os.environ.get("EDITOR") or "vi"
    try:
        found = shlex.split(named)
    except ValueError:
        found = []
    if not found:
        raise FlipsideError("the editor's name cannot be read", "$VISUAL, $EDITOR", _EDITOR)
    return found


def edited(
    values: Mapping[str, str], what: str, again: Callable[[FlipsideError], bool]
) -> dict[str, str] | None:
    """Let a person change values; return all of them, or None if nothing is to change.

    Args:
        values: They, in plain text.
        what: Whose they are.
        again: Told what is wrong with what was saved; whether to go on editing.

    Raises:
        FlipsideError: The editor failed, or what was saved is wrong and nobody goes on.
    """
    # Also when the terminal is closed, or the computer shuts down.
    with (
        terminable(),
        terminable(signal.SIGHUP),
        tempfile.TemporaryDirectory(dir=_memory(), prefix="flipside-") as folder,
    ):
        path = Path(folder, "secrets.yml")
        path.touch(mode=0o600)
        before = _HEAD.format(what=what) + _text(values)
        path.write_bytes(before.encode())
        while True:
            _edit(path)
            after = _saved(path)
            if after == before or not after.strip():
                return None
            try:
                return _parsed(after)
            except FlipsideError as error:
                if not again(error):
                    raise


def _memory() -> str:
    runtime = os.environ.get("XDG_RUNTIME_DIR", "")
    for folder in (*_MEMORY, runtime):
        if folder and os.access(folder, os.W_OK):
            return folder
    what = "there is no folder in memory (/dev/shm) to edit secrets in"
    raise SecretError(what, next="set them one by one: flipside secret.set")


def _edit(path: Path) -> None:
    argv = editor()
    try:
        status = subprocess.run([*argv, str(path)], check=False).returncode
    except OSError as error:
        what = f"cannot start the editor: {error.strerror}"
        raise FlipsideError(what, argv[0], _EDITOR) from None
    if status:
        raise FlipsideError(f"the editor ended with {status}; nothing was changed", argv[0])


def _saved(path: Path) -> str:
    try:
        return read(path)
    except FileNotFoundError:
        raise FlipsideError("the editor removed the file; nothing was changed") from None


def _text(values: Mapping[str, str]) -> str:
    from ruamel.yaml import YAML

    yaml, out = YAML(), StringIO()
    yaml.width = 1 << 20
    yaml.dump({name: _written(values[name]) for name in sorted(values)}, out)
    return out.getvalue() if values else ""


def _written(value: str) -> str:
    from ruamel.yaml.scalarstring import DoubleQuotedScalarString, LiteralScalarString

    block = "\n" in value and _BLOCK.fullmatch(value)
    kind = LiteralScalarString if block else DoubleQuotedScalarString
    written: str = kind(value)
    return written


def _parsed(text: str) -> dict[str, str]:
    from ruamel.yaml.error import YAMLError

    try:
        found = _pairs(text)
    except YAMLError as error:
        # What is wrong would be told with words of the text.
        mark = getattr(error, "problem_mark", None)
        raise SecretError("that is no YAML", f"line {mark.line + 1}" if mark else None) from None
    for name, value in found.items():
        check_value(name, value)
    return found


def _pairs(text: str) -> dict[str, str]:
    """Return NAME: value of each line, each value as the text that it is: 007 and yes are some, too."""
    from ruamel.yaml import YAML

    events = [event for event in YAML(pure=True).parse(text) if _counts(event)]
    if not events:
        return {}
    if not (_is(events[0], "MappingStart") and _is(events[-1], "MappingEnd")):
        raise SecretError("that is no list of NAME: value")
    scalars = events[1:-1]
    for event in scalars:
        if not _is(event, "Scalar") or event.anchor or event.tag:
            line = f"line {event.start_mark.line + 1}"
            raise SecretError("a value is a text on one line, a quoted one, or a block", line)
    names = [_name(event) for event in scalars[::2]]
    if len(set(names)) < len(names):
        raise SecretError("a name is there twice")
    return dict(zip(names, (event.value for event in scalars[1::2]), strict=True))


def _name(event: Any) -> str:
    try:
        return check_variable(event.value)
    except FlipsideError:
        # It may be a part of a value that went astray: it is not repeated.
        line = f"line {event.start_mark.line + 1}"
        raise SecretError("what stands before the colon is no name of a variable", line) from None


def _counts(event: Any) -> bool:
    return not any(_is(event, kind) for kind in ("StreamStart", "StreamEnd", "Document"))


def _is(event: Any, kind: str) -> bool:
    return type(event).__name__.startswith(kind)
