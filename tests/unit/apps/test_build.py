"""The build's parts that run no tool: ids, modules, a tree's requirements, commands that fail."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import pytest

from flipside.apps.build import _of_files, build
from flipside.apps.kinds import Code, _tree_requirements
from flipside.apps.manifest import manifest, release_id
from flipside.apps.modules import check, modules_among, tree_modules
from flipside.apps.requirements import Requirements
from flipside.apps.run import indented_tail, run
from flipside.apps.tools import own_python
from flipside.config import AppConfig
from flipside.config.load import LoadedApp
from flipside.errors import BuildError

CONTENT: dict[str, Any] = {"app": "a", "version": "1.0", "wheels": [], "config": {}}


def app(folder: Path, **values: Any) -> LoadedApp:
    config = AppConfig.model_validate({"name": "guestbook", **values})
    return LoadedApp(config, folder, folder / ".flipside-app")


def test_an_id_is_the_version_and_the_contents_hash() -> None:
    one = release_id(CONTENT)
    assert one.startswith("1.0-")
    assert len(one) == len("1.0-") + 8
    assert release_id({**CONTENT, "id": one, "published": {"at": "now"}}) == one
    assert release_id({**CONTENT, "wheels": [1]}) != one


@pytest.mark.parametrize(
    ("version", "safe"),
    [
        ("1.0+g12.d3", "1.0.g12.d3"),
        ("1!2.0", "1.2.0"),
        ("a/../b", "a....b"),
        ("+", "0"),
        ("é", "0"),
    ],
)
def test_an_ids_version_is_safe_in_paths_and_urls(version: str, safe: str) -> None:
    assert release_id({**CONTENT, "version": version}).rpartition("-")[0] == safe


def test_an_indexs_password_is_not_in_the_manifest(tmp_path: Path) -> None:
    config = app(tmp_path, build={"index": "https://ann:secret@h.example:8/simple"}).config
    made = manifest(config, "3.11", Code(Requirements(), "1"), {})
    assert made["config"]["build"]["index"] == "https://h.example:8/simple"


def test_modules_are_found_in_wheels_of_every_layout() -> None:
    files = [
        "a/__init__.py",
        "a/wsgi.py",
        "b.cpython-311-x86_64-linux-gnu.so",
        "c-1.data/purelib/d.py",
    ]
    assert modules_among(
        [*files, "a/x.txt", "a-1.dist-info/METADATA", "no-name.py", "e.abi3.so"]
    ) == {
        "a",
        "a.wsgi",
        "b",
        "d",
        "e",
    }


def test_a_trees_modules_are_seen_from_each_folder_of_the_path() -> None:
    files = ["src/app/wsgi.py", "run.py", "lib/x.py"]
    assert "app.wsgi" in tree_modules(files, ".", ["src"])
    assert tree_modules(files, "src", ["./lib/"]) == {"app.wsgi", "x"}


def test_a_missing_wsgi_module_is_refused_with_what_there_is(tmp_path: Path) -> None:
    with pytest.raises(BuildError) as e:
        check("guestbook.wsgi:application", {"guest_book", "guest_book.wsgi", "x"}, "the wheel", [])
    assert e.value.what.startswith(
        "the wheel has no module `guestbook.wsgi`; it has `guest_book.wsgi`"
    )
    assert "wsgi: callable:" in str(e.value.next)
    with pytest.raises(BuildError, match="no module at all"):
        check("a:b", set(), "the tree", [])


def test_a_dependency_or_pythons_own_library_may_have_the_module(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "d.whl", "w") as z:
        z.writestr("dep/wsgi.py", "")
    check("dep.wsgi:app", set(), "the wheel", [tmp_path / "d.whl"])
    check("xmlrpc:app", set(), "the wheel", [])


def test_a_module_that_files_make_is_there_too() -> None:
    """An app that has no callable gets one by a file of a few lines."""
    config = AppConfig.model_validate(
        {
            "name": "a",
            "files": {"web/browser_wsgi.py": "application = 1\n"},
            "wsgi": {"chdir": "web"},
        }
    )
    assert "browser_wsgi" in _of_files(config)


def test_a_dependency_that_is_no_wheel_is_named(tmp_path: Path) -> None:
    (tmp_path / "d.whl").write_text("no")
    with pytest.raises(BuildError, match="not a wheel"):
        check("a:b", set(), "the wheel", [tmp_path / "d.whl"])


def tree_requirements(folder: Path, project: dict[str, Any], **build_: Any) -> tuple[str, ...]:
    config = app(folder, build={"kind": "tree", **build_}).config
    return _tree_requirements(config, folder, project).wanted


def test_a_trees_requirements_come_from_its_files_else_its_pyproject(tmp_path: Path) -> None:
    project = {"dependencies": ["flask"]}
    assert tree_requirements(tmp_path, {}) == ()
    assert tree_requirements(tmp_path, project) == ("flask",)
    assert tree_requirements(tmp_path, project, requirements=[]) == ()
    (tmp_path / "requirements.txt").write_text("six\n")
    assert tree_requirements(tmp_path, project) == ("six",)


def test_a_named_requirements_file_must_exist(tmp_path: Path) -> None:
    with pytest.raises(BuildError, match="No such file"):
        tree_requirements(tmp_path, {}, requirements=["requirements.txt"])


@pytest.mark.parametrize(
    "project", [{"dynamic": ["dependencies"]}, {"dependencies": "six"}, {"dependencies": ["a=b"]}]
)
def test_a_pyproject_without_usable_dependencies_is_refused(
    tmp_path: Path, project: dict[str, Any]
) -> None:
    with pytest.raises(BuildError, match=r"dependencies|no requirement"):
        tree_requirements(tmp_path, project)


def test_an_app_without_a_callable_is_refused_before_anything_runs(tmp_path: Path) -> None:
    with pytest.raises(BuildError, match="no `wsgi: callable:`") as e:
        build(app(tmp_path, build={"before": ["touch ran"]}), own_python(), tmp_path / "w", print)
    assert "MODULE:NAME" in str(e.value.next)
    assert list(tmp_path.iterdir()) == []


def test_a_failing_command_shows_itself_its_status_and_its_output(tmp_path: Path) -> None:
    failing = app(
        tmp_path,
        build={"before": ["echo fine > made", "echo out; echo oops >&2; exit 3"]},
        wsgi={"callable": "a:b"},
    )
    said: list[str] = []
    with pytest.raises(BuildError) as e:
        build(failing, own_python(), tmp_path / "w", said.append)
    assert e.value.what.splitlines() == [
        "`echo out; echo oops >&2; exit 3` of `build: before:` failed (exit status 3)",
        "    out",
        "    oops",
    ]
    assert (tmp_path / "made").read_text() == "fine\n"
    assert said[0] == "running echo fine > made"


def test_a_folder_that_is_no_project_is_told_of_trees(tmp_path: Path) -> None:
    with pytest.raises(BuildError, match="no wheel can be built") as e:
        build(app(tmp_path, wsgi={"callable": "a:b"}), own_python(), tmp_path / "w", print)
    assert "kind: tree" in str(e.value.next)


def test_a_program_that_is_absent_or_killed_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(BuildError, match="cannot run no-such-program"):
        run(["no-such-program"], tmp_path)
    with pytest.raises(BuildError, match="killed by signal 9"):
        run(["sh", "-c", "kill -9 $$"], tmp_path)


def test_a_programs_output_is_returned_without_colour(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    code = "echo ${FORCE_COLOR-none} $NO_COLOR; echo x >&2"
    assert run(["sh", "-c", code], tmp_path) == "none 1\n"


def test_only_the_tail_of_an_output_is_shown() -> None:
    assert indented_tail("".join(f"{n}\n" for n in range(99)), lines=2) == "\n    97\n    98"
    assert indented_tail("\n") == ""
