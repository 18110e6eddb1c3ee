"""`.flipside-lock`: when it is made anew, and by which command."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from flipside.apps import lock as module
from flipside.apps.lock import LOCK, inputs_hash, lock, write
from flipside.apps.requirements import Requirements
from flipside.apps.resolve import PYUWSGI, Place, Request, compile_command, explained, overrides
from flipside.errors import BuildError

REQUEST = Request(Requirements(("django==5.2.*",)), "3.11")


class Resolver:
    """Stands in for uv: counts, and remembers what it was given to keep."""

    def __init__(self) -> None:
        self.known: list[str] = []

    def __call__(self, request: Request, place: Place, known: str = "", *, upgrade: bool) -> str:
        self.known.append(known)
        return f"django==5.2.{len(self.known)} --hash=sha256:00\n"


@pytest.fixture
def resolver(monkeypatch: pytest.MonkeyPatch) -> Resolver:
    resolver = Resolver()
    monkeypatch.setattr(module, "resolve", resolver)
    return resolver


@pytest.fixture
def place(tmp_path: Path) -> Place:
    (tmp_path / "app").mkdir()
    return Place(tmp_path / "app", tmp_path / "work", "/usr/bin/python3")


def quiet(_: str) -> None:
    pass


def test_nothing_is_resolved_while_what_is_asked_for_stays(
    resolver: Resolver, place: Place
) -> None:
    first = lock(REQUEST, place, quiet)
    assert lock(REQUEST, place, quiet) == first
    assert len(resolver.known) == 1
    assert (place.folder / LOCK).read_text() == first


def test_the_lock_says_what_it_is_and_what_decided_it(resolver: Resolver, place: Place) -> None:
    text = lock(REQUEST, place, quiet)
    assert "Commit this file" in text
    assert f"# inputs: sha256:{inputs_hash(REQUEST, place.folder)}\n" in text


def test_a_changed_request_keeps_the_known_versions_as_preferences(
    resolver: Resolver, place: Place
) -> None:
    first = lock(REQUEST, place, quiet)
    lock(Request(REQUEST.requirements.plus(["six"]), "3.11"), place, quiet)
    assert resolver.known == ["", first]


def test_upgrade_resolves_anew_and_keeps_nothing(resolver: Resolver, place: Place) -> None:
    lock(REQUEST, place, quiet)
    assert "5.2.2" in lock(REQUEST, place, quiet, upgrade=True)
    assert resolver.known == ["", ""]


def test_a_lock_with_both_sides_of_a_merge_is_made_anew(resolver: Resolver, place: Place) -> None:
    text = lock(REQUEST, place, quiet)
    (place.folder / LOCK).write_text(f"{text}<<<<<<< HEAD\nsix==1\n=======\nsix==2\n>>>>>>> b\n")
    lock(REQUEST, place, quiet)
    assert resolver.known == ["", ""]


def test_a_failed_resolution_leaves_the_lock_as_it_was(
    monkeypatch: pytest.MonkeyPatch, resolver: Resolver, place: Place
) -> None:
    first = lock(REQUEST, place, quiet)

    def fail(*_: Any, **__: Any) -> str:
        raise BuildError("no")

    monkeypatch.setattr(module, "resolve", fail)
    with pytest.raises(BuildError):
        lock(Request(Requirements(("six",)), "3.11"), place, quiet)
    assert (place.folder / LOCK).read_text() == first


@pytest.mark.parametrize(
    "other",
    [
        Request(Requirements(("django==5.1.*",)), "3.11"),
        Request(Requirements(("django==5.2.*",), ("six<1",)), "3.11"),
        Request(Requirements(("django==5.2.*",), (), ("--pre",)), "3.11"),
        Request(REQUEST.requirements, "3.12"),
        Request(REQUEST.requirements, "3.11", ("six",)),
        Request(REQUEST.requirements, "3.11", (), "https://index.example/simple"),
        Request(REQUEST.requirements, "3.11", platform="aarch64-unknown-linux-gnu"),
    ],
)
def test_everything_that_decides_the_result_is_in_the_inputs(
    tmp_path: Path, other: Request
) -> None:
    assert inputs_hash(other, tmp_path) != inputs_hash(REQUEST, tmp_path)


def test_a_local_projects_own_dependencies_are_in_the_inputs(tmp_path: Path) -> None:
    request = Request(Requirements(("-e ./libs/foo",)), "3.11")
    (tmp_path / "libs/foo").mkdir(parents=True)
    before = inputs_hash(request, tmp_path)
    (tmp_path / "libs/foo/pyproject.toml").write_text("[project]\n")
    assert inputs_hash(request, tmp_path) != before


def test_the_inputs_are_the_same_in_every_checkout(tmp_path: Path) -> None:
    asked = Request(Requirements(("-e ./foo",), (), ("--find-links wheels",)), "3.11")
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    assert inputs_hash(asked, tmp_path / "a") == inputs_hash(asked, tmp_path / "b")


def test_uwsgi_is_always_dropped_and_pyuwsgi_is_the_platforms() -> None:
    assert overrides(("Psycopg2_Binary", "pyuwsgi")) == [
        "psycopg2-binary ; sys_platform == 'never'",
        "uwsgi ; sys_platform == 'never'",
        PYUWSGI,
    ]


def test_the_command_writes_hashes_and_no_index(tmp_path: Path) -> None:
    asked = Requirements((), (), ("--pre", "--trusted-host h.example", "--find-links wheels"))
    request = Request(asked, "3.12", platform="aarch64-manylinux_2_36")
    w = Path("/w")
    command = compile_command("uv", request, "/py", w, upgrade=True)
    assert command == [
        *("uv", "pip", "compile", "/w/requirements.in", "--output-file", "/w/pins.txt"),
        *("--constraints", "/w/constraints.txt", "--overrides", "/w/overrides.txt"),
        *("--python", "/py", "--python-version", "3.12", "--generate-hashes", "--no-header"),
        *("--no-annotate", "--no-emit-index-url", "--quiet"),
        *("--python-platform", "aarch64-manylinux_2_36", "--upgrade"),
        *("--prerelease", "allow", "--allow-insecure-host", "h.example"),
    ]


@pytest.mark.parametrize(
    "said",
    [
        "the requested Python version (>=3.11) does not satisfy Python>=3.12",
        "ERROR: Package 'x' requires a different Python ... Requires-Python >=3.12",
        "there are no wheels with a matching Python ABI tag (e.g., `cp311`)",
        "ERROR: No matching distribution found for x",
    ],
)
def test_an_error_about_the_python_version_names_it(said: str) -> None:
    error = explained(BuildError(said), "3.11")
    assert said in error.what
    assert "Python 3.11" in error.what
    assert "build: python:" in str(error.next)


def test_a_known_needed_python_is_suggested() -> None:
    assert '"3.12"' in str(explained(BuildError("depends on Python>=3.12"), "3.11").next)


def test_another_error_says_nothing_of_python() -> None:
    error = explained(BuildError("there is no version of django==99"), "3.11")
    assert "3.11" not in str(error)
    assert "drop" in str(error.next)


def test_a_lock_that_cannot_be_written_is_an_error_with_its_path(tmp_path: Path) -> None:
    with pytest.raises(BuildError, match="cannot write") as e:
        write(tmp_path / "gone" / LOCK, "x")
    assert e.value.where == str(tmp_path / "gone" / LOCK)
    (tmp_path / LOCK).mkdir()
    with pytest.raises(BuildError, match="cannot write"):
        write(tmp_path / LOCK, "x")
    assert [p.name for p in tmp_path.iterdir()] == [LOCK]
