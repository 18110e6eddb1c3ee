"""What an app's processes may do, as lines of a unit; see systemd.exec(5) and systemd.resource-control(5).

`systemd-analyze security` calls it an exposure of 1.2. What they can reach of the file system: the
distribution read-only, their own environment's folder read-only, its data and home, memcached's socket.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from flipside.machine.layout import Layout

DEFAULTS: dict[str, Any] = {
    "memory": "512M",
    "cpu": 100,
    "tasks": 64,
    "network": True,
    "idle_minutes": 30,
}

_CLOSED = """\
AmbientCapabilities=
CapabilityBoundingSet=
DevicePolicy=closed
InaccessiblePaths=-/run/dbus -/run/systemd/private -/run/docker.sock -/var/log -/var/lib/docker
KeyringMode=private
LockPersonality=yes
NoNewPrivileges=yes
PrivateDevices=yes
PrivateIPC=yes
PrivateTmp=yes
ProcSubset=pid
ProtectClock=yes
ProtectControlGroups=yes
ProtectHome=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
ProtectProc=invisible
ProtectSystem=strict
RemoveIPC=yes
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
SystemCallArchitectures=native
SystemCallErrorNumber=EPERM
SystemCallFilter=@system-service
SystemCallFilter=~@privileged @resources
UMask=0027"""

# A step may be a compiler or bring one, which writes what it then executes; it has the memory that
# a build takes, and leaves the machine the other half.
_COMMANDS = ["MemoryMax=50%", "TasksMax=512"]


def lines(layout: Layout, app: str, env: str, resources: Mapping[str, Any]) -> str:
    """Return the lines of a unit's ``[Service]`` section that confine an app.

    Args:
        layout: Where everything lies.
        app: The app's name.
        env: Its environment.
        resources: ``resources`` of its `.flipside-app`, whole.
    """
    return "\n".join(
        [
            _CLOSED,
            "MemoryDenyWriteExecute=yes",
            *_paths(layout, app, env),
            *_network(resources),
            *_limits(resources),
        ]
    )


def of_command(
    layout: Layout, app: str, env: str, resources: Mapping[str, Any], writable: Sequence[Path]
) -> list[str]:
    """Return the lines that confine a command of an app's: a step, or what `app.exec` runs.

    Args:
        layout: Where everything lies.
        app: The app's name.
        env: Its environment.
        resources: ``resources`` of its `.flipside-app`, whole.
        writable: Folders below its own that it may write to, besides its data and home.
    """
    return [
        *_CLOSED.splitlines(),
        *_paths(layout, app, env),
        *(f"BindPaths={folder}" for folder in writable),
        *_network(resources),
        *_COMMANDS,
        "MemorySwapMax=0",
        f"CPUWeight={resources['cpu']}",
    ]


def _paths(layout: Layout, app: str, env: str) -> list[str]:
    code = layout.root / "lib/flipside/machine"
    return [
        f"TemporaryFileSystem={layout.root}:ro {layout.run}:ro /dev/shm:mode=1777",
        f"BindReadOnlyPaths={layout.app_dir(app, env)} {code} -{layout.memcached.parent}",
        f"BindPaths={layout.data(app, env)} {layout.home(app, env)}",
        f"InaccessiblePaths=-{layout.snapshots(app, env)}",
    ]


def _network(resources: Mapping[str, Any]) -> list[str]:
    if resources["network"]:
        return ["RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6"]
    return ["RestrictAddressFamilies=AF_UNIX", "PrivateNetwork=yes", "IPAddressDeny=any"]


def _limits(resources: Mapping[str, Any]) -> list[str]:
    return [
        f"MemoryMax={resources['memory']}",
        "MemorySwapMax=0",
        f"CPUWeight={resources['cpu']}",
        f"TasksMax={resources['tasks']}",
    ]
