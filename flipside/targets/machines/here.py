"""The machine that we are on already."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from contextlib import suppress
from typing import IO, TYPE_CHECKING, Any, cast

from flipside.errors import MachineError
from flipside.salt.client import call
from flipside.targets.machines.failed import failed

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path, PurePosixPath

    from flipside.targets.base import Narrate


class Here:
    """This machine, as the user who runs us."""

    def __init__(self, root: PurePosixPath, environment: dict[str, str]) -> None:
        self.root = root
        self._environment = environment

    def run(
        self, argv: Sequence[str], *, stdin: bytes = b"", on_line: Narrate | None = None
    ) -> str:
        """Run a command with the platform's environment."""
        pipe = subprocess.PIPE
        # A file: a pipe that nobody reads meanwhile would stop a child that has much to complain of.
        with tempfile.TemporaryFile() as errors:
            try:
                child = subprocess.Popen(
                    argv, stdin=pipe, stdout=pipe, stderr=errors, env=self._environment
                )
            except OSError as error:
                what = f"cannot run {argv[0]}: {error.strerror}"
                raise MachineError(what, " ".join(argv)) from None
            with child:
                output = _communicate(child, stdin, on_line)
            if child.returncode:
                errors.seek(0)
                raise failed(argv, child.returncode, errors.read().decode(errors="replace"))
        return output

    def interactive(self, argv: Sequence[str]) -> int:
        """Run a command on this terminal."""
        return subprocess.run(argv, env=self._environment, check=False).returncode

    def put(self, source: Path, target: PurePosixPath) -> None:
        """Copy a file, or a folder in place of the one that is there."""
        if not source.is_dir():
            try:
                shutil.copyfile(source, target)
            except OSError as error:
                advice = "see to that (`df`), then run the same again"
                raise MachineError(f"cannot write: {error.strerror}", str(target), advice) from None
            return
        fresh = f"{target}.new"
        shutil.rmtree(fresh, ignore_errors=True)
        shutil.copytree(source, fresh)
        shutil.rmtree(target, ignore_errors=True)
        shutil.move(fresh, target)

    def call(self, verb: str, **arguments: Any) -> Any:
        """Call a verb of the machine's own code; see `flipside.salt.client.call`."""
        return call(self, verb, **arguments)


def _communicate(child: subprocess.Popen[bytes], stdin: bytes, on_line: Narrate | None) -> str:
    kept = []
    try:
        with suppress(BrokenPipeError):
            _pipe(child.stdin).write(stdin)
            _pipe(child.stdin).close()
        for raw in _pipe(child.stdout):
            line = raw.decode(errors="replace").rstrip("\n")
            on_line(line) if on_line else kept.append(line)
    except KeyboardInterrupt:
        # The child was interrupted, too, and cleans up before it ends.
        child.wait(timeout=60)
        raise
    return "\n".join(kept)


def _pipe(end: IO[bytes] | None) -> IO[bytes]:
    return cast("IO[bytes]", end)
