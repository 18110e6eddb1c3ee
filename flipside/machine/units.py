"""The services of generations as units of systemd: a socket that stays, and a process behind it.

Whoever connects while no process runs waits in the socket's queue until one does.
"""

from __future__ import annotations

from pathlib import Path

from flipside.machine import sandbox, sockets, systemd, users
from flipside.machine.files import write_atomic
from flipside.machine.generation import Generation
from flipside.machine.layout import Layout
from flipside.machine.uwsgi_config import BACKLOG, MERCY

FOLDER = Path("/etc/systemd/system")

_SOCKET = """\
# One generation of an app; made and removed as it goes live and leaves.
[Unit]
Description=Flipside: socket of {unit}, generation {number}
CollectMode=inactive-or-failed

[Socket]
ListenStream={socket}
SocketGroup={nginx}
SocketMode=0660
Backlog={backlog}
RemoveOnStop=yes
# An app that crashes must not take its socket down.
TriggerLimitIntervalSec=0
"""

_SERVICE = """\
# One generation of an app; made and removed as it goes live and leaves.
[Unit]
Description=Flipside: {unit}, generation {number}
Requires={service}.socket
After={service}.socket
CollectMode=inactive-or-failed
StartLimitIntervalSec=0

[Service]
Type=notify
ExecStart=/usr/bin/python3 -ISE {root}/lib/flipside/machine/serve.py {folder}
User={user}
Group={user}
KillMode=mixed
KillSignal=SIGHUP
TimeoutStartSec=infinity
TimeoutStopSec={patience}
Restart=on-failure
RestartSec=1
StandardOutput=journal
StandardError=journal
SyslogIdentifier={unit}
LogRateLimitIntervalSec=0
{sandbox}
"""


class Units:
    """Starts and stops generations through systemd; see `flipside.machine.services.Services`.

    Args:
        layout: Where everything lies.
    """

    def __init__(self, layout: Layout) -> None:
        self.layout = layout

    def start(self, generation: Generation) -> None:
        """Write both units, listen, and start the process without waiting for it."""
        self.listen(generation)
        systemd.ctl("start", "--no-block", f"{generation.service}.service")

    def listen(self, generation: Generation) -> None:
        """Write both units, and listen."""
        self._write(generation)
        if not sockets.listens(generation.socket):
            # A process without its socket would be taken for one that has it.
            systemd.ctl("stop", f"{generation.service}.service")
            systemd.ctl("start", f"{generation.service}.socket")

    def retire(self, generation: Generation, *, wait: bool = True) -> None:
        """End the process; the socket stays, but for callers whom it will never answer."""
        word = _word(generation)
        if word == "stopped":
            # systemd would complain of one whose units are gone, as of an app that was stopped.
            return
        if word == "crashing":
            # Whoever waits in its queue would start it again and again.
            self.stop(generation)
            self.listen(generation)
            return
        options = [] if wait else ["--no-block"]
        systemd.ctl("stop", *options, f"{generation.service}.service")

    def stop(self, generation: Generation, *, mercy: bool = True) -> None:
        """End process and socket, and remove their units."""
        if not mercy:
            service = f"{generation.service}.service"
            systemd.ctl("kill", "--signal=SIGKILL", service, check=False)
        _forget(generation.service)

    def running(self, generation: Generation) -> bool:
        """Return whether somebody listens, and both units are as they were written."""
        return sockets.listens(generation.socket) and not self._differing(generation)

    def alive(self, generation: Generation) -> bool:
        """Return whether the process is up, or coming up for the first time."""
        return _word(generation) in ("running", "starting")

    def finishing(self, generation: Generation) -> bool:
        """Return whether the process is about to end."""
        return _word(generation) == "stopping"

    def sweep(self, app: str, env: str, known: set[int]) -> None:
        """Stop and remove the units of generations that are no more."""
        stem = f"app.{self.layout.unit(app, env)}"
        for path in FOLDER.glob(f"{stem}.*.socket"):
            number = path.name.removeprefix(f"{stem}.").removesuffix(".socket")
            if number.isdigit() and int(number) not in known:
                _forget(f"{stem}.{number}")

    def _write(self, generation: Generation) -> None:
        differing = self._differing(generation)
        for path, text in differing.items():
            write_atomic(path, text.encode())
        if differing and _is_stale(generation.service):
            systemd.ctl("daemon-reload")

    def _differing(self, generation: Generation) -> dict[Path, str]:
        wanted = {
            FOLDER / f"{generation.service}.{kind}": text
            for kind, text in texts(generation).items()
        }
        return {path: text for path, text in wanted.items() if _text(path) != text}


def texts(generation: Generation) -> dict[str, str]:
    """Return the text of a generation's units, by their suffix."""
    layout, app, env = generation.layout, generation.app, generation.env
    values = {
        "unit": layout.unit(app, env),
        "number": generation.number,
        "service": generation.service,
        "socket": generation.socket,
        "folder": generation.path,
        "root": layout.root,
        "user": users.name_of(app),
        "nginx": users.NGINX,
        "backlog": BACKLOG,
        "patience": MERCY + 10,
        "sandbox": sandbox.lines(layout, app, env, generation.spec["resources"]),
    }
    return {"socket": _SOCKET.format(**values), "service": _SERVICE.format(**values)}


def _word(generation: Generation) -> str:
    """Return how a generation's process is; see `flipside.machine.init.State`."""
    (unit,) = systemd.units(f"{generation.service}.service")
    return unit.word


def _text(path: Path) -> str | None:
    try:
        return path.read_text()
    except FileNotFoundError:
        return None


def _is_stale(service: str) -> bool:
    """Return whether systemd knows another text of one of the units than their files have."""
    names = (f"{service}.socket", f"{service}.service")
    return "yes" in systemd.ctl("show", "--property", "NeedDaemonReload", "--value", *names)


def _forget(service: str) -> None:
    names = [f"{service}.socket", f"{service}.service"]
    # Not there is as good as stopped.
    systemd.ctl("stop", *names, check=False)
    for name in names:
        (FOLDER / name).unlink(missing_ok=True)
