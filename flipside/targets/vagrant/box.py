"""A platform's machine as Vagrant has it: a folder with a Vagrantfile, and what Vagrant says of it."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import vagrant

from flipside.config import LoadedPlatform
from flipside.errors import MachineError
from flipside.targets import ports
from flipside.targets.docker import boot, commands, images
from flipside.targets.machines.ssh import Address

VAGRANTFILE = Path(__file__).with_name("Vagrantfile")
STATE = ".flipside/vagrant"
DOCKER = "docker"
_STEP = "==> default: "


@dataclass(frozen=True)
class Box:
    """The machine of a platform, whether it is there or not.

    Attributes:
        folder: Where its Vagrantfile is, and what Vagrant keeps of it.
        provider: What Vagrant makes it with.
    """

    folder: Path
    provider: str

    @property
    def address(self) -> Address:
        """Return where ssh finds the machine, once it was up."""
        return Address("default", self.folder / "known-hosts", config=self.folder / "ssh-config")

    @property
    def port(self) -> int | None:
        """Return the port of the loopback that leads to its web server, None if none was chosen."""
        try:
            return int(json.loads((self.folder / "machine.json").read_text())["port"])
        except (OSError, ValueError):
            return None

    @property
    def was_up(self) -> bool:
        """Return whether there is a way to it."""
        return (self.folder / "ssh-config").exists()


def box_of(platform: LoadedPlatform) -> Box:
    """Return a platform's machine."""
    return Box(platform.folder.resolve() / STATE, platform.config.provider)


@contextmanager
def described(box: Box, platform: LoadedPlatform) -> Iterator[int]:
    """Write the Vagrantfile and what it reads; yield the port of the loopback for the web server.

    Others are kept off a port that was chosen just now, until the machine has it.

    Raises:
        MachineError: The port is taken, another one is wanted than the machine has, or there is
            no Vagrant.
    """
    box.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    port, fixed = box.port, platform.config.http_port
    if port is None or state(box) == vagrant.Vagrant.NOT_CREATED:
        # The machine is another than one before, with another key.
        box.address.known_hosts.unlink(missing_ok=True)
        with ports.reserved_http(fixed) as chosen:
            _write(box, platform, chosen)
            yield chosen
            return
    if fixed not in {None, port}:
        what = f"its machine has port {port} for good, `http_port` says {fixed}"
        advice = f"write `http_port: {port}`, or: flipside platform.destroy"
        raise MachineError(what, str(platform.path), advice)
    _write(box, platform, port)
    yield port


def _write(box: Box, platform: LoadedPlatform, port: int) -> None:
    # The folder of the platform is made to be committed, the key in here is not.
    (box.folder / ".gitignore").write_text("*\n")
    shutil.copyfile(VAGRANTFILE, box.folder / VAGRANTFILE.name)
    wanted = {
        "hostname": platform.config.name,
        "port": port,
        "container": boot.box_of(platform).name,
        "image": images.tag("vagrant"),
        "create_args": commands.INIT,
    }
    (box.folder / "machine.json").write_text(json.dumps(wanted, indent=2))


def up(box: Box) -> Iterator[str]:
    """Bring the machine up, and note how ssh gets there; yield what Vagrant does.

    Raises:
        MachineError: There is no Vagrant, or it failed.
    """
    with _asked(box, "up") as it:
        for line in it.up(provider=box.provider, stream_output=True):
            if line.startswith(_STEP):
                yield line.removeprefix(_STEP).strip()
        (box.folder / "ssh-config").write_text(it.ssh_config())


def state(box: Box) -> str:
    """Return what Vagrant says of the machine: `running`, `not_created`, or how it came to stop.

    Raises:
        MachineError: There is no Vagrant, or it failed.
    """
    with _asked(box, "status") as it:
        return str(it.status()[0].state)


def halt(box: Box) -> None:
    """Stop the machine, if it runs.

    Raises:
        MachineError: There is no Vagrant, or it failed.
    """
    with _asked(box, "halt") as it:
        it.halt()


def destroy(box: Box) -> None:
    """Remove the machine, and then all that is known of it.

    Raises:
        MachineError: There is no Vagrant, or it failed; then all stays.
    """
    with _asked(box, "destroy") as it:
        it.destroy()
    shutil.rmtree(box.folder)
    with suppress(OSError):  # somebody else's files are in it
        box.folder.parent.rmdir()


@contextmanager
def _asked(box: Box, command: str) -> Iterator[Any]:
    if vagrant.get_vagrant_executable() is None:
        advice = (
            "install Vagrant (on Debian: sudo apt-get install vagrant), then run the same again"
        )
        raise MachineError("there is no `vagrant` command on this machine", None, advice)
    log = box.folder / "vagrant.log"
    try:
        yield vagrant.Vagrant(str(box.folder), err_cm=vagrant.make_file_cm(str(log), "w"))
    except subprocess.CalledProcessError:
        last = log.read_text(errors="replace").strip().splitlines()[-8:]
        what = "\n".join([f"`vagrant {command}` failed", *(f"    {line}" for line in last)])
        advice = "see to what it says, then: flipside platform.bootstrap"
        raise MachineError(what, str(box.folder), advice) from None
