"""What is packed here and unpacked by a machine's own tar."""

from __future__ import annotations

import io
import subprocess
from pathlib import Path, PurePosixPath

import pytest

from flipside.targets.machines import tarred


def packed(source: Path) -> bytes:
    stream = io.BytesIO()
    tarred.pack(source, stream)
    return stream.getvalue()


def unpack(stream: bytes, target: Path) -> subprocess.CompletedProcess[bytes]:
    argv = tarred.unpack(PurePosixPath(target))
    return subprocess.run(argv, input=stream, capture_output=True, check=False)


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    folder = tmp_path / "tree"
    (folder / "in").mkdir(parents=True)
    for name in ("a", "b"):
        (folder / "in" / name).write_text(name * 20_000)
    (folder / "in/a").chmod(0o741)
    (folder / "link").symlink_to("in/a")
    return folder


def names(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


def test_folder_takes_the_place_of_the_old_one(tree: Path, tmp_path: Path) -> None:
    target = tmp_path / "target"
    target.mkdir()
    (target / "old").touch()
    assert unpack(packed(tree), target).returncode == 0
    assert names(target) == ["in", "in/a", "in/b", "link"]
    assert (target / "in/a").stat().st_mode & 0o777 == 0o741
    assert sorted(path.name for path in tmp_path.iterdir()) == ["target", "tree"]


def test_file_takes_the_place_of_a_file_and_of_a_folder(tmp_path: Path) -> None:
    (tmp_path / "source").write_text("new")
    for target in (tmp_path / "file", tmp_path / "folder"):
        target.mkdir() if target.name == "folder" else target.write_text("old")
        assert unpack(packed(tmp_path / "source"), target).returncode == 0
        assert target.read_text() == "new"


def test_link_to_the_source_is_followed(tree: Path, tmp_path: Path) -> None:
    (tmp_path / "way").symlink_to(tree)
    unpack(packed(tmp_path / "way"), tmp_path / "target")
    assert (tmp_path / "target/in/a").is_file()


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_stream_that_was_cut_leaves_the_old_in_place(
    tree: Path, tmp_path: Path, share: float
) -> None:
    """Also where it was cut between two files, which tar takes for an end."""
    stream = packed(tree)
    target = tmp_path / "target"
    target.mkdir()
    (target / "old").touch()
    done = unpack(stream[: int(len(stream) * share) // 512 * 512], target)
    assert done.returncode != 0
    assert names(target) == ["old"]
    assert not (tmp_path / "target.new").exists()


def test_cut_between_two_files_is_seen(tree: Path, tmp_path: Path) -> None:
    stream = packed(tree)
    last = stream.rindex(b"whole")
    done = unpack(stream[:last], tmp_path / "target")
    assert b"only a part of the upload arrived" in done.stderr
    assert not (tmp_path / "target").exists()


def test_swap_that_was_cut_is_made_good(tree: Path, tmp_path: Path) -> None:
    """The old one was aside, the new one not yet in place."""
    (tmp_path / "target.old").mkdir()
    (tmp_path / "target.old/old").touch()
    assert unpack(b"", tmp_path / "target").returncode != 0
    assert names(tmp_path / "target") == ["old"]
    assert unpack(packed(tree), tmp_path / "target").returncode == 0
    assert not (tmp_path / "target.old").exists()
