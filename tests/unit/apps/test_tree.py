"""The packaged tree: what is in it, what never is, and that its bytes depend on nothing else."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tarfile
from pathlib import Path

import pytest

from flipside.apps import tree as module
from flipside.apps.selection import Member, Selection
from flipside.apps.tree import folders_of, member_info, pack, package
from flipside.errors import BuildError


def put(folder: Path, *names: str, text: str = "x") -> Path:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


def names(folder: Path, **rules: tuple[str, ...]) -> list[str]:
    return [m.name for m in Selection(folder, narrate=lambda _: None, **rules).members()]


def git(folder: Path, *arguments: str) -> None:
    identity = ["-c", "user.name=a", "-c", "user.email=a@example.com"]
    subprocess.run(["git", *identity, *arguments], cwd=folder, check=True, capture_output=True)


def test_a_tree_is_taken_as_it_stands(tmp_path: Path) -> None:
    put(tmp_path, "app.py", "templates/a.html", ".env.example", "a b/c.txt")
    assert names(tmp_path) == [".env.example", "a b/c.txt", "app.py", "templates/a.html"]


def test_what_is_no_source_is_never_taken(tmp_path: Path) -> None:
    put(tmp_path, "app.py", ".git/config", "env/pyvenv.cfg", "env/bin/python", "__pycache__/a.pyc")
    put(tmp_path, "old.pyc", "sub/__pycache__/x", "node_modules/a.js", "sub/node_modules/b.js")
    put(tmp_path, ".flipside-app", ".flipside-lock", ".flipside/store/x", "sub/.git")
    assert names(tmp_path) == ["app.py"]


def test_ignore_files_count_at_every_level(tmp_path: Path) -> None:
    put(tmp_path, "a.log", "keep.log", "sub/a.log", "sub/b.tmp", "sub/deep/b.tmp", "other/b.tmp")
    put(tmp_path, ".gitignore", text="*.log\n!keep.log\n/.gitignore\n!\n")
    put(tmp_path, "sub/.gitignore", text="/b.tmp\n!a.log\n.gitignore")
    assert names(tmp_path) == ["keep.log", "other/b.tmp", "sub/a.log", "sub/deep/b.tmp"]


def test_nothing_below_an_ignored_folder_comes_back_by_itself(tmp_path: Path) -> None:
    put(tmp_path, "out/a", "out/b", "c")
    put(tmp_path, ".gitignore", text="out/\n!out/a\n.gitignore\n")
    assert names(tmp_path) == ["c"]


def test_include_brings_ignored_files_back_and_exclude_leaves_out(tmp_path: Path) -> None:
    put(tmp_path, "dist/a.js", "dist/big/b.map", "app.py", "tests/t.py", "node_modules/x/dist/x.js")
    put(tmp_path, "node_modules/y/y.js", "deep/gen/z.css")
    put(tmp_path, ".gitignore", text="dist/\ngen\n.gitignore\n")
    found = names(
        tmp_path,
        include=("dist/", "/node_modules/x/", "*.css"),
        exclude=("tests/", "dist/big"),
    )
    assert found == ["app.py", "deep/gen/z.css", "dist/a.js", "node_modules/x/dist/x.js"]


def test_a_developers_data_is_never_shipped(tmp_path: Path) -> None:
    put(tmp_path, "app.py", "media/me.png", "app.db", "app.db-wal", "app.db-shm", "app.db.py")
    put(tmp_path, "sub/app.db", "media2/x")
    found = names(tmp_path, data=("media/", "app.db"), include=("media/", "*.db"))
    assert found == ["app.db.py", "app.py", "media2/x", "sub/app.db"]


def test_data_that_git_tracks_is_part_of_the_source(tmp_path: Path) -> None:
    put(tmp_path, "media/.gitkeep", "media/mine.png", "app.py")
    git(tmp_path, "init")
    git(tmp_path, "add", "media/.gitkeep", "app.py")
    assert names(tmp_path, data=("media/",)) == ["app.py", "media/.gitkeep"]


def test_what_git_tracks_is_taken_although_ignored(tmp_path: Path) -> None:
    put(tmp_path, "dist/a.js", "dist/b.js")
    put(tmp_path, ".gitignore", text="dist/\n")
    git(tmp_path, "init")
    git(tmp_path, "add", "-f", "dist/a.js", ".gitignore")
    assert names(tmp_path) == [".gitignore", "dist/a.js"]


def test_the_checkout_above_lays_its_rules_on_the_apps_folder(tmp_path: Path) -> None:
    app = tmp_path / "apps" / "one"
    put(app, "app.py", "a.sqlite3", "local.cfg", "x.tmp", "y.tmp")
    put(tmp_path, ".gitignore", text="*.sqlite3\n/apps/one/x.tmp\n")
    git(tmp_path, "init")
    put(tmp_path, ".git/info/exclude", text="local.cfg\n")
    put(tmp_path, "apps/.gitignore", text="one/y.tmp\n")
    assert names(app) == ["app.py"]


def test_a_checkout_that_ignores_the_whole_folder_has_no_say(tmp_path: Path) -> None:
    put(tmp_path / "app", "app.py", "data/x")
    put(tmp_path, ".gitignore", text="*\n")
    git(tmp_path, "init")
    assert names(tmp_path / "app", data=("data/",)) == ["app.py"]


def test_a_hooks_pointers_to_its_own_repository_are_no_concern(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    put(tmp_path / "app", "media/.gitkeep")
    git(tmp_path / "app", "init")
    git(tmp_path / "app", "add", ".")
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "elsewhere"))
    assert names(tmp_path / "app", data=("media/",)) == ["media/.gitkeep"]


def test_links_inside_are_kept_and_relative(tmp_path: Path) -> None:
    put(tmp_path, "a/x.txt", "b/y.txt")
    (tmp_path / "b/rel").symlink_to("../a/x.txt")
    (tmp_path / "b/abs").symlink_to(tmp_path.resolve() / "a")
    (tmp_path / "gone").symlink_to("nowhere")
    links = {m.name: m.link for m in Selection(tmp_path).members() if m.link}
    assert links == {"b/rel": "../a/x.txt", "b/abs": "../a", "gone": "nowhere"}


@pytest.mark.parametrize("target", ["/etc/passwd", "../outside", "sub/../../outside"])
def test_a_link_that_leads_out_is_refused_with_its_path(tmp_path: Path, target: str) -> None:
    app = put(tmp_path / "app", "sub/x")
    (app / "evil").symlink_to(target)
    with pytest.raises(BuildError, match="leads out of the app's folder") as e:
        names(app)
    assert e.value.where == str(app.resolve() / "evil")
    assert "exclude" in str(e.value.next)


def test_a_link_through_a_link_that_leads_out_is_refused(tmp_path: Path) -> None:
    app = put(tmp_path / "app", "x")
    put(tmp_path / "outside", "secret")
    (app / "door").symlink_to("../outside")
    (app / "evil").symlink_to("door/secret")
    with pytest.raises(BuildError, match="leads out"):
        names(app, exclude=("door",))


def test_a_link_that_goes_in_circles_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a").symlink_to("b")
    (tmp_path / "b").symlink_to("a")
    with pytest.raises(BuildError, match="symbolic link"):
        names(tmp_path)


def test_a_left_out_link_may_lead_anywhere(tmp_path: Path) -> None:
    put(tmp_path, "app.py")
    (tmp_path / "media").symlink_to("/var")
    (tmp_path / "tmp").symlink_to("/tmp")
    assert names(tmp_path, data=("media/",), exclude=("tmp",)) == ["app.py"]


def test_sockets_and_pipes_are_left_out_with_a_warning(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    put(tmp_path, "app.py")
    monkeypatch.chdir(tmp_path)
    os.mkfifo("pipe")
    with socket.socket(socket.AF_UNIX) as s:
        s.bind("sock")
    said: list[str] = []
    found = Selection(tmp_path, narrate=said.append).members()
    assert [m.name for m in found] == ["app.py"]
    assert sorted(said) == [
        "warning: left out pipe: neither a file nor a folder",
        "warning: left out sock: neither a file nor a folder",
    ]


def test_an_empty_selection_is_refused(tmp_path: Path) -> None:
    put(tmp_path, "a.pyc")
    with pytest.raises(BuildError, match="nothing to package"):
        package(Selection(tmp_path), tmp_path / "t.tar.gz", print)


def test_a_file_that_is_gone_or_shrunk_meanwhile_is_named(tmp_path: Path) -> None:
    gone = Member("a", tmp_path / "a", None, executable=False, size=1)
    with pytest.raises(BuildError, match="No such file") as e:
        pack([gone], tmp_path / "out.tar.gz")
    assert e.value.where == str(tmp_path / "a")
    put(tmp_path, "a")
    shrunk = Member("a", tmp_path / "a", None, executable=False, size=9)
    with pytest.raises(BuildError, match="unexpected end of data") as e:
        pack([shrunk], tmp_path / "out.tar.gz")
    assert e.value.where == str(tmp_path / "a")


def test_a_full_disk_is_an_error(tmp_path: Path) -> None:
    put(tmp_path, "a")
    with pytest.raises(BuildError, match="No space left on device"):
        pack(Selection(tmp_path).members(), Path("/dev/full"))


def archive(folder: Path, target: Path) -> bytes:
    package(Selection(folder), target, print)
    return target.read_bytes()


def test_the_bytes_depend_on_content_alone(tmp_path: Path) -> None:
    one = put(tmp_path / "one", "b/c.py", "a.py", "b/run.sh")
    (one / "b/run.sh").chmod(0o700)
    shutil.copytree(one, tmp_path / "two")
    two = tmp_path / "two"
    for path in (two / "a.py", two / "b/c.py"):
        path.chmod(0o664)
        os.utime(path, (1, 1))
    first = archive(one, tmp_path / "1.tar.gz")
    assert archive(two, tmp_path / "2.tar.gz") == first
    (two / "a.py").chmod(0o755)
    assert archive(two, tmp_path / "2.tar.gz") != first


def test_the_archive_unpacks_to_the_tree(tmp_path: Path) -> None:
    app = put(tmp_path / "app", "b/run.sh", "é.txt")
    (app / "b/run.sh").chmod(0o711)
    (app / "link").symlink_to("b/run.sh")
    os.link(app / "é.txt", app / "hard.txt")
    package(Selection(app), tmp_path / "t.tar.gz", print)
    with tarfile.open(tmp_path / "t.tar.gz") as t:
        t.extractall(tmp_path / "out")
        assert {(m.uid, m.gid, m.mtime) for m in t} == {(0, 0, 0)}
    out = tmp_path / "out"
    assert (out / "b/run.sh").stat().st_mode & 0o777 == 0o755
    assert (out / "é.txt").read_text() == (out / "hard.txt").read_text() == "x"
    assert (out / "link").readlink() == Path("b/run.sh")


def test_folders_come_before_what_is_in_them() -> None:
    members = [Member(n, Path(n), None, executable=False, size=0) for n in ("a/b/c", "a/d", "e")]
    assert folders_of(members) == ["a", "a/b"]
    assert member_info(members[0]).mode == 0o644


def test_a_very_big_tree_is_warned_of(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(module, "BIG", 10)
    put(tmp_path / "app", "big/a", "big/b", text="123456")
    put(tmp_path / "app", "small")
    said: list[str] = []
    package(Selection(tmp_path / "app"), tmp_path / "t.tar.gz", said.append)
    assert "big 0 MB" in said[0]
    assert "exclude" in said[0]
