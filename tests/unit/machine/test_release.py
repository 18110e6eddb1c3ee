"""Installing releases with the real uv, offline, from wheels made by hand."""

from __future__ import annotations

import hashlib
import io
import json
import os
import subprocess
import sys
import tarfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from importlib.util import cache_from_source
from pathlib import Path
from typing import Any

import pytest
from uv import find_uv_bin

from flipside.errors import BadConfigError, BuildError, FlipsideError, MachineError
from flipside.machine import release as releases
from flipside.machine import uv as uv_commands
from flipside.machine.layout import Layout
from flipside.machine.manifests import release_id
from flipside.machine.release import install, installed, remove, seal, written
from flipside.machine.untar import unpack

Install = Callable[..., Path]
OTHER_PYTHON = "3.77"


@pytest.fixture
def put(layout: Layout) -> Install:
    """Install a manifest into ``production`` (or ``env=``) of its app."""

    def put_one(
        manifest: dict[str, Any], env: str = "production", told: list[str] | None = None
    ) -> Path:
        narrate = (told if told is not None else []).append
        return install(layout, manifest, env, find_uv_bin(), narrate)

    return put_one


@pytest.fixture
def dep(publisher: Any) -> Path:
    """A wheel with a script, data, bytecode and a module that says where it lies."""
    files = {
        "dep/__init__.py": "def main():\n    print(__file__)\n",
        "dep/static/app.css": "a {}",
        "dep/migrations/0001_initial.py": "",
        "dep-1.data/data/share/dep/note.txt": "note",
        "dep-1.data/scripts/dep-sh": "#!python\nprint('script')\n",
    }
    wheel: Path = publisher.wheel("dep", "1", files, scripts="dep-main = dep:main")
    return wheel


def output(*argv: object) -> str:
    done = subprocess.run([*map(str, argv)], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def site(release: Path) -> Path:
    (found,) = release.glob("venv/lib/python3*/site-packages")
    return found


def contents(venv: Path) -> dict[str, str]:
    """Map each file to its hash, without what differs from install to install by nature."""
    ignored = {".lock", "RECORD", "INSTALLER", "REQUESTED", "direct_url.json", "uv_cache.json"}
    return {
        str(path.relative_to(venv)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in venv.rglob("*")
        if path.is_file() and path.suffix != ".pyc" and path.name not in ignored
    }


def test_a_release_is_whole_and_its_scripts_run(publisher: Any, put: Install, dep: Path) -> None:
    """Both kinds of console scripts run from where the release lies in the end."""
    manifest = publisher.publish(wheels=[dep])
    release = put(manifest)
    assert json.loads((release / "manifest.json").read_bytes()) == manifest
    assert output(release / "venv/bin/dep-main") == str(site(release) / "dep/__init__.py")
    assert output(release / "venv/bin/dep-sh") == "script"
    assert (release / "venv/share/dep/note.txt").read_text() == "note"
    assert list((release / "tree").iterdir()) == []
    assert [path.name for path in release.parent.iterdir()] == [release.name]


def test_all_modules_have_bytecode_that_python_takes(
    publisher: Any, put: Install, dep: Path
) -> None:
    """A release that cannot be written to would compile at every start."""
    release = put(publisher.publish(wheels=[dep]))
    seal(release)
    argv = [str(release / "venv/bin/python"), "-v", "-c"]
    code = "import importlib as i; i.import_module('dep.migrations.0001_initial')"
    told = subprocess.run([*argv, code], capture_output=True, text=True, check=True).stderr
    for source in ("dep/__init__.py", "dep/migrations/0001_initial.py"):
        path = site(release) / source
        assert f"{cache_from_source(path)} matches {path}" in told


def test_the_result_is_that_of_a_fresh_install(
    publisher: Any, put: Install, dep: Path, tmp_path: Path
) -> None:
    """First and second installs hold the same files with the same content as uv's own."""
    other = publisher.wheel("other", "2", {"other.py": "x = 1", "other.txt": "data"})
    fresh = tmp_path / "fresh"
    uv = find_uv_bin()
    output(uv, "venv", "-q", "--relocatable", "-p", sys.executable, fresh)
    output(uv, "pip", "install", "-q", "--no-deps", "--no-index", "-p", fresh, dep, other)
    first = put(publisher.publish(version="1", wheels=[dep, other]))
    second = put(publisher.publish(version="2", wheels=[dep, other]))
    expected = contents(fresh)
    assert contents(first / "venv") == contents(second / "venv") == expected


def test_what_the_machine_has_is_linked_not_compiled_again(
    publisher: Any, put: Install, dep: Path
) -> None:
    """Code is one file on the disk, in every app; data is each release's own."""
    told: list[str] = []
    one = put(publisher.publish("blog", wheels=[dep]), told=told)
    two = put(publisher.publish("shop", wheels=[dep]), told=told)
    assert told == ["unpacking and compiling 1 wheel new to this machine"]
    for name, shared in (("dep/__init__.py", True), ("dep/static/app.css", False)):
        assert (site(one) / name).samefile(site(two) / name) is shared
    (bytecode,) = (site(one) / "dep/__pycache__").iterdir()
    assert bytecode.stat().st_nlink == 3


def test_an_unchanged_version_with_changed_content_is_replaced(
    publisher: Any, put: Install
) -> None:
    """And what a wheel no longer brings is gone; the old release keeps what it had."""
    old_wheel = publisher.wheel("dep", "1", {"dep.py": "x = 'old'", "gone.py": ""})
    gone = publisher.wheel("removed", "1", {"removed.py": ""})
    old = put(publisher.publish(wheels=[old_wheel, gone]))
    seal(old)
    new = put(publisher.publish(wheels=[publisher.wheel("dep", "1", {"dep.py": "x = 'new'"})]))
    for release, expected in ((old, "old"), (new, "new")):
        python = release / "venv/bin/python"
        assert output(python, "-c", "import dep; print(dep.x)") == expected
    assert sorted(path.name for path in site(new).glob("*.py")) == ["dep.py"]
    assert (site(old) / "gone.py").exists()
    assert (site(old) / "removed.py").exists()


def test_a_step_that_writes_into_site_packages_reaches_no_other_release(
    publisher: Any, put: Install, dep: Path
) -> None:
    """Data is written in place, as some `compress` does; the next release is pristine."""
    one = put(publisher.publish(version="1", wheels=[dep]))
    (site(one) / "dep/static/app.css").write_text("changed")
    (site(one) / "dep/static/added.css").write_text("added")
    two = put(publisher.publish(version="2", wheels=[dep]))
    assert (site(two) / "dep/static/app.css").read_text() == "a {}"
    assert not (site(two) / "dep/static/added.css").exists()


def test_code_changed_through_a_hardlink_is_not_passed_on(
    publisher: Any, put: Install, dep: Path
) -> None:
    """Root can write into a read-only file; the next release gets the wheel's own content."""
    one = put(publisher.publish(version="1", wheels=[dep]))
    code = site(one) / "dep/__init__.py"
    code.chmod(0o644)
    code.write_text("x = 'not the wheel’s'")
    two = put(publisher.publish(version="2", wheels=[dep]))
    assert "def main" in (site(two) / "dep/__init__.py").read_text()


def test_wheels_that_bring_the_same_file_keep_their_own(publisher: Any, put: Install) -> None:
    """Many projects ship a top-level ``tests``; the app's own file wins over a dependency's."""
    one = publisher.wheel("one", "1", {"tests/__init__.py": "x = 'one'", "one.py": ""})
    app = publisher.wheel("zapp", "1", {"tests/__init__.py": "x = 'zapp'", "zapp.py": ""})
    manifest = publisher.manifest(wheels=[one, app])
    manifest["app_wheel"] = app.name
    manifest["id"] = release_id(manifest)
    both = put(publisher.store.publish(manifest, [], "ann@laptop"))
    alone = put(publisher.publish(version="2", wheels=[one]))
    for release, expected in ((both, "zapp"), (alone, "one")):
        python = release / "venv/bin/python"
        assert output(python, "-c", "import tests; print(tests.x)") == expected


def test_two_installs_at_once_of_the_same_new_wheel(
    publisher: Any, put: Install, dep: Path
) -> None:
    """Apps deployed together all come out whole, and one of them compiles."""
    told: list[str] = []
    manifests = [publisher.publish(f"app{number}", wheels=[dep]) for number in range(4)]
    with ThreadPoolExecutor() as pool:
        found = list(pool.map(lambda manifest: put(manifest, told=told), manifests))
    assert len(told) == 1
    for release in found:
        assert output(release / "venv/bin/dep-main") == str(site(release) / "dep/__init__.py")


def test_wheels_can_be_prepared_before_the_deploy(
    publisher: Any, put: Install, dep: Path, layout: Layout
) -> None:
    """Then the install compiles nothing."""
    prepared: list[str] = []
    told: list[str] = []
    manifest = publisher.publish(wheels=[dep])
    for _ in range(2):
        releases.prepare(layout, manifest, find_uv_bin(), prepared.append)
    put(manifest, told=told)
    assert (len(prepared), told) == (1, [])
    assert not layout.releases("blog", "staging").exists()


def test_an_absent_python_is_named_with_those_that_are_here(publisher: Any, put: Install) -> None:
    """And nothing is left behind."""
    manifest = {**publisher.manifest(), "python": OTHER_PYTHON}
    manifest["id"] = release_id(manifest)
    with pytest.raises(
        MachineError, match=f"wants Python {OTHER_PYTHON}, and the machine has"
    ) as caught:
        put(publisher.store.publish(manifest, [], "ann@laptop"))
    assert f"{sys.version_info.major}.{sys.version_info.minor}." in caught.value.what
    assert list(publisher.layout.releases("blog", "production").iterdir()) == []


def test_a_wheel_that_does_not_install_is_uvs_to_explain(publisher: Any, put: Install) -> None:
    """Here: one for another machine."""
    wheel = publisher.wheel("dep", "1", {"dep.py": ""})
    wheel = wheel.rename(wheel.with_name("dep-1-cp311-cp311-win32.whl"))
    with pytest.raises(MachineError, match=r"(?s)cannot be installed.*win32"):
        put(publisher.publish(wheels=[wheel]))
    assert list(publisher.layout.releases("blog", "production").iterdir()) == []


def test_an_interrupted_install_is_no_release(
    publisher: Any, put: Install, dep: Path, layout: Layout
) -> None:
    """What a killed process left is removed by the next install; a living one's is not."""
    manifest = publisher.publish(wheels=[dep])
    folder = layout.releases("blog", "production")
    dead = subprocess.Popen(["true"])
    dead.wait()
    for pid in (dead.pid, os.getppid()):
        (folder / f".{manifest['id']}.{pid}/venv").mkdir(parents=True)
        (folder / f".{manifest['id']}.{pid}/venv").chmod(0o555)
    assert installed(layout, "blog", "production") == []
    release = put(manifest)
    assert {path.name for path in folder.iterdir()} == {
        release.name,
        f".{release.name}.{os.getppid()}",
    }


def test_a_release_whose_steps_did_not_finish_is_made_anew(
    publisher: Any, put: Install, layout: Layout
) -> None:
    """It is taken for whole only once it is sealed; then it is left alone."""
    manifest = publisher.publish()
    release = put(manifest)
    (release / "tree/half").write_text("")
    assert not (put(manifest) / "tree/half").exists()
    (release / "tree/whole").write_text("")
    seal(release)
    assert (put(manifest) / "tree/whole").exists()
    assert installed(layout, "blog", "production") == [release.name]


def test_a_failure_in_the_middle_leaves_nothing(
    publisher: Any, put: Install, layout: Layout, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As when the disk is full."""

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(releases, "unpack", full)
    with pytest.raises(MachineError, match="disk is full"):
        put(publisher.publish(tree=publisher.tree({"a": ""})))
    assert list(layout.releases("blog", "production").iterdir()) == []


def test_releases_are_described(publisher: Any, put: Install, layout: Layout) -> None:
    """Newest first, with what each was made of."""
    one, two = (put(publisher.publish(version=version)) for version in "12")
    for release in (one, two):
        seal(release)
    assert installed(layout, "blog", "production") == [two.name, one.name]
    found = releases.describe(one)
    assert (found["id"], found["version"], found["kind"]) == (one.name, "1", "tree")
    assert found["sealed"] is not None


# The tree


def test_a_tree_is_unpacked_as_it_stands(publisher: Any, put: Install) -> None:
    """With its folders."""
    release = put(publisher.publish(tree=publisher.tree({"app.py": "x = 1", "a/b.txt": "b"})))
    assert (release / "tree/app.py").read_text() == "x = 1"
    assert (release / "tree/a/b.txt").read_text() == "b"


def archive(folder: Path, *members: tarfile.TarInfo) -> Path:
    path = folder / "bad.tar"
    with tarfile.open(path, "w") as tar:
        for member in members:
            tar.addfile(member, io.BytesIO(b"x" * member.size))
    return path


def member(name: str, kind: bytes = tarfile.REGTYPE, link: str = "") -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname, info.mode = kind, link, 0o7755
    info.size = 1 if kind == tarfile.REGTYPE else 0
    return info


@pytest.mark.parametrize(
    "members",
    [
        [member("../evil")],
        [member("/tmp/flipside-evil")],
        [member("a/../../evil")],
        [member("link", tarfile.SYMTYPE, "/etc/passwd")],
        [member("a/link", tarfile.SYMTYPE, "../../evil")],
        [member("hard", tarfile.LNKTYPE, "../evil")],
        [member("here", tarfile.SYMTYPE, "."), member("here/up", tarfile.SYMTYPE, "..")],
        [member("pipe", tarfile.FIFOTYPE)],
    ],
)
def test_nothing_of_a_tree_lands_outside_of_it(
    tmp_path: Path, members: list[tarfile.TarInfo]
) -> None:
    """Nor points outside of it, whatever the archive says."""
    with pytest.raises(BuildError, match=r"lead out of the release's tree|neither file"):
        unpack(archive(tmp_path, *members), tmp_path / "tree")
    assert {path.name for path in tmp_path.iterdir()} == {"bad.tar", "tree"}


def test_links_within_a_tree_and_modes_are_kept(tmp_path: Path) -> None:
    """Executable stays executable; set-user-id does not."""
    members = [member("run.sh"), member("a/link", tarfile.SYMTYPE, "../run.sh")]
    unpack(
        archive(tmp_path, *members, member("hard", tarfile.LNKTYPE, "run.sh")), tmp_path / "tree"
    )
    assert (tmp_path / "tree/run.sh").stat().st_mode & 0o7777 == 0o755
    assert (tmp_path / "tree/a/link").readlink() == Path("../run.sh")
    assert (tmp_path / "tree/hard").read_bytes() == b"x"


@pytest.mark.parametrize("content", [b"", b"not an archive", b"\x1f\x8b\x08cut"])
def test_a_broken_archive_is_named(tmp_path: Path, content: bytes) -> None:
    """It says which."""
    (tmp_path / "tree.tar.gz").write_bytes(content)
    with pytest.raises(BuildError, match="cannot be unpacked") as caught:
        unpack(tmp_path / "tree.tar.gz", tmp_path / "tree")
    assert caught.value.where == str(tmp_path / "tree.tar.gz")


# Data and config files


def test_data_paths_are_links_into_the_data(publisher: Any, put: Install, layout: Layout) -> None:
    """What is shipped moves there, folders are made, and a missing file can be created."""
    tree = publisher.tree({"media/logo.png": "logo", "seed.db": "seed", "app.py": ""})
    release = put(publisher.publish(tree=tree, data=["media/", "seed.db", "var/app.db", "logs/"]))
    data, here = layout.data("blog", "production"), release / "tree"
    assert (here / "media").readlink() == data / "media"
    assert (data / "media/logo.png").read_text() == "logo"
    assert (here / "seed.db").readlink() == data / "seed.db"
    assert (data / "logs").is_dir()
    assert not (data / "var/app.db").exists()
    (here / "var/app.db").write_text("made by the app")
    assert (data / "var/app.db").read_text() == "made by the app"


def test_data_is_never_written_over(publisher: Any, put: Install, layout: Layout) -> None:
    """Neither by the next release nor by one that ships more."""
    files = {"media/logo.png": "shipped", "seed.db": "shipped"}
    put(publisher.publish(version="1", tree=publisher.tree(files), data=["media/", "seed.db"]))
    data = layout.data("blog", "production")
    (data / "media/logo.png").write_text("changed")
    (data / "seed.db").write_text("changed")
    files = {"media/logo.png": "newer", "media/new.png": "newer", "seed.db": "newer"}
    put(publisher.publish(version="2", tree=publisher.tree(files), data=["media/", "seed.db"]))
    assert (data / "media/logo.png").read_text() == (data / "seed.db").read_text() == "changed"
    assert not (data / "media/new.png").exists()


def test_data_within_data_is_linked_once(publisher: Any, put: Install, layout: Layout) -> None:
    """In whatever order they are named."""
    config = {"data": ["var/app.db", "var/", "var-x/sub/"]}
    tree = publisher.tree({"var/app.db": "db", "var/other": "other", "var-x/own": ""})
    release = put(publisher.publish(tree=tree, **config))
    assert (release / "tree/var").is_symlink()
    assert not (release / "tree/var-x").is_symlink()
    assert (layout.data("blog", "production") / "var/app.db").read_text() == "db"


def test_sqlite_creates_its_database_through_the_link(
    publisher: Any, put: Install, layout: Layout
) -> None:
    """With its journal beside the file, not beside the link, also once the release is sealed."""
    release = put(publisher.publish(data=["app.db"]))
    seal(release)
    code = (
        "import sqlite3; c = sqlite3.connect('app.db'); c.execute('pragma journal_mode=wal');"
        "c.execute('create table t(x)'); c.commit(); import os; print(sorted(os.listdir('.')))"
    )
    done = subprocess.run(
        [release / "venv/bin/python", "-c", code],
        cwd=release / "tree",
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "['app.db']"
    assert (layout.data("blog", "production") / "app.db").stat().st_size > 0
    assert written(release) == []


@pytest.mark.parametrize("path", ["../x", "/etc", ".", "", "a/../../x"])
@pytest.mark.parametrize("key", ["data", "files"])
def test_a_linked_path_outside_of_the_tree_is_refused(
    publisher: Any, put: Install, key: str, path: str
) -> None:
    """It names the key."""
    with pytest.raises(BadConfigError, match="no path inside") as caught:
        put(publisher.publish(**{key: {path: ""} if key == "files" else [path]}))
    assert key in (caught.value.where or "")


def test_a_file_called_a_folder_is_refused(publisher: Any, put: Install) -> None:
    """It says which."""
    with pytest.raises(BadConfigError, match="is a file, and `data:` calls it a folder"):
        put(publisher.publish(tree=publisher.tree({"app.db": "x"}), data=["app.db/"]))


def test_config_files_are_links_to_the_generations(
    publisher: Any, put: Install, layout: Layout
) -> None:
    """Also where the tree ships one, which the written one stands for."""
    tree = publisher.tree({"local.ini": "shipped"})
    release = put(publisher.publish(tree=tree, files={"local.ini": "x", "etc/more.ini": "y"}))
    files = layout.files("blog", "production")
    assert (release / "tree/local.ini").readlink() == files / "local.ini"
    assert (release / "tree/etc/more.ini").readlink() == files / "etc/more.ini"


def test_a_config_file_in_the_data_is_refused(publisher: Any, put: Install) -> None:
    """A link there would outlive the release."""
    with pytest.raises(BadConfigError, match="cannot be a config file"):
        put(publisher.publish(data=["etc/"], files={"etc/local.ini": "x"}))


# Sealing


def test_a_sealed_release_has_nothing_that_may_be_written(
    publisher: Any, put: Install, dep: Path
) -> None:
    """And its data still may."""
    release = put(
        publisher.publish(wheels=[dep], tree=publisher.tree({"a/b": ""}), data=["media/"])
    )
    seal(release)
    modes = {
        path: path.lstat().st_mode
        for path in [release, *release.rglob("*")]
        if not path.is_symlink()
    }
    assert {oct(mode & 0o777) for mode in modes.values()} == {"0o555", "0o444"}
    assert modes[release / "venv/bin/dep-main"] & 0o777 == 0o555
    (release / "tree/media/new").write_text("")
    seal(release)
    assert written(release) == []


def test_what_is_written_into_a_sealed_release_is_found(publisher: Any, put: Install) -> None:
    """New, changed, replaced and deleted, in tree and venv; not bytecode, not data."""
    files = {"kept": "1", "changed": "1", "deleted": "1", "app.db": "1"}
    release = put(publisher.publish(tree=publisher.tree(files), data=["app.db", "media/"]))
    seal(release)
    assert written(release) == []
    for folder in (release / "tree", site(release)):
        folder.chmod(0o755)
    (release / "tree/changed").chmod(0o644)
    (release / "tree/changed").write_text("2")
    (release / "tree/deleted").unlink()
    (release / "tree/new/deep").mkdir(parents=True)
    (release / "tree/new/deep/file").write_text("")
    (release / "tree/__pycache__").mkdir()
    (release / "tree/__pycache__/x.pyc").write_text("")
    (release / "tree/app.db").unlink()
    (release / "tree/app.db").write_text("replaced the link")
    (site(release) / "db.sqlite3").write_text("")
    (release / "tree/media/data").write_text("")
    inside = site(release).relative_to(release)
    expected = ["app.db", "changed", "deleted", "new/"]
    assert written(release) == [*(f"tree/{name}" for name in expected), f"{inside}/db.sqlite3"]


def test_what_is_not_sealed_has_nothing_to_compare_with(publisher: Any, put: Install) -> None:
    """Its steps may still write."""
    release = put(publisher.publish())
    (release / "tree/x").write_text("")
    assert written(release) == []


def test_removing_a_release_takes_it_only(publisher: Any, put: Install, layout: Layout) -> None:
    """Sealed or half removed before; the data stays, and one of the same beginning."""
    one = put(publisher.publish(version="1", data=["media/"]))
    ten = put(publisher.publish(version="10"))
    (one / "tree/media/photo").write_text("photo")
    seal(one)
    remove(one)
    remove(one)
    assert [path.name for path in one.parent.iterdir()] == [ten.name]
    assert (layout.data("blog", "production") / "media/photo").read_text() == "photo"


@pytest.mark.parametrize("target", ["private", "nothing"])
def test_removing_a_link_touches_nothing_that_it_leads_to(tmp_path: Path, target: str) -> None:
    """An app may lay links where its own folders were."""
    private = tmp_path / "private/inner"
    private.mkdir(parents=True)
    for folder in (private, private.parent):
        folder.chmod(0o700)
    (tmp_path / "link").symlink_to(tmp_path / target)
    remove(tmp_path / "link")
    assert [path.name for path in tmp_path.iterdir()] == ["private"]
    assert {each.stat().st_mode & 0o777 for each in (private, private.parent)} == {0o700}


# Commands


def test_the_commands_are_offline_and_exact() -> None:
    """What is run is what a test can read."""
    assert uv_commands.venv_command("uv", "3.11", Path("/r/venv")) == [
        *["uv", "venv", "--quiet", "--relocatable", "--no-python-downloads", "--no-project"],
        *["--python", "3.11", "/r/venv"],
    ]
    found = uv_commands.install_command("uv", Path("/v"), Path("/c"), [Path("/s/a.whl")])
    assert found == [
        *["uv", "pip", "install", "--quiet", "--no-deps", "--no-index", "--no-build"],
        *["--compile-bytecode", "--link-mode", "hardlink", "--cache-dir", "/c"],
        *["--python", "/v", "/s/a.whl"],
    ]


def test_uv_missing_is_named(tmp_path: Path) -> None:
    """With what brings it back."""
    with pytest.raises(MachineError, match="uv does not run") as caught:
        uv_commands.run([str(tmp_path / "uv")], tmp_path, "")
    assert caught.value.next == "flipside platform.apply"


def test_a_release_of_a_bad_name_is_never_made(publisher: Any, put: Install) -> None:
    """Names are checked before anything is written."""
    with pytest.raises(FlipsideError, match="no release id"):
        put({**publisher.manifest(), "id": "../../x-0a1b2c3d"})
