"""Running commands and putting files on this very machine."""

from __future__ import annotations

import sys
from pathlib import Path, PurePosixPath

import pytest

from flipside.errors import MachineError
from flipside.targets.machines.here import Here


@pytest.fixture
def here(tmp_path: Path) -> Here:
    return Here(PurePosixPath(tmp_path), {"PATH": "/usr/bin:/bin", "MARK": "ours"})


def test_environment_is_the_platforms(here: Here) -> None:
    assert here.run(["sh", "-c", "echo $MARK $HOME"]) == "ours"


def test_input_goes_in_and_lines_come_as_they_are(here: Here) -> None:
    lines: list[str] = []
    assert here.run(["cat"], stdin=b"a\n\xff\n", on_line=lines.append) == ""
    assert lines == ["a", "\ufffd"]


def test_failure_carries_what_was_said(here: Here) -> None:
    with pytest.raises(MachineError, match="oh no") as caught:
        here.run(["sh", "-c", "echo oh no >&2; exit 3"])
    assert caught.value.where == "sh -c echo oh no >&2; exit 3"
    with pytest.raises(MachineError, match="exit status 3"):
        here.run(["sh", "-c", "exit 3"])
    with pytest.raises(MachineError, match="cannot run no-such"):
        here.run(["no-such"])


def test_much_output_on_both_sides_blocks_nobody(here: Here) -> None:
    """More than a pipe holds, on standard error too."""
    script = "import sys; sys.stderr.write('e' * 300000); sys.stdout.write('o' * 300000)"
    assert len(here.run([sys.executable, "-c", script])) == 300000


def test_child_that_reads_no_input_is_heard_all_the_same(here: Here) -> None:
    with pytest.raises(MachineError, match="no module"):
        here.run(["sh", "-c", "echo no module >&2; exit 1"], stdin=b"x" * 1_000_000)


def test_interactive_returns_the_status(here: Here) -> None:
    assert here.interactive(["sh", "-c", "exit 5"]) == 5


def test_put_replaces_a_whole_folder(here: Here, tmp_path: Path) -> None:
    source, target = tmp_path / "source", tmp_path / "target"
    for folder, name in ((source, "new"), (target, "old")):
        folder.mkdir()
        (folder / name).write_text(name)
    (tmp_path / "target.new").mkdir()
    here.put(source, PurePosixPath(target))
    assert [path.name for path in target.iterdir()] == ["new"]
    assert not (tmp_path / "target.new").exists()
    here.put(source / "new", PurePosixPath(tmp_path / "file"))
    assert (tmp_path / "file").read_text() == "new"
