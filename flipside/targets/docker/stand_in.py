"""Stands in until flipside.targets.machines.container is there."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flipside.targets.base import Narrate
from flipside.targets.machines.here import Here


class Container:
    """A container as a machine."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.root = PurePosixPath("/srv/flipside")

    def _argv(self, argv: Sequence[str], *options: str) -> list[str]:
        env = [
            f"FLIPSIDE_ROOT={self.root}",
            f"PYTHONPATH={self.root}/lib",
            "HOME=/root",
            "LANG=C.UTF-8",
        ]
        path = f"PATH={self.root}/venv/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
        return [
            "docker",
            "exec",
            *options,
            self.name,
            "env",
            "-i",
            *env,
            path,
            "SPT_NOENV=1",
            *argv,
        ]

    def run(
        self, argv: Sequence[str], *, stdin: bytes = b"", on_line: Narrate | None = None
    ) -> str:
        """Run."""
        import os

        here = Here(self.root, dict(os.environ))
        return here.run(self._argv(argv, "-i"), stdin=stdin, on_line=on_line)

    def interactive(self, argv: Sequence[str]) -> int:
        """Run on the terminal."""
        import os

        return Here(self.root, dict(os.environ)).interactive(self._argv(argv, "-it"))

    def put(self, source: Path, target: PurePosixPath) -> None:
        """Copy."""
        from flipside.targets.docker import engine

        engine.run(["docker", "exec", self.name, "rm", "-rf", str(target)])
        engine.run(["docker", "cp", str(source), f"{self.name}:{target}"])
