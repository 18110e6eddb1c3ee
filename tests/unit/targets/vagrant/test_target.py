"""The vagrant target is made elsewhere; here, what it says without Vagrant."""

from __future__ import annotations

from pathlib import Path

import pytest

from flipside.config import load_platform
from flipside.errors import MachineError
from flipside.targets import target_of
from flipside.targets.vagrant import box
from flipside.targets.vagrant.target import Vagrant


@pytest.fixture
def target(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Vagrant:
    monkeypatch.setenv("PATH", "/nowhere")
    path = tmp_path / ".flipside-platform"
    path.write_text("name: demo\ntarget: vagrant\n")
    found = target_of(load_platform(path))
    assert isinstance(found, Vagrant)
    return found


def test_machine_that_was_never_up_was_never_made(target: Vagrant) -> None:
    with pytest.raises(MachineError, match="never made") as caught:
        target.machine()
    assert caught.value.next == "flipside platform.bootstrap"
    assert [(check["ok"], check["detail"]) for check in target.checks()] == [(False, "not_created")]


def test_without_vagrant_it_says_what_to_install(target: Vagrant, tmp_path: Path) -> None:
    with pytest.raises(MachineError, match="no `vagrant` command") as caught:
        list(box.up(box.Box(tmp_path, "docker")))
    assert "apt-get install vagrant" in caught.value.next
