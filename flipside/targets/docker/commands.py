"""What we ask of Docker, as argument lists."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

# Which platform a container belongs to: the folder of its .flipside-platform.
LABEL = "flipside.folder"
PROXIES = ("http_proxy", "https_proxy", "no_proxy")
# What systemd needs as process 1: cgroups that it may write, and mounts of its own. The host's
# view of the cgroups is the one that is right under both versions of them.
INIT = (
    *("--cap-add", "SYS_ADMIN", "--cap-add", "NET_ADMIN"),
    *("--security-opt", "apparmor=unconfined"),
    *("--cgroupns", "host", "--volume", "/sys/fs/cgroup:/sys/fs/cgroup:rw"),
)


def has_image(tag: str) -> list[str]:
    """Return the command that fails unless there is an image of that tag."""
    return ["docker", "image", "inspect", "--format", "{{.Id}}", tag]


def build(tag: str, stage: str, environ: Mapping[str, str]) -> list[str]:
    """Return the command that builds a stage of the Dockerfile on its standard input.

    The build has the network of this machine, and its proxies: they may be on its loopback.
    """
    proxies = [word for name in PROXIES if name in environ for word in ("--build-arg", name)]
    network = ["--network", "host", *proxies]
    # A build that fails would leave its last container behind.
    return ["docker", "build", "--force-rm", *network, "--target", stage, "--tag", tag, "-"]


def create(name: str, hostname: str, image: str, folder: Path, port: int) -> list[str]:
    """Return the command that makes a container, whose port 80 is `port` of the loopback.

    Args:
        name: What Docker calls it.
        hostname: What it calls itself.
        image: The tag of its image.
        folder: The platform's folder, for the label.
        port: Where its web server is reached.
    """
    known = ["--name", name, "--hostname", hostname, "--label", f"{LABEL}={folder}"]
    published = ["--publish", f"127.0.0.1:{port}:80"]
    return ["docker", "create", *known, *published, "--restart", "unless-stopped", *INIT, image]


def start(name: str) -> list[str]:
    """Return the command that starts a container."""
    return ["docker", "start", name]


def stop(name: str) -> list[str]:
    """Return the command that stops a container; what runs in it gets 90 s to end."""
    return ["docker", "stop", "-t", "90", name]


def remove(name: str) -> list[str]:
    """Return the command that removes a container, running or not, with its volumes."""
    return ["docker", "rm", "--force", "--volumes", name]


def inspect(name: str) -> list[str]:
    """Return the command that describes a container in JSON."""
    return ["docker", "container", "inspect", name]


def of_folder(folder: Path) -> list[str]:
    """Return the command that lists the names of a platform's containers, running or not."""
    ours = f"label={LABEL}={folder}"
    return ["docker", "ps", "--all", "--filter", ours, "--format", "{{.Names}}"]


def execute(name: str, argv: Sequence[str]) -> list[str]:
    """Return the command that runs `argv` in a container as root."""
    return ["docker", "exec", name, *argv]


def copy_out(name: str, source: str, target: Path) -> list[str]:
    """Return the command that copies a folder out of a container, running or not."""
    return ["docker", "cp", f"{name}:{source}", str(target)]


def state() -> list[str]:
    """Return the command that asks, in a container, how far systemd has come; it never fails."""
    return ["sh", "-c", "systemctl is-system-running 2>&1 || true"]


def version() -> list[str]:
    """Return the command that fails unless Docker answers."""
    return ["docker", "version", "--format", "{{.Server.Version}}"]
