"""Wheels: the commands, the cache that is whole or absent, the environment of a build."""

from __future__ import annotations

import errno
import os
import sys
import time
import zipfile
from pathlib import Path

import pytest

from flipside.apps import wheels
from flipside.apps.appwheel import build_command, check_python, static_project
from flipside.apps.cache import cache_root, intact, new_entry, seal
from flipside.apps.normal import normalise
from flipside.apps.requirements import Requirements
from flipside.apps.resolve import Place, Request
from flipside.apps.tools import (
    build_env,
    find_python_command,
    interpreter,
    own_python,
    pip_env,
    uv_env,
)
from flipside.apps.wheels import Pins, cache_key, dependency_wheels, pins_of, wheel_command
from flipside.errors import BuildError

LOCK = """\
# inputs: sha256:00
-e ./libs/foo
bar @ file:///srv/bar
six @ git+https://h.example/six@0123
django==5.2.1 \\
    --hash=sha256:aa \\
    --hash=sha256:bb
"""
OTHER = "3.99"


def test_a_locks_lines_are_told_apart() -> None:
    assert pins_of(LOCK) == Pins(
        ("django==5.2.1 --hash=sha256:aa --hash=sha256:bb",),
        ("six @ git+https://h.example/six@0123",),
        ("-e ./libs/foo", "bar @ file:///srv/bar"),
    )


def test_pip_works_for_our_own_python_or_on_behalf_of_another() -> None:
    pip = [sys.executable, "-m", "pip"]
    tail = ["wheel", "--no-deps", "--progress-bar", "off", "-r", "/r.txt", "-w", "/w"]
    assert wheel_command("/py", own_python(), Path("/r.txt"), Path("/w")) == [*pip, *tail]
    assert wheel_command("/py", OTHER, Path("/r.txt"), Path("/w")) == [
        *pip,
        "--python",
        "/py",
        *tail,
    ]


def test_the_app_wheel_is_built_by_uv_with_the_releases_python() -> None:
    command = build_command("uv", Path("/app"), "/py", Path("/out"))
    assert command == ["uv", "build", "--wheel", "--python", "/py", "--out-dir", "/out", "/app"]


def test_another_python_is_looked_for_and_never_downloaded() -> None:
    command = find_python_command("uv", "3.12")
    assert command == [
        "uv",
        "python",
        "find",
        "3.12",
        "--no-python-downloads",
        "--no-project",
        "--system",
    ]


def test_a_python_that_is_not_installed_is_named(tmp_path: Path) -> None:
    with pytest.raises(BuildError, match=r"Python 3\.99 is not installed") as e:
        interpreter(OTHER, tmp_path)
    assert e.value.next == "uv python install 3.99"


def test_the_users_pip_settings_stay_but_for_those_that_misplace() -> None:
    base = {"PIP_CERT": "/ca", "PIP_TARGET": "/t", "PIP_USER": "1", "PIP_REQUIRE_VIRTUALENV": "1"}
    env = pip_env({**base, "PIP_INDEX_URL": "https://own"}, None)
    assert (env["PIP_CERT"], env["PIP_INDEX_URL"]) == ("/ca", "https://own")
    assert (env["PIP_USER"], env["PIP_REQUIRE_VIRTUALENV"]) == ("0", "0")
    assert "PIP_TARGET" not in env
    assert pip_env({"PIP_INDEX_URL": "https://own"}, "https://x")["PIP_INDEX_URL"] == "https://x"
    assert pip_env({"UV_DEFAULT_INDEX": "https://own"}, None)["PIP_INDEX_URL"] == "https://own"


def test_uv_gets_pips_index_and_certificates_unless_it_has_its_own() -> None:
    pips = {"PIP_INDEX_URL": "https://pips", "PIP_CERT": "/ca"}
    env = uv_env(pips, None)
    assert (env["UV_DEFAULT_INDEX"], env["SSL_CERT_FILE"]) == ("https://pips", "/ca")
    assert (
        uv_env({**pips, "UV_DEFAULT_INDEX": "https://uvs"}, None)["UV_DEFAULT_INDEX"]
        == "https://uvs"
    )
    overridden = uv_env({"UV_INDEX_URL": "https://uvs"}, "https://x")
    assert overridden["UV_DEFAULT_INDEX"] == "https://x"
    assert "UV_INDEX_URL" not in overridden


def test_a_backend_writes_its_leftovers_elsewhere_and_knows_one_time(tmp_path: Path) -> None:
    env = build_env({"SOURCE_DATE_EPOCH": "1"}, tmp_path)
    assert env["SOURCE_DATE_EPOCH"] == "315532800"
    assert str(tmp_path) in Path(env["DIST_EXTRA_CONFIG"]).read_text()


def test_the_cache_lies_where_the_user_says(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cache_root() == tmp_path / "flipside/wheels"
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")
    assert cache_root() == Path.home() / ".cache/flipside/wheels"


def test_the_cache_key_is_the_pins_and_what_they_are_built_for() -> None:
    pins = pins_of(LOCK)
    keys = {cache_key(pins, "3.11"), cache_key(pins, "3.12"), cache_key(Pins((), (), ()), "3.11")}
    assert len(keys) == 3
    assert cache_key(pins, "3.11") == cache_key(pins_of("# other\n" + LOCK), "3.11")


def fill(entry: Path, content: bytes = b"wheel") -> None:
    with new_entry(entry) as new:
        (new / "a-1-py3-none-any.whl").write_bytes(content)
        seal(new)


def break_off(entry: Path, cause: BaseException) -> None:
    with new_entry(entry) as new:
        (new / "a.whl").write_bytes(b"")
        raise cause


def left(root: Path) -> list[str]:
    return sorted(p.name for p in root.iterdir())


def test_an_entry_is_intact_once_filled(tmp_path: Path) -> None:
    entry = tmp_path / "wheels" / "k"
    assert intact(entry) is None
    fill(entry)
    assert list(intact(entry) or {}) == [entry / "a-1-py3-none-any.whl"]
    assert left(entry.parent) == ["k"]


@pytest.mark.parametrize("cause", [KeyboardInterrupt(), BuildError("no")])
def test_a_broken_off_build_leaves_no_half_entry(tmp_path: Path, cause: BaseException) -> None:
    with pytest.raises(type(cause)):
        break_off(tmp_path / "k", cause)
    assert left(tmp_path) == []


def test_a_damaged_entry_is_made_anew(tmp_path: Path) -> None:
    entry = tmp_path / "k"
    fill(entry)
    (entry / "a-1-py3-none-any.whl").write_bytes(b"cut")
    assert intact(entry) is None
    fill(entry)
    assert intact(entry)
    assert left(tmp_path) == ["k"]


def test_two_builds_at_once_are_both_content(tmp_path: Path) -> None:
    entry = tmp_path / "k"
    with new_entry(entry) as slower:
        (slower / "a-1-py3-none-any.whl").write_bytes(b"slower")
        seal(slower)
        fill(entry, b"faster")
    assert (entry / "a-1-py3-none-any.whl").read_bytes() == b"faster"
    assert left(tmp_path) == ["k"]


def test_what_killed_builds_left_is_swept_after_a_day(tmp_path: Path) -> None:
    for name, age in (("old", 2 * 86400), ("young", 60)):
        (tmp_path / f".new-{name}").mkdir()
        os.utime(tmp_path / f".new-{name}", (time.time() - age,) * 2)
    fill(tmp_path / "k")
    assert left(tmp_path) == [".new-young", "k"]


def test_a_full_disk_is_an_error_that_says_where(tmp_path: Path) -> None:
    with pytest.raises(BuildError, match="No space left") as e, new_entry(tmp_path / "k"):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    assert e.value.where == str(tmp_path)
    assert left(tmp_path) == []


def test_pip_is_not_run_for_what_the_cache_has(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    text = "django==5.2.1 --hash=sha256:aa\n"
    fill(cache_root() / cache_key(pins_of(text), "3.11"))
    place, said = Place(tmp_path, tmp_path / "w", "/py"), list[str]()
    found = dependency_wheels(text, Request(Requirements(), "3.11"), place, said.append)
    assert [p.name for p in found] == ["a-1-py3-none-any.whl"]
    assert said == []


@pytest.mark.parametrize(
    ("said", "what", "then"),
    [
        ("THESE PACKAGES DO NOT MATCH THE HASHES", "DO NOT MATCH", "--upgrade"),
        ("Traceback\n  OSError: [Errno 28] No space left on device: 'x'", "disk is full", "free"),
    ],
)
def test_pips_failures_are_explained(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, said: str, what: str, then: str
) -> None:
    def fail(*_: object) -> str:
        raise BuildError(said)

    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(wheels, "run", fail)
    place = Place(tmp_path, tmp_path / "w", "/py")
    with pytest.raises(BuildError, match=what) as e:
        dependency_wheels("a==1 --hash=sha256:0", Request(Requirements(), "3.11"), place, print)
    assert then in str(e.value.next)
    assert left(cache_root()) == []


def zip_of(
    path: Path, names: list[str], date: tuple[int, int, int, int, int, int], mode: int
) -> Path:
    with zipfile.ZipFile(path, "w") as z:
        for name in names:
            info = zipfile.ZipInfo(name, date)
            info.external_attr = (0o100000 | mode) << 16
            z.writestr(info, f"text of {name}")
    return path


def test_a_normal_wheel_depends_on_content_alone(tmp_path: Path) -> None:
    one = zip_of(tmp_path / "1.whl", ["b.py", "a.py"], (2026, 1, 2, 3, 4, 6), 0o600)
    two = zip_of(tmp_path / "2.whl", ["a.py", "b.py"], (2020, 1, 2, 3, 4, 6), 0o664)
    assert normalise(one) == normalise(two)
    assert one.read_bytes() == two.read_bytes()
    script = zip_of(tmp_path / "3.whl", ["a.py", "b.py"], (2020, 1, 2, 3, 4, 6), 0o700)
    assert normalise(script) != normalise(one)
    with zipfile.ZipFile(script) as z:
        assert z.getinfo("a.py").external_attr >> 16 == 0o100755
        assert z.read("a.py") == b"text of a.py"


def test_a_python_that_the_project_excludes_is_refused() -> None:
    check_python(">=3.11.4,<4", "3.11", "pyproject.toml")
    check_python(None, "3.11", "pyproject.toml")
    with pytest.raises(BuildError, match=r"requires Python >=3.12, .*Python 3.11") as e:
        check_python(">=3.12", "3.11", "pyproject.toml")
    assert "build: python:" in str(e.value.next)
    with pytest.raises(BuildError, match="requires-python"):
        check_python("three", "3.11", "pyproject.toml")


@pytest.mark.parametrize("text", ["[project", "project = 3", "\xe9"])
def test_a_broken_pyproject_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "pyproject.toml").write_text(text, encoding="latin-1")
    with pytest.raises(BuildError, match=r"pyproject\.toml") as e:
        static_project(tmp_path)
    assert e.value.where == str(tmp_path / "pyproject.toml")
