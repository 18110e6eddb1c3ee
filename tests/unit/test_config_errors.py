"""A file that cannot be used says what is wrong, where, and what was perhaps meant."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from flipside.config import load_platform
from flipside.config.app import AppConfig
from flipside.config.read import checked, read_source
from flipside.errors import BadConfigError

if TYPE_CHECKING:
    from pathlib import Path


def error(tmp_path: Path, content: str | bytes) -> BadConfigError:
    path = tmp_path / ".flipside-app"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(BadConfigError) as caught:
        _read(path)
    return caught.value


def _read(path: Path) -> None:
    source = read_source(path)
    checked(AppConfig, source.document.data, [source])


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize(
    ("text", "line", "what", "hint"),
    [
        ("helth: {path: /up}", 2, "unknown key `helth`", "did you mean `health`?"),
        ("health:\n  pth: /up", 3, "unknown key `health.pth`", "did you mean `health.path`?"),
        ("callable: a:b", 2, "unknown key `callable`", "did you mean `wsgi.callable`?"),
        ("wsgi: {zz: 1}", 2, "unknown key `wsgi.zz`", "known here: callable, chdir, pythonpath"),
        ("steps:\n  deploy:\n    - run: a\n      unles: b", 5,
         "unknown key `steps.deploy[0].unles`", "did you mean `steps.deploy[0].unless`?"),
        ("environments:\n  staging:\n    domans: []", 4,
         "unknown key `environments.staging.domans`",
         "did you mean `environments.staging.domains`?"),
        ("keep: five", 2, "`keep` must be a whole number, not 'five'", None),
        ("keep: 2.5", 2, "`keep` must be a whole number, not 2.5", None),
        ("keep: yes", 2, "`keep` must be a whole number, not yes", None),
        ("keep: 0", 2, "`keep` must be 1 or more, not 0", None),
        ("health: {timeout: 9999}", 2, "`health.timeout` must be 3600 or less, not 9999", None),
        ("env:\n  DEBUG: yes", 3, "`env.DEBUG` must be text: put the value in quotes",
         'DEBUG: "yes"'),
        ("env:\n  R: 0.50", 3, "`env.R` must be text: put the value in quotes", 'R: "0.50"'),
        ("env:\n  E:", 3, "`env.E` must be text: put the value in quotes", 'E: ""'),
        ("env:\n  1A: x", 3, "`env.1A` must be a name of letters", None),
        ("env:\n  A: [x]", 3, "`env.A` must be text", None),
        ("commands: {test: no}", 2, "`commands.test` must be text", 'test: "no"'),
        ("domains: a.example", 2, "`domains` must be a list, not 'a.example'", None),
        ("nginx: 5", 2, "`nginx` must be a mapping of keys to values, not 5", None),
        ("env: [A]", 2, "`env` must be a mapping of keys to values", None),
        ("health: {status: []}", 2, "`health.status` must not be empty", None),
        ("build:\n  kind: whel", 3, "`build.kind` must be wheel, index or tree", "`wheel`?"),
        ("build: {kind: index}", 2, "`build` needs `requirement`", None),
        ("static:\n  - path: x", 3, "`static[0].url` is missing", None),
        ("uwsgi:\n  http: 1", 3, "`uwsgi.http` is not the app's to set", None),
        (f"env: {{}}\nversion: {'-x' * 99}", 3, "...", None),
    ],
)  # fmt: skip
def test_one_thing_wrong(tmp_path: Path, text: str, line: int, what: str, hint: str | None) -> None:
    found = error(tmp_path, f"name: a\n{text}\n")
    assert what in found.what
    assert found.where == f".flipside-app:{line}"
    assert (hint or "docs/config.md") in str(found.next)


def test_everything_wrong_is_said_at_once_in_the_files_order(tmp_path: Path) -> None:
    found = error(tmp_path, "helth: {}\nkeep: five\nenv: {A: yes}\n")
    assert found.what.splitlines() == [
        "4 things are wrong:",
        "  .flipside-app:1: `name` is missing",
        "  .flipside-app:1: unknown key `helth` (did you mean `health`?)",
        "  .flipside-app:2: `keep` must be a whole number, not 'five'",
        '  .flipside-app:3: `env.A` must be text: put the value in quotes (write A: "yes")',
    ]
    assert found.where == ".flipside-app"


@pytest.mark.parametrize(
    ("content", "what", "where"),
    [
        ("", "the file is empty", ""),
        ("# nothing\n", "the file is empty", ""),
        ("\n- a\n", "the file must hold keys and values", ":2"),
        ("text", "the file must hold keys and values", ":1"),
        ("name: a\nname: b", "this is no YAML: the key `name` stands here twice", ":2:1"),
        ("name: [", "this is no YAML: ", ":1:8"),
        (b"name: a\n# caf\xe9\n", "the file is not text in UTF-8", ":2"),
    ],
)
def test_what_is_no_config(tmp_path: Path, content: str | bytes, what: str, where: str) -> None:
    found = error(tmp_path, content)
    assert found.what.startswith(what)
    assert str(found.where).startswith(f".flipside-app{where}")
    assert found.next


def test_a_directory_in_its_place(tmp_path: Path) -> None:
    (tmp_path / ".flipside-app").mkdir()
    with pytest.raises(BadConfigError, match="a directory stands"):
        read_source(tmp_path / ".flipside-app")


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    loop = tmp_path / ".flipside-app"
    loop.symlink_to(loop)
    with pytest.raises(BadConfigError, match="cannot read the file"):
        read_source(loop)


def test_a_platform_file_is_held_against_its_own_model(tmp_path: Path) -> None:
    (tmp_path / ".flipside-platform").write_text("http_prt: 80\n")
    with pytest.raises(BadConfigError, match="unknown key `http_prt`") as caught:
        load_platform(tmp_path / ".flipside-platform")
    assert "did you mean `http_port`?" in str(caught.value.next)
