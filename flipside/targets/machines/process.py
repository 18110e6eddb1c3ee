"""Run the local command that leads to a machine, to the end of what it runs there."""

from __future__ import annotations

import os
import subprocess
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from threading import Timer
from typing import IO, TYPE_CHECKING, cast

from flipside.errors import MachineError
from flipside.targets.machines.wrapper import Heard, heard

if TYPE_CHECKING:
    from flipside.targets.base import Narrate

Feed = Callable[[IO[bytes]], object]
# Seconds that a command which is interrupted gets, to undo what it began.
UNDOING = 60


def communicate(
    local: Sequence[str], token: str, feed: Feed, take: Narrate, interrupt: Narrate
) -> Heard:
    """Run a local command that leads to a wrapped one, until both have ended.

    After Ctrl-C it goes on until the wrapped command has ended, at most `UNDOING` seconds.

    Args:
        local: The local command.
        token: The token that the wrapped command announces itself by.
        feed: Writes the standard input into a pipe.
        take: Gets each line of the standard output.
        interrupt: Interrupts a process group on the machine.

    Raises:
        MachineError: If the local command cannot be run.
        KeyboardInterrupt: When the wrapped command has ended after it.
    """
    # A file: ssh's shared connection would hold a pipe open when the command has ended.
    with tempfile.TemporaryFile() as errors:
        with _start(local, errors) as child, ThreadPoolExecutor(1) as thread:
            fed = thread.submit(_feed, _pipe(child.stdin), feed)
            try:
                _read(child, take)
            except KeyboardInterrupt:
                with suppress(MachineError):
                    _pass_on(child, lambda: _heard(token, errors).group, interrupt, take)
                raise
            finally:
                _kill(child)
        fed.result()
        return _heard(token, errors)


def _start(local: Sequence[str], errors: IO[bytes]) -> subprocess.Popen[bytes]:
    pipe = subprocess.PIPE
    try:
        # In a session of its own: Ctrl-C would end the connection, and the command be left alone.
        return subprocess.Popen(
            local, stdin=pipe, stdout=pipe, stderr=errors, start_new_session=True
        )
    except OSError as error:
        what, advice = f"cannot run {local[0]}: {error.strerror}", f"install {local[0]} here"
        raise MachineError(what, "PATH", advice) from None


def _pipe(end: IO[bytes] | None) -> IO[bytes]:
    return cast("IO[bytes]", end)


def _feed(pipe: IO[bytes], feed: Feed) -> None:
    # Who ends without reading has a reason, which its exit status tells.
    with suppress(BrokenPipeError), pipe:
        feed(pipe)


def _read(child: subprocess.Popen[bytes], take: Narrate) -> None:
    for raw in _pipe(child.stdout):
        take(raw.decode(errors="replace").rstrip("\n"))
    child.wait()


def _pass_on(
    child: subprocess.Popen[bytes],
    group: Callable[[], str | None],
    interrupt: Narrate,
    take: Narrate,
) -> None:
    """Interrupt the group as soon as it is known, and hear the command out."""
    enough = Timer(UNDOING, _kill, [child])
    enough.start()
    try:
        while (known := group()) is None and child.poll() is None:
            time.sleep(0.05)
        if known:
            interrupt(known)
            _read(child, take)
    finally:
        enough.cancel()


def _heard(token: str, errors: IO[bytes]) -> Heard:
    size = os.fstat(errors.fileno()).st_size
    return heard(token, os.pread(errors.fileno(), size, 0).decode(errors="replace"))


def _kill(child: subprocess.Popen[bytes]) -> None:
    with suppress(PermissionError):  # sudo on this very machine is root's, and ends by itself
        child.kill()
