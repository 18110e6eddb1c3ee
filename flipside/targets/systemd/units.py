"""systemd's units of Salt's master and minion, and the runtime folder."""

from __future__ import annotations

import shlex
from pathlib import PurePosixPath

from flipside.salt.config import SaltPaths, environment

ETC = PurePosixPath("/etc")
ROLES = ("master", "minion")

_SERVICE = """\
# Made by `flipside platform.bootstrap`; changes here are undone.
[Unit]
Description=Flipside's Salt {role}
After=network.target{after}
# Tried again for ever: nobody may be there to start it.
StartLimitIntervalSec=0

[Service]
ExecStart={python} -m flipside.machine.salt_daemon {role} -c {config}{options}
Environment={environment}
Restart=always
RestartSec=2
KillMode=mixed
TimeoutStopSec=20
# When memory runs out an app goes first: Salt is what brings it back.
OOMScoreAdjust=-500
# And where processors are short, whoever serves requests goes before whoever deploys.
CPUWeight=10
# nginx's configuration is tried under the minion's limits.
LimitNOFILE=65536
StandardOutput=journal

[Install]
WantedBy=multi-user.target
"""

_TMPFILES = """\
# Made by `flipside platform.bootstrap`; changes here are undone.
d {run} 0755 root root
d {run}/master 0700 root root
d {run}/minion 0700 root root
"""


def name(role: str) -> str:
    """Return the unit of Salt's master or minion."""
    return f"flipside-salt-{role}.service"


def service(paths: SaltPaths, role: str) -> str:
    """Return the unit file of Salt's master or minion."""
    # A minion ends at once while its master is up: it starts after it, and so stops before it.
    after = {"master": "", "minion": f" {name('master')}"}
    # systemd restarts the minion; Salt's own keeper would cost another 27 MB.
    options = {"master": "", "minion": " --disable-keepalive"}
    variables = (f"{key}={value}" for key, value in environment(paths.root).items())
    return _SERVICE.format(
        role=role,
        after=after[role],
        python=paths.root / "venv/bin/python",
        config=paths.config_dir(role),
        options=options[role],
        environment=shlex.join(variables),
    )


def files(paths: SaltPaths) -> dict[PurePosixPath, str]:
    """Return the content of every file of ours in /etc, by its path."""
    found = {ETC / "systemd/system" / name(role): service(paths, role) for role in ROLES}
    return found | {ETC / "tmpfiles.d/flipside.conf": _TMPFILES.format(run=paths.run)}
