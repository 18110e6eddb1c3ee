"""The repository keeps its own promises: what the linters say, what is pinned, what must not be in it."""

import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from pathspec import GitIgnoreSpec
from ruamel.yaml import YAML

TOP = Path(__file__).parents[2]
BIN = Path(sys.executable).parent
LOCKS = [TOP / "requirements.lock", TOP / "flipside/salt/requirements.lock"]
# Put together here, so that this file does not hold what it forbids.
REGISTRIES = [
    ("pypi", "org"),
    ("files", "pythonhosted", "org"),
    ("registry", "npmjs", "org"),
    ("index", "docker", "io"),
    ("registry-1", "docker", "io"),
    ("ghcr", "io"),
    ("deb", "debian", "org"),
]
FORBIDDEN = re.compile(
    "|".join([r"(?<![\w.])/work/[a-z.]", *(re.escape(".".join(host)) for host in REGISTRIES)])
)


def ours() -> Iterator[Path]:
    """Every file that git would commit, found without git."""
    ignored = GitIgnoreSpec.from_lines([*(TOP / ".gitignore").read_text().splitlines(), ".git"])
    for folder, folders, files in os.walk(TOP):
        base = Path(folder).relative_to(TOP)
        folders[:] = [name for name in folders if not ignored.match_file(f"{base / name}/")]
        yield from (TOP / base / name for name in files if not ignored.match_file(str(base / name)))


def pins(lock: Path) -> dict[str, str]:
    """The version of every package that ``lock`` names."""
    return dict(re.findall(r"^([a-z0-9-]+)==(\S+)", lock.read_text(), re.MULTILINE))


def test_salt_is_not_shadowed() -> None:
    """A package named salt at the top would be imported in Salt's place."""
    assert not (TOP / "salt/__init__.py").exists()


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: str(lock.relative_to(TOP)))
def test_lock_has_hashes_and_no_addresses(lock: Path) -> None:
    """Every pin can be checked, and nothing says where it was downloaded from."""
    entries = re.split(r"^(?=[a-z0-9-]+==)", lock.read_text(), flags=re.MULTILINE)[1:]
    assert entries
    assert [entry for entry in entries if "--hash=sha256:" not in entry] == []
    assert "://" not in lock.read_text()


def test_every_dependency_is_pinned() -> None:
    """What pyproject.toml asks for is in the lock, at a version that it accepts."""
    project = tomllib.loads((TOP / "pyproject.toml").read_text())
    asked = [*project["project"]["dependencies"], *project["dependency-groups"]["dev"]]
    locked = pins(LOCKS[0])
    for requirement in map(Requirement, asked):
        assert requirement.specifier.contains(locked[canonicalize_name(requirement.name)])


def test_locks_agree() -> None:
    """One environment takes both locks, so what they share has one version."""
    ours, salts = map(pins, LOCKS)
    assert {name: ours[name] for name in ours.keys() & salts} == {
        name: salts[name] for name in ours.keys() & salts
    }


def test_no_registry_and_no_path_of_one_machine() -> None:
    """Any index will do, and any place for the checkout."""
    found = {
        str(path.relative_to(TOP)): match.group()
        for path in ours()
        if not path.is_symlink() and (match := FORBIDDEN.search(path.read_text(errors="ignore")))
    }
    assert found == {}


def test_programs_can_be_run() -> None:
    """What a person types is executable."""
    programs = [TOP / ".ci/run", *(path for path in (TOP / "bin").iterdir() if not path.suffix)]
    assert [path.name for path in programs if path.is_file() and not os.access(path, os.X_OK)] == []


@pytest.mark.parametrize("name", ["setup", "demo", "test", "lock"])
def test_help_says_what_it_is_for(name: str) -> None:
    """Asking for help explains, and does nothing."""
    said = subprocess.run(
        [TOP / "bin" / name, "--help"], capture_output=True, text=True, check=True
    )
    assert len(said.stdout.splitlines()) >= 3
    assert "set -euo" not in said.stdout


@pytest.mark.parametrize("name", ["setup", "demo"])
def test_unknown_option_is_refused(name: str) -> None:
    """A mistyped option shows the usage and does nothing."""
    said = subprocess.run([TOP / "bin" / name, "--destory"], capture_output=True, check=False)
    assert said.returncode == 2


def test_hooks_need_no_network() -> None:
    """pre-commit runs what .venv has, and clones nothing."""
    config = YAML(typ="safe").load(TOP / ".pre-commit-config.yaml")
    assert {repo["repo"] for repo in config["repos"]} == {"local"}
    hooks = [hook for repo in config["repos"] for hook in repo["hooks"]]
    assert {hook["language"] for hook in hooks} == {"system"}
    assert {Path(hook["entry"].split()[0]).parent for hook in hooks} == {Path(".venv/bin")}


@pytest.mark.parametrize(
    "command",
    [
        ["ruff", "check", "."],
        ["ruff", "format", "--check", "."],
        ["mypy"],
        ["yamllint", "--strict", "."],
        ["salt-lint"],
    ],
    ids=" ".join,
)
def test_linter_has_nothing_to_say(command: list[str]) -> None:
    """The code, the states and the YAML are clean."""
    states = [str(path) for path in ours() if path.suffix == ".sls"]
    arguments = states if command == ["salt-lint"] else []
    said = subprocess.run(
        [BIN / command[0], *command[1:], *arguments],
        cwd=TOP,
        capture_output=True,
        text=True,
        check=False,
    )
    assert said.returncode == 0, said.stdout + said.stderr
