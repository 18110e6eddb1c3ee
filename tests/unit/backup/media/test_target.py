"""A folder that is restored into: what was there is kept, and nobody leads it elsewhere."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import suppress

from flipside.backup.errors import BackupError


def test_a_file_with_another_name_elsewhere_is_not_written_to(stored, out) -> None:
    os.link(out / "a", stored.folder / "elsewhere")
    (out / "a").write_text("changed")
    stored.restore(out)
    assert (stored.folder / "elsewhere").read_text() == "changed"
    assert (out / "a").read_text() == "one"


def test_a_link_in_the_place_of_a_folder_is_not_followed(stored) -> None:
    """As one that an app puts there before it asks for a restore."""
    outside, out = stored.folder / "outside", stored.folder / "out"
    (outside / "sub").mkdir(parents=True)
    (outside / "b").write_text("precious")
    out.mkdir()
    (out / "sub").symlink_to(outside)
    done = stored.restore(out)
    assert [path.name for path in outside.rglob("*")] == ["sub", "b"] or [
        path.name for path in outside.rglob("*")
    ] == ["b", "sub"]
    assert (outside / "b").read_text() == "precious"
    assert [path.readlink() for path in done.kept] == [outside]
    assert stored.tree(out).items() >= stored.tree().items()


def test_a_folder_that_is_a_link_itself_is_where_it_leads(stored) -> None:
    (stored.folder / "disk").mkdir()
    (stored.folder / "out").symlink_to(stored.folder / "disk")
    stored.restore(stored.folder / "out")
    assert stored.tree(stored.folder / "disk") == stored.tree()


SWAP = """
import os, sys
here, outside = sys.argv[1:]
os.symlink(outside, here + "/to")
parent = os.getppid()
print("ready", flush=True)
while os.getppid() == parent:
    for name in ("sub", "empty"):
        try:
            os.rename(here + "/" + name, here + "/aside")
            os.rename(here + "/to", here + "/" + name)
            os.rename(here + "/" + name, here + "/to")
            os.rename(here + "/aside", here + "/" + name)
        except OSError:
            pass
    for name in ("a", "sub/b"):
        try:
            os.unlink(here + "/" + name)
            os.link(outside + "/twin", here + "/" + name)
        except OSError:
            pass
"""


def test_who_swaps_folders_for_links_meanwhile_leads_it_nowhere_else(stored, out) -> None:
    """The other names are of a file that is not the app's, with a content that it knows."""
    outside = stored.folder / "outside"
    (outside / "sub").mkdir(parents=True)
    (outside / "twin").write_text("one")
    (outside / "twin").chmod(0o600)
    if os.getuid() == 0:
        os.chown(out, 65534, 65534)
    before = stored.tree(outside)
    argv = [sys.executable, "-c", SWAP, out, outside]
    with subprocess.Popen(argv, stdout=subprocess.PIPE) as process:
        process.stdout.readline()
        try:
            for _ in range(150):
                with suppress(BackupError):
                    stored.restore(out)
            assert process.poll() is None
        finally:
            process.kill()
    if os.getuid() == 0:
        assert stored.tree(outside) == before
    assert {path.name for path in outside.rglob("*")} == {"sub", "twin"}
