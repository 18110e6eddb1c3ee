"""Debian packages that the local target stands on: what is missing, why it is needed, how it comes."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from flipside.errors import FlipsideError
from flipside.targets.terminal import has_terminal

SCRIPT = Path(__file__).with_name("install-packages.sh")
# Where Debian puts programs, and where the states look for them: another one on PATH is no help.
FOLDERS = ("/usr/sbin", "/usr/bin")
PROXIES = ("http_proxy", "https_proxy", "ftp_proxy", "no_proxy")


@dataclass(frozen=True)
class Package:
    """A Debian package, the reason it is needed, and the program that shows it is there.

    Attributes:
        name: What apt calls it.
        why: What the platform does with it, to go after the name and a colon.
        binary: The program it brings.
    """

    name: str
    why: str
    binary: str


NEEDED = (
    Package("nginx", "answers the browser and serves static files", "nginx"),
    Package("memcached", "is the cache of the apps", "memcached"),
    Package("rsyslog", "sorts log lines into one file per app", "rsyslogd"),
    Package("logrotate", "keeps those files from filling the disk", "logrotate"),
)


def missing(needed: Iterable[Package] = NEEDED, path: str | None = None) -> list[Package]:
    """Return the packages whose program is nowhere on ``path`` (default: where Debian puts them)."""
    if path is None:
        path = os.pathsep.join(FOLDERS)
    return [package for package in needed if shutil.which(package.binary, path=path) is None]


def install_command(
    packages: Sequence[Package],
    become: Sequence[str] = (),
    environ: Mapping[str, str] | None = None,
) -> list[str]:
    """Return the command that installs ``packages``; ``become`` makes it root's (``["sudo"]``).

    Proxies are named again after sudo, which forgets them.
    """
    proxies = [f"{name}={(environ or {})[name]}" for name in PROXIES if (environ or {}).get(name)]
    env = ["env", *proxies] if become and proxies else []
    return [*become, *env, "sh", str(SCRIPT), *(package.name for package in packages)]


def install(packages: Sequence[Package], narrate: Callable[[str], None]) -> None:
    """Install ``packages`` with apt, telling ``narrate`` what comes and why, line by line.

    No daemon that comes with them is running or enabled afterwards.

    Raises:
        FlipsideError: Not a Debian; root is out of reach; or apt failed, with its last lines.
    """
    if not packages:
        return
    _require_apt(packages)
    for package in packages:
        narrate(f"installing the Debian package {package.name}: it {package.why}")
    command = install_command(packages, _become(packages), os.environ)
    narrate("$ " + shlex.join(command))
    code, last = _run(command, narrate)
    gone = missing(packages)
    if code or gone:
        names = ", ".join(package.name for package in gone or packages)
        what = f"apt did not install {names}\n" + "\n".join(f"    {line}" for line in last)
        raise FlipsideError(what.rstrip(), where="apt-get", next=_by_hand(packages))


def _require_apt(packages: Sequence[Package]) -> None:
    if shutil.which("apt-get") is None:
        programs = ", ".join(package.binary for package in packages)
        raise FlipsideError(
            f"this machine lacks {programs}, and has no apt-get to install them with",
            where=sys.platform,
            next=f"install {programs} so that they are on PATH, then run this again",
        )


def _become(packages: Sequence[Package]) -> list[str]:
    """Return what to put before a command to make it root's."""
    if os.geteuid() == 0:
        return []
    if shutil.which("sudo") is None:
        raise FlipsideError(
            "packages must be installed by root, and there is no sudo here",
            next=f"su -c {shlex.quote(shlex.join(install_command(packages)))}",
        )
    if subprocess.run(["sudo", "-n", "true"], capture_output=True, check=False).returncode == 0:
        return ["sudo", "-n"]
    if has_terminal():
        return ["sudo"]
    raise FlipsideError(
        "packages must be installed by root, and sudo asks for a password that nobody can type here",
        next=_by_hand(packages),
    )


def _by_hand(packages: Sequence[Package]) -> str:
    become = [] if os.geteuid() == 0 else ["sudo"]
    return shlex.join(install_command(packages, become))


def _run(command: Sequence[str], narrate: Callable[[str], None]) -> tuple[int, list[str]]:
    """Run ``command``, narrating each package as it is set up; return its status and last lines."""
    last: deque[str] = deque(maxlen=8)
    with subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    ) as process:
        output = process.stdout or ()
        try:
            _follow(output, narrate, last)
        except KeyboardInterrupt:
            narrate("finishing the packages first: half-installed ones would be in the way")
            _follow(output, lambda _line: None, last)
            raise
    return process.returncode, list(last)


def _follow(lines: Iterable[str], narrate: Callable[[str], None], last: deque[str]) -> None:
    for line in lines:
        last.append(line.rstrip())
        if line.startswith("Setting up "):
            narrate(line.strip().removesuffix(" ..."))
