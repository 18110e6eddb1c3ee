"""Run an app's own commands (collectstatic, migrate...) and say why one failed."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from flipside.errors import DeployError
from flipside.machine.confined import Confined
from flipside.machine.shell import Shell

_TAIL = 40
_UNLESS = 60.0
_AGAIN = "correct the step or the code, then: flipside app.publish app.deploy"
_TRACEBACK = "Traceback (most recent call last):"


@dataclass(frozen=True)
class StepResult:
    """How a step went: whether it ran (or its `unless` spared it), seconds, and its last lines."""

    ran: bool
    seconds: float
    output: str


def run_step(  # noqa: PLR0913, PLR0917 - a command, where it runs, and who hears of it
    step: Mapping[str, Any],
    cwd: Path,
    env: Mapping[str, str],
    venv_bin: Path,
    narrate: Callable[[str], None],
    output: Path | None = None,
    *,
    check: bool = True,
    keep_open: tuple[int, ...] = (),
    confined: Confined | None = None,
) -> StepResult:
    """Run one step in a shell of its own; whatever it leaves running is ended with it.

    Args:
        step: ``run``: the command; ``unless``: spared when this exits 0; ``timeout``: seconds.
        cwd: Working directory.
        env: The app's whole environment; `venv_bin` is put first on its ``PATH``.
        venv_bin: The ``bin`` folder of the release's venv.
        narrate: Called with each line of output as it comes.
        output: A file that the output is appended to.
        check: Whether to ask `unless`; False when `needed` has been asked already.
        keep_open: File descriptors that the step inherits, such as the deploy lock's.
        confined: What keeps it in, None for nothing.

    Raises:
        DeployError: Exit status other than 0, or the timeout passed: the command and its last lines.
    """
    start = time.monotonic()
    if check and not needed(step, cwd, env, venv_bin, confined):
        return StepResult(False, time.monotonic() - start, "")
    shell = Shell(str(step["run"]), cwd, _with_path(env, venv_bin), keep_open, confined)
    timeout = float(step["timeout"])
    with _log(output) as log:
        status = shell.run(timeout, _tee(narrate, log))
    if status != 0:
        raise DeployError(_failure(shell, status, timeout), str(cwd), _AGAIN)
    return StepResult(True, time.monotonic() - start, tail(shell.lines))


def needed(
    step: Mapping[str, Any],
    cwd: Path,
    env: Mapping[str, str],
    venv_bin: Path,
    confined: Confined | None = None,
) -> bool:
    """Return whether a step has to run: no `unless`, or one that fails, crashes or hangs."""
    if not step.get("unless"):
        return True
    shell = Shell(str(step["unless"]), cwd, _with_path(env, venv_bin), (), confined)
    limit = min(float(step["timeout"]), _UNLESS)
    return shell.run(limit, lambda _: None) != 0


def tail(lines: list[str]) -> str:
    """Return the last 40 lines, or more where a traceback would be cut in two."""
    first = max(0, len(lines) - _TAIL)
    starts = [i for i, line in enumerate(lines) if _TRACEBACK in line]
    if starts:
        first = min(first, _chain_start(lines, starts))
    return "\n".join(lines[first:])


def _chain_start(lines: list[str], starts: list[int]) -> int:
    """Return where the last traceback begins, with the exceptions that led to it."""
    first = starts.pop()
    while starts and any("exception" in line for line in lines[max(0, first - 3) : first]):
        first = starts.pop()
    return first


def _with_path(env: Mapping[str, str], venv_bin: Path) -> dict[str, str]:
    path = f"{venv_bin}{os.pathsep}{env.get('PATH') or os.defpath}"
    return {**env, "PATH": path, "VIRTUAL_ENV": str(venv_bin.parent)}


@contextlib.contextmanager
def _log(output: Path | None) -> Iterator[IO[str] | None]:
    if output is None:
        yield None
        return
    output.parent.mkdir(parents=True, exist_ok=True)
    with output.open("a", encoding="utf-8", buffering=1) as file:
        yield file


def _tee(narrate: Callable[[str], None], log: IO[str] | None) -> Callable[[str], None]:
    def say(line: str) -> None:
        if log:
            log.write(line + "\n")
        narrate(line)

    return say


def _failure(shell: Shell, status: int, timeout: float) -> str:
    if shell.late:
        how = f"did not end within {timeout:g} s"
    elif status < 0:
        how = f"was ended by {signal.Signals(-status).name}"
    else:
        how = f"exited with status {status}"
    shown = tail(shell.lines)
    return f"`{shell.command}` {how}" + (f"\n{shown}" if shown else "")
