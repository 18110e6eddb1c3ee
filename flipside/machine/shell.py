"""One shell command, and what it starts, ended as a whole: a process group, or a unit of systemd's."""

from __future__ import annotations

import contextlib
import json
import os
import selectors
import signal
import subprocess
import time
from collections import deque
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import IO, Any, cast

from flipside.errors import DeployError
from flipside.machine import processes
from flipside.machine.confined import Confined
from flipside.machine.terminable import terminable

_KEPT = 2000
_LINE = 65536
_TERM = 5.0
_LINGER = 1.0


class Shell:
    """One ``/bin/sh -c``, its output read line by line.

    Attributes:
        late: Whether the timeout ended it.
    """

    def __init__(
        self,
        command: str,
        cwd: Path,
        env: Mapping[str, str],
        keep_open: tuple[int, ...],
        confined: Confined | None = None,
    ) -> None:
        self.command, self.cwd, self.env, self.keep_open = command, cwd, env, keep_open
        self.confined = confined
        self.late = False
        self._kept: deque[str] = deque(maxlen=_KEPT)
        self._rest = b""

    @property
    def _argv(self) -> list[str]:
        return ["/bin/sh", "-c", self.command]

    @property
    def lines(self) -> list[str]:
        """Return the last lines of output."""
        return list(self._kept)

    def run(self, timeout: float, say: Callable[[str], None]) -> int:
        """Run to the end; return the exit status, negative when a signal ended it."""
        with terminable():
            child = self._start()
            try:
                self._order(child)
                self._read(child, time.monotonic() + timeout, say)
            finally:
                _end(child)
        self._take(b"\n" if self._rest else b"", say)
        return child.returncode

    def _start(self) -> subprocess.Popen[bytes]:
        try:
            if self.confined:
                return self._popen(self.confined.taking_orders(), stdin=subprocess.PIPE)
            where = {"cwd": self.cwd, "env": dict(self.env)}
            return self._popen(self._argv, stdin=subprocess.DEVNULL, **where)
        except OSError as error:
            raise DeployError(f"cannot run `{self.command}`: {error}", str(self.cwd)) from error

    def _popen(self, argv: list[str], **how: Any) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            argv,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            pass_fds=self.keep_open,
            bufsize=0,
            **how,
        )

    def _order(self, child: subprocess.Popen[bytes]) -> None:
        """Tell a unit what to run; one that could not start tells why by itself."""
        order = {"argv": self._argv, "cwd": str(self.cwd), "env": dict(self.env)}
        left = json.dumps(order).encode() + b"\n"
        with contextlib.suppress(BrokenPipeError):
            while child.stdin and left:
                left = left[child.stdin.write(left) :]

    def _read(
        self, child: subprocess.Popen[bytes], deadline: float, say: Callable[[str], None]
    ) -> None:
        """Read until the shell has ended, not until its children close the pipe."""
        with cast("IO[bytes]", child.stdout) as pipe, selectors.DefaultSelector() as ready:
            os.set_blocking(pipe.fileno(), False)
            ready.register(pipe, selectors.EVENT_READ)
            ended = False
            while time.monotonic() < deadline:
                if not ended and child.poll() is not None:
                    ended, deadline = True, min(deadline, time.monotonic() + _LINGER)
                data = self._chunk(pipe)
                if data:
                    self._take(data, say)
                elif ended:
                    return
                elif data is None:
                    ready.select(0.05)
                else:  # it closed its output and still runs
                    time.sleep(0.01)
            self.late = not ended

    def _chunk(self, pipe: IO[bytes]) -> bytes | None:
        """Return bytes, ``b""`` at the end, None when there are none yet."""
        try:
            return os.read(pipe.fileno(), _LINE)
        except BlockingIOError:
            return None

    def _take(self, data: bytes, say: Callable[[str], None]) -> None:
        *whole, self._rest = (self._rest + data).split(b"\n")
        if len(self._rest) >= _LINE:
            whole, self._rest = [*whole, self._rest], b""
        for raw in whole:
            line = raw.decode("utf-8", "replace").rstrip("\r").rpartition("\r")[2]
            self._kept.append(line)
            say(line)


def _end(child: subprocess.Popen[bytes]) -> None:
    """End all of it: asked first, and killed when it does not listen."""
    if child.stdin:
        child.stdin.close()  # systemd does it, and this waits until it has
        child.wait()
        return
    deadline = time.monotonic() + _TERM
    _signal(child, signal.SIGTERM)
    try:
        while _group_lives(child) and time.monotonic() < deadline:
            time.sleep(0.01)
    finally:
        _signal(child, signal.SIGKILL)
        child.wait()


def _signal(child: subprocess.Popen[bytes], number: int) -> bool:
    try:
        os.killpg(child.pid, number)  # the child leads its session: its pid is the group's
    except (ProcessLookupError, PermissionError):
        return False
    return True


def _group_lives(child: subprocess.Popen[bytes]) -> bool:
    child.poll()  # reaps it
    return _signal(child, 0) and bool(processes.group(child.pid))
