"""Commands and files by `docker exec`: the same as by ssh."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath

import pytest
from functional import box as boxes
from functional.box import Box

from flipside.errors import MachineError
from flipside.targets.docker import commands, engine
from flipside.targets.machines.container import Container
from flipside.targets.machines.remote import Remote


@pytest.fixture(scope="module")
def box(
    machine_image: Callable[[str], str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Box]:
    with boxes.running(machine_image("host"), tmp_path_factory.mktemp("box")) as running:
        yield running


@pytest.fixture
def machine(box: Box) -> Remote:
    return Remote(Container(box.name))


def test_every_byte_arrives_and_lines_come_back(machine: Remote) -> None:
    lines: list[str] = []
    machine.run(["od", "-An", "-tx1"], stdin=bytes(range(256)), on_line=lines.append)
    assert bytes.fromhex("".join(lines)) == bytes(range(256))
    assert machine.run(["printf", "a\nb"]) == "a\nb"


@pytest.mark.parametrize("status", [1, 125, 126, 127, 137])
def test_failure_is_the_commands_own(machine: Remote, status: int) -> None:
    """Docker's client ends with 125 to 127 when it fails itself."""
    with pytest.raises(MachineError, match="oh no"):
        machine.run(["sh", "-c", f"printf 'oh no' >&2; exit {status}"])


def test_interrupt_reaches_the_command_which_undoes_what_it_began(machine: Remote) -> None:
    lines: list[str] = []

    def take(line: str) -> None:
        lines.append(line)
        if line == "begun":
            signal.raise_signal(signal.SIGINT)

    script = "trap 'echo undone; exit 3' INT; echo begun; while :; do sleep 0.05; done"
    with pytest.raises(KeyboardInterrupt):
        machine.run(["sh", "-c", script], on_line=take)
    assert lines == ["begun", "undone"]


def test_large_folder_takes_the_place_of_the_old_one(machine: Remote, tmp_path: Path) -> None:
    (tmp_path / "large").mkdir()
    for number in range(4):
        (tmp_path / f"large/{number}").write_bytes(os.urandom(1 << 24))
    for _ in range(2):
        machine.put(tmp_path / "large", PurePosixPath("/srv/large"))
    assert machine.run(["sh", "-c", "cat /srv/large/* | wc -c"]) == str(4 << 24)
    assert machine.run(["sh", "-c", "ls -d /srv/large*"]) == "/srv/large"


def test_terminal_is_handed_over(box: Box) -> None:
    code = f"""\
from flipside.targets.machines.container import Container
from flipside.targets.machines.remote import Remote
print("status", Remote(Container({box.name!r})).interactive(["sh", "-c", "tty; exit 7"]))
"""
    seen = boxes.on_terminal(code, {})
    assert "/dev/pts/" in seen
    assert "status 7" in seen


def test_container_that_stops_midway_is_a_lost_connection(box: Box, machine: Remote) -> None:
    """And while it is stopped that is what is said; started again it answers."""
    stop = ["docker", "kill", box.name]
    with pytest.raises(MachineError, match="connection was lost midway"):
        machine.run(["sh", "-c", "echo begun; exec sleep 60"], on_line=lambda _: engine.run(stop))
    with pytest.raises(MachineError, match="is not running") as caught:
        machine.run(["true"])
    assert caught.value.where == f"container {box.name}"
    engine.run(commands.start(box.name))
    assert machine.run(["echo", "again"]) == "again"


def test_container_that_there_is_not() -> None:
    with pytest.raises(MachineError, match=r"(?i)no such container"):
        Remote(Container("flipside-test-none")).run(["true"])
