"""Processes that end themselves by SIGKILL, or meet a fault, at the n-th thing that they do to a disk."""

from __future__ import annotations

import errno
import io
import os
import pathlib
import signal
import sys
import traceback
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

CALLS = ("replace", "rename", "link", "unlink", "mkdir", "rmdir")
"""What to die before. An fsync is not among them: to who is killed it makes no difference, so that
before and after it are what is after the call before and before the next one."""


ROOM = ("fsync", "link", "mkdir")
"""What a full disk refuses, besides writes."""


def full() -> None:
    """Tell that there is no room."""
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def failing() -> None:
    """Tell that the disk is broken."""
    raise OSError(errno.EIO, os.strerror(errno.EIO))


def die() -> None:
    """End this process."""
    os.kill(os.getpid(), signal.SIGKILL)


class Points:
    """Stands before all that this process does to a disk: before a call is after the one before.

    Args:
        at: At which one the fault comes, 0 for none.
        fault: What happens there.
        calls: Which of the calls of `os` count, besides all writes.
        lasting: Whether it happens at all that follow, too.
    """

    def __init__(
        self,
        at: int,
        fault: Callable[[], None] = die,
        calls: Iterable[str] = CALLS,
        *,
        lasting: bool = False,
    ) -> None:
        self._at, self._fault, self._lasting = at, fault, lasting
        self.passed, self._process = 0, os.getpid()
        for name in calls:
            setattr(os, name, self._before(getattr(os, name)))
        os.fdopen = self._torn(os.fdopen)
        pathlib.Path.open = self._torn(pathlib.Path.open)

    def __call__(self) -> None:
        if os.getpid() != self._process:  # one that this one started
            return
        self.passed += 1
        if self._at and (self.passed == self._at or (self._lasting and self.passed > self._at)):
            self._fault()

    def end(self) -> None:
        """Let all go well from now on."""
        self._at = 0

    def _before(self, real: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **words: Any) -> Any:
            self()
            return real(*args, **words)

        return call

    def _torn(self, real: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **words: Any) -> Any:
            file = real(*args, **words)
            lasting = isinstance(file, (io.BufferedWriter, io.BufferedRandom))
            return _Torn(file, self) if lasting and "w+b" not in args else file

        return call


class _Torn:
    """A file of which a write may reach the disk by half; scratch files, opened as w+b, are none."""

    def __init__(self, file: Any, point: Points) -> None:
        self._file, self._point = file, point

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)

    def __enter__(self) -> Any:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def write(self, data: bytes) -> int:
        self._point()
        self._file.write(data[: len(data) // 2])
        self._file.flush()
        self._point()
        self._file.write(data[len(data) // 2 :])
        self._file.flush()
        return len(data)

    def truncate(self, size: int) -> int:
        self._file.flush()
        self._point()
        return int(self._file.truncate(size))


def points(do: Callable[[], object], note: Path, calls: Iterable[str] = CALLS) -> int:
    """How many there are in something, done to its end in a process of its own."""

    def counted() -> None:
        counter = Points(0, calls=calls)
        do()
        note.write_text(str(counter.passed))

    assert in_child(counted) == 0
    return int(note.read_text())


def killed(do: Callable[[], object], at: int) -> None:
    """Do something in a process that dies at a point."""

    def run() -> None:
        Points(at)
        do()

    assert in_child(run) == -signal.SIGKILL


def in_child(do: Callable[[], object]) -> int:
    """The exit code of a process that does it and no more: nothing of the test's own is tidied up."""
    child = os.fork()
    if not child:
        try:
            do()
        except BaseException:  # noqa: BLE001 - told, and the process must end here
            traceback.print_exc()
            sys.stderr.flush()
            os._exit(1)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
