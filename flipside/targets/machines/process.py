"""Run the local command that leads to a machine, to the end of what it runs there."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Sequence
from concurrent.futures import CancelledError, ThreadPoolExecutor
from contextlib import suppress
from threading import Timer
from typing import IO, TYPE_CHECKING, cast

from flipside.errors import MachineError
from flipside.targets.machines.wrapper import Heard

if TYPE_CHECKING:
    from flipside.targets.base import Narrate

Feed = Callable[[IO[bytes]], object]
# Seconds: until a command that is interrupted must have been heard of, and for undoing what it began.
STARTING = 10
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
    heard = Heard(token)
    with _start(local) as child, ThreadPoolExecutor(2) as threads:
        fed = threads.submit(_feed, _pipe(child.stdin), feed)
        threads.submit(heard.listen, _pipe(child.stderr))
        try:
            _read(child, take)
        except KeyboardInterrupt:
            with suppress(CancelledError, TimeoutError, MachineError):
                interrupt(heard.group.result(STARTING))
                _read_on(child, take)
            raise
        finally:
            _kill(child)
    fed.result()
    return heard


def _start(local: Sequence[str]) -> subprocess.Popen[bytes]:
    pipe = subprocess.PIPE
    try:
        # In a session of its own: Ctrl-C would end the connection, and the command be left alone.
        return subprocess.Popen(local, stdin=pipe, stdout=pipe, stderr=pipe, start_new_session=True)
    except OSError as error:
        raise MachineError(f"cannot run {local[0]}: {error.strerror}", " ".join(local)) from None


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


def _read_on(child: subprocess.Popen[bytes], take: Narrate) -> None:
    enough = Timer(UNDOING, _kill, [child])
    enough.start()
    try:
        _read(child, take)
    finally:
        enough.cancel()


def _kill(child: subprocess.Popen[bytes]) -> None:
    with suppress(PermissionError):  # sudo on this very machine is root's, and ends by itself
        child.kill()
