"""The services of generations, as supervisord's programs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from flipside.machine import init
from flipside.machine.files import write_atomic
from flipside.machine.generation import Generation
from flipside.machine.layout import Layout
from flipside.machine.uwsgi_config import MERCY

_PROGRAM = """\
; One generation of an app; made and removed as it goes live and leaves.
[program:{service}]
command = {root}/venv/bin/python -ISE {root}/lib/flipside/machine/serve.py {folder}
stopsignal = HUP
stopwaitsecs = {patience}
killasgroup = true
autorestart = true
startretries = 1000
redirect_stderr = true
stdout_logfile = NONE
stdout_events_enabled = true
"""


class Programs:
    """Starts and stops generations through Salt's ``service`` functions; see `Services`.

    Args:
        layout: Where everything lies.
        salt: Salt's execution functions by name.
    """

    def __init__(self, layout: Layout, salt: Mapping[str, Callable[..., Any]]) -> None:
        self.layout = layout
        self._salt = salt

    def start(self, generation: Generation) -> None:
        """Configure the program, and start it without waiting."""
        path = self._path(generation)
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomic(path, self._program(generation).encode())
        self._salt["service.start"](generation.service, wait=False)

    def _program(self, generation: Generation) -> str:
        return _PROGRAM.format(
            service=generation.service,
            root=self.layout.root,
            folder=generation.path,
            patience=MERCY + 10,
        )

    def listen(self, generation: Generation) -> None:
        """Do nothing: without systemd only a process can wait for callers."""

    def retire(self, generation: Generation, *, wait: bool = True) -> None:
        """Stop the program and forget it."""
        self._end(generation, wait=wait, mercy=True)

    def stop(self, generation: Generation, *, mercy: bool = True) -> None:
        """Stop the program, wait until it is gone, and forget it."""
        self._end(generation, wait=True, mercy=mercy)

    def _end(self, generation: Generation, *, wait: bool, mercy: bool) -> None:
        if self._path(generation).exists():
            self._salt["service.stop"](generation.service, wait=wait, mercy=mercy)
            self._path(generation).unlink(missing_ok=True)
            self._salt["service.refresh"]()

    def running(self, generation: Generation) -> bool:
        """Return whether the program is up, or being brought up."""
        return self.alive(generation)

    def alive(self, generation: Generation) -> bool:
        """Return whether the program is up, or being brought up."""
        return bool(self._salt["service.status"](generation.service))

    def finishing(self, generation: Generation) -> bool:
        """Return whether the program is about to end."""
        known = init.states(self.layout)
        return generation.service in known and known[generation.service].word == "stopping"

    def sweep(self, app: str, env: str, known: set[int]) -> None:
        """Do nothing: a program is forgotten as it stops."""

    def _path(self, generation: Generation) -> Path:
        return self.layout.etc / f"supervisor/apps/{generation.service}.conf"
