"""supervisord, which plays systemd on the local target: its configuration and its life."""

from __future__ import annotations

import os
import subprocess
import time
from contextlib import suppress
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

import psutil

from flipside.errors import MachineError
from flipside.salt.config import environment as platform_environment

if TYPE_CHECKING:
    from flipside.salt.config import SaltPaths

# Every process of a platform carries its root in this variable, and is found again by it.
MARK = "FLIPSIDE_ROOT"
PATIENCE = 30.0

_CONFIG = """\
; Made by `flipside platform.bootstrap`; changes here are undone.
[unix_http_server]
file = {run}/supervisor.sock
chmod = 0700

[rpcinterface:supervisor]
supervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface

[supervisorctl]
serverurl = unix://{run}/supervisor.sock

[supervisord]
pidfile = {run}/supervisord.pid
logfile = {root}/log/supervisord.log
logfile_maxbytes = 1MB
logfile_backups = 1
loglevel = warn
minfds = 4096

[eventlistener:logs]
command = {python} -m flipside.machine.forward {run}
events = PROCESS_LOG
buffer_size = 1000
stdout_logfile = NONE
stderr_logfile = NONE

{salt}
[include]
files = programs/*.conf apps/*.conf
"""

_SALT = """\
[program:salt-{role}]
command = {python} -m flipside.machine.salt_daemon {role} -c {config}{options}
autorestart = true
startretries = 20
stopwaitsecs = 20
stopasgroup = true
killasgroup = true
redirect_stderr = true
stdout_logfile = NONE
stdout_events_enabled = true
"""


def config(paths: SaltPaths) -> str:
    """Return supervisord's own configuration, with Salt's master and minion in it."""
    python = paths.root / "venv/bin/python"
    # supervisord restarts the minion itself; Salt's own keeper would cost another 27 MB.
    options = {"master": "", "minion": " --disable-keepalive"}
    salt = "\n".join(
        _SALT.format(role=role, python=python, config=paths.config_dir(role), options=options[role])
        for role in ("master", "minion")
    )
    return _CONFIG.format(run=paths.run, root=paths.root, python=python, salt=salt)


def environment(root: Path) -> dict[str, str]:
    """Return the environment of supervisord, and so of everything that it starts."""
    kept = ("HOME", "TZ", "SSL_CERT_FILE", "TMPDIR")
    ours = {name: os.environ[name] for name in kept if name in os.environ}
    return ours | platform_environment(PurePosixPath(root))


def pid(run: Path) -> int | None:
    """Return the process id of this platform's supervisord if it runs."""
    try:
        number = int((run / "supervisord.pid").read_text())
        command = psutil.Process(number).cmdline()
    except (OSError, ValueError, psutil.Error):
        return None
    return number if any("supervisord" in word for word in command) else None


def start(root: Path, run: Path) -> None:
    """Start supervisord in the background.

    Raises:
        MachineError: If it does not answer within 30 seconds.
    """
    for stale in run.glob("*.pid"):
        # rsyslogd, for one, does not start where anybody has the number of its last self.
        stale.unlink()
    argv = [f"{root}/venv/bin/python", "-m", "supervisor.supervisord"]
    argv += ["-c", f"{root}/etc/supervisor/supervisord.conf"]
    done = subprocess.run(
        argv, cwd=root, env=environment(root), capture_output=True, text=True, check=False
    )
    deadline = time.monotonic() + PATIENCE
    while done.returncode == 0 and time.monotonic() < deadline:
        if pid(run) and (run / "supervisor.sock").exists():
            return
        time.sleep(0.05)
    log = root / "log/supervisord.log"
    what = done.stderr.strip() or "it does not answer"
    raise MachineError(f"supervisord did not start: {what}", str(log), "flipside platform.doctor")


def stop(root: Path, run: Path) -> int:
    """Stop supervisord and whatever else belongs to this platform; return how many processes."""
    number = pid(run)
    if number:
        with suppress(psutil.NoSuchProcess):
            supervisord = psutil.Process(number)
            supervisord.terminate()
            _lasting([supervisord], 60)
    return (1 if number else 0) + end_orphans(root)


def members(root: Path) -> list[psutil.Process]:
    """Return all processes of this platform, this one and its parents excepted."""
    ours = {os.getpid(), *(parent.pid for parent in psutil.Process().parents())}
    found = []
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            if process.pid not in ours and _belongs(process, root):
                found.append(process)
    return found


def _belongs(process: psutil.Process, root: Path) -> bool:
    """Return whether a process carries the platform's mark.

    nginx writes a title over its environment: it is known by the folder that it was started in.
    """
    if process.environ().get(MARK) == str(root):
        return True
    return " ".join(process.cmdline()).startswith("nginx: ") and process.cwd() == str(root)


def end_orphans(root: Path) -> int:
    """End what a supervisord that was killed left running; return how many processes."""
    found = members(root)
    for process in found:
        with suppress(psutil.Error):
            process.terminate()
    for process in _lasting(found, 10):
        with suppress(psutil.Error):
            process.kill()
    _lasting(found, 5)
    return len(found)


def _lasting(processes: list[psutil.Process], seconds: float) -> list[psutil.Process]:
    """Return those that have not ended by then.

    A zombie has: in a container, process 1 may be one that never takes notice of orphans.
    """
    deadline = time.monotonic() + seconds
    while (alive := [one for one in processes if _lives(one)]) and time.monotonic() < deadline:
        time.sleep(0.05)
    return alive


def _lives(process: psutil.Process) -> bool:
    with suppress(psutil.NoSuchProcess):
        return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)
    return False
