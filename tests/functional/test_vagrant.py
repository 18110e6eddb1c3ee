"""A machine that Vagrant makes, with its docker provider: up, halted, found again, given back."""

from __future__ import annotations

import contextlib
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath

import pytest

from flipside.config import LoadedPlatform, load_platform
from flipside.errors import MachineError
from flipside.targets.docker import boot, commands
from flipside.targets.machines.remote import Remote
from flipside.targets.machines.ssh import Ssh
from flipside.targets.vagrant import box
from flipside.targets.vagrant.target import Vagrant

pytestmark = pytest.mark.vagrant
DATA = "/srv/flipside/apps/blog/production/data"


class Narrator:
    @contextlib.contextmanager
    def step(self, title: str) -> Iterator[None]:
        yield

    def detail(self, text: str) -> None:
        """Say nothing."""


@pytest.fixture
def platform(
    tmp_path: Path, machine_image: Callable[[str], str], monkeypatch: pytest.MonkeyPatch
) -> Iterator[LoadedPlatform]:
    machine_image("vagrant")
    # Vagrant keeps a list of all machines in the user's home.
    monkeypatch.setenv("VAGRANT_HOME", str(tmp_path / "home"))
    path = tmp_path / ".flipside-platform"
    path.write_text("name: demo\ntarget: vagrant\nprovider: docker\n")
    found = load_platform(path)
    yield found
    name = boot.box_of(found).name
    subprocess.run(commands.remove(name), capture_output=True, check=False)


def up(platform: LoadedPlatform) -> Remote:
    mine = box.box_of(platform)
    with box.described(mine, platform):
        assert "Machine booted and ready!" in list(box.up(mine))
    return Remote(Ssh(mine.address))


def test_machine_is_root_halted_up_again_and_gone_with_its_data_kept(
    platform: LoadedPlatform,
) -> None:
    target, mine = Vagrant(platform), box.box_of(platform)
    machine = up(platform)
    assert machine.run(["id", "-un"]) == "root"
    machine.run(["sh", "-c", f"mkdir -p {DATA} && echo rows >{DATA}/app.db"])
    with pytest.raises(MachineError, match="never made"):
        target.machine()
    target.halt(Narrator())
    with pytest.raises(MachineError, match="does not answer") as caught:
        Vagrant(platform).machine()
    assert caught.value.next == "flipside platform.bootstrap"
    assert [check["detail"] for check in target.checks()] == ["stopped"]
    kept = Vagrant(platform).destroy(Narrator(), keep_data=True)
    assert kept == PurePosixPath(platform.folder, "flipside-data")
    assert Path(kept, "blog/production/app.db").read_text() == "rows\n"
    assert not mine.folder.parent.exists()
    assert target.destroy(Narrator(), keep_data=True) is None


def test_machine_that_was_removed_by_hand_is_made_anew(platform: LoadedPlatform) -> None:
    """Its key is another, and that is no reason to distrust it."""
    before = up(platform).run(["cat", "/etc/machine-id"])
    subprocess.run(commands.remove(boot.box_of(platform).name), capture_output=True, check=True)
    assert up(platform).run(["cat", "/etc/machine-id"]) != before


def test_port_of_a_machine_stays_and_that_of_none_is_chosen_anew(platform: LoadedPlatform) -> None:
    mine = box.box_of(platform)
    with box.described(mine, platform) as port, box.described(mine, platform) as other:
        assert port != other
    up(platform)
    port = mine.port
    with box.described(mine, platform) as again:
        assert again == mine.port == port
    platform.path.write_text(
        f"name: demo\ntarget: vagrant\nprovider: docker\nhttp_port: {port + 1}\n"
    )
    moved = load_platform(platform.path)
    with pytest.raises(MachineError, match=f"has port {port} for good"), box.described(mine, moved):
        pass


def test_provider_that_cannot_is_told_in_vagrants_words(platform: LoadedPlatform) -> None:
    mine = box.Box(platform.folder / ".flipside/vagrant", "nonesuch")
    with (
        pytest.raises(MachineError, match="`vagrant up` failed") as caught,
        box.described(mine, platform),
    ):
        list(box.up(mine))
    assert "The provider 'nonesuch' could not be found" in caught.value.what
