"""What tests of a platform in a container ask it behind its back, and the harm that they do there."""

from __future__ import annotations

from pathlib import PurePosixPath

from e2e.rig import App, until

from flipside.machine import users

UNITS = "/etc/systemd/system"


def sh(app: App, command: str) -> str:
    """Run a shell's command as root where the app is; it must succeed."""
    done = app.platform.sh(command)
    assert done.status == 0, str(done)
    return done.out.strip()


def live(app: App) -> str:
    """The release that is live on the machine."""
    return PurePosixPath(sh(app, f"readlink -f {app.place()}/current/release")).name


def serves(app: App, release: str, version: str) -> None:
    """Assert that a release is live, serves, and that nothing is under way."""
    assert (live(app), app.version) == (release, version)
    assert sh(app, f"ls {app.place()} | grep -c switching.json || true") == "0"


def state(app: App) -> str:
    """What `app.status` calls it."""
    return str(app.status["state"])


def sleeps(app: App, seconds: float = 30) -> None:
    """Wait until no process of it is left, and it is called idle."""
    until(lambda: not processes(app), seconds)
    until(lambda: state(app) == "idle", 5)


def processes(app: App) -> list[int]:
    """Every process of the app's user."""
    owner = users.name_of(app.name)
    found = sh(app, f"find /proc -maxdepth 1 -user {owner} -printf '%f ' 2>/dev/null || true")
    return [int(pid) for pid in found.split()]


def units(app: App) -> set[str]:
    """The files of its units, without their stem."""
    stem = f"{UNITS}/app.{app.name}.production."
    found = sh(app, f"ls {stem}* 2>/dev/null || true").split()
    return {path.removeprefix(stem) for path in found}


def sockets(app: App) -> set[str]:
    """The generations whose sockets somebody listens on, by their numbers."""
    stem = f"/run/flipside/{app.name}/production/"
    listening = sh(app, "ss -Hlx | awk '{print $5}'").split()
    return {path.removeprefix(stem) for path in listening if path.startswith(stem)}


def main_pid(app: App) -> int:
    """The process of the generation that is current, 0 if none runs."""
    unit = f"app.{app.name}.production.{app.status['generation']}.service"
    return int(sh(app, f"systemctl show -P MainPID {unit}"))


def row(app: App, word: str) -> None:
    """Write a row through the app."""
    assert app.http("/rows", method="POST", body=word, timeout=60).status == 200
