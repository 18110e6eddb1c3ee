"""A machine at the end of the shortest way there is: none."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

import pytest

from flipside.errors import MachineError
from flipside.targets.machines.remote import Remote
from flipside.targets.machines.sudo import Root


class Straight:
    """A way without a step: this machine, as whoever runs the tests."""

    name = "straight"

    def __init__(self, before: Sequence[str] = (), password: bytes = b"") -> None:
        self._root = Root(tuple(before), password)

    def root(self) -> Root:
        return self._root

    def lead(self, argv: Sequence[str]) -> list[str]:
        return list(argv)

    def attach(self, argv: Sequence[str]) -> int:
        return subprocess.run(argv, check=False).returncode

    def refused(self, said: str) -> MachineError:
        return MachineError(f"refused: {said}", self.name)


@pytest.fixture
def machine() -> Remote:
    return Remote(Straight())


def test_root_is_the_platforms(machine: Remote) -> None:
    assert machine.root == PurePosixPath("/srv/flipside")
    assert machine.run(["printenv", "FLIPSIDE_ROOT"]) == "/srv/flipside"


def test_input_goes_in_and_lines_come_as_they_are(machine: Remote) -> None:
    lines: list[str] = []
    assert machine.run(["cat"], stdin=b"a\n\xff\nc", on_line=lines.append) == ""
    assert lines == ["a", "\ufffd", "c"]


def test_failure_carries_the_last_that_was_said(machine: Remote) -> None:
    with pytest.raises(MachineError, match="oh no") as caught:
        machine.run(["sh", "-c", "echo first >&2; echo oh no >&2; exit 3"])
    assert caught.value.where == "sh -c echo first >&2; echo oh no >&2; exit 3"
    with pytest.raises(MachineError, match="exit status 3"):
        machine.run(["sh", "-c", "exit 3"])


def test_way_that_ends_before_the_command_starts_says_why() -> None:
    with pytest.raises(MachineError, match="refused: no entry"):
        Remote(Straight(["sh", "-c", "echo no entry >&2; exit 1"])).run(["true"])


def test_way_that_cannot_be_run_is_an_error() -> None:
    with pytest.raises(MachineError, match="cannot run no-such-way"):
        Remote(Straight(["no-such-way"])).run(["true"])


def test_way_that_ends_midway_is_a_lost_connection(machine: Remote) -> None:
    with pytest.raises(MachineError, match="connection was lost midway") as caught:
        machine.run(["sh", "-c", "kill -9 $PPID"])
    assert caught.value.where == "straight"


def test_password_goes_in_before_the_input_whether_it_is_asked_for_or_not() -> None:
    for before in ([], ["sh", "-c", 'read -r word; exec "$@"', "sh"]):
        machine = Remote(Straight(before, b"secret\n"))
        assert machine.run(["cat"], stdin=b"ours") == "ours"


def test_much_output_on_both_sides_blocks_nobody(machine: Remote) -> None:
    script = "import sys; sys.stderr.write('e' * 300000); sys.stdout.write('o' * 300000)"
    said = machine.run([sys.executable, "-c", script], stdin=b"x" * 1_000_000)
    assert len(said) == 300000


def test_output_may_come_while_input_goes(machine: Remote) -> None:
    sent = b"0123456789\n" * 100_000
    lines: list[str] = []
    machine.run(["cat"], stdin=sent, on_line=lines.append)
    assert len(lines) == 100_000


def test_interrupt_lets_the_command_undo_what_it_began(machine: Remote) -> None:
    lines: list[str] = []

    def take(line: str) -> None:
        lines.append(line)
        if line == "begun":
            signal.raise_signal(signal.SIGINT)

    script = "trap 'echo undone; exit 3' INT; echo begun; while :; do sleep 0.05; done"
    with pytest.raises(KeyboardInterrupt):
        machine.run(["sh", "-c", script], on_line=take)
    assert lines == ["begun", "undone"]


def test_error_of_who_listens_ends_the_way(machine: Remote) -> None:
    def take(_: str) -> None:
        raise BrokenPipeError

    with pytest.raises(BrokenPipeError):
        machine.run(["sh", "-c", "echo begun; echo more; sleep 0.2"], on_line=take)


def test_interactive_returns_the_status(machine: Remote) -> None:
    assert machine.interactive(["sh", "-c", '[ "$HOME" = /root ] && exit 5']) == 5


def test_put_of_a_file_that_is_not_there(machine: Remote, tmp_path: Path) -> None:
    with pytest.raises(MachineError, match="cannot read: No such file") as caught:
        machine.put(tmp_path / "none", PurePosixPath(tmp_path / "target"))
    assert caught.value.where == str(tmp_path / "none")
    assert list(tmp_path.iterdir()) == []
