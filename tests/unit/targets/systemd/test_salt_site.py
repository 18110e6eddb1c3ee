"""Salt's venv for another machine: packed here, from the lock alone."""

from __future__ import annotations

import os
import sys
import tarfile
from pathlib import Path
from typing import Any

import pytest

from flipside.errors import MachineError
from flipside.targets.systemd import salt_site
from flipside.targets.systemd.preflight import Facts

DEBIAN = Facts({"python": "3.11", "arch": "amd64"}, ())
ARM = Facts({"python": "3.13", "arch": "arm64"}, ())


def test_command_takes_the_machines_python_and_architecture() -> None:
    argv = salt_site.command("/bin/uv", Path("/tmp/site"), ARM)
    assert argv[:3] == ["/bin/uv", "pip", "install"]
    assert {"--no-deps", "--require-hashes"} < set(argv)
    assert argv[argv.index("--python") :] == [
        "--python",
        sys.executable,
        "--target",
        "/tmp/site",
        "--python-version",
        "3.13",
        "--python-platform",
        "aarch64-manylinux_2_28",
        "--requirements",
        str(salt_site.LOCK),
    ]


def test_each_python_and_architecture_has_a_venv_of_its_own() -> None:
    other = Facts({"python": "3.11", "arch": "arm64"}, ())
    digests = {salt_site.digest(facts) for facts in (DEBIAN, ARM, other)}
    assert len(digests) == 3


def test_members_lie_where_a_venv_has_them(tmp_path: Path) -> None:
    for name in ("bin/uv", "bin/salt-ssh", "share/man/salt.1", "salt/version.py", "six.py"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    assert [name for _, name in salt_site.members(tmp_path, "3.11")] == [
        "lib/python3.11/site-packages/salt",
        "lib/python3.11/site-packages/six.py",
        "bin/uv",
    ]


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path / "flipside/salt"


@pytest.fixture
def fills(cache: Path, monkeypatch: pytest.MonkeyPatch) -> list[Facts]:
    """What folders were filled for: with two files, which no index is asked for."""
    found: list[Facts] = []

    def fill(folder: Path, facts: Facts) -> None:
        found.append(facts)
        for name, mode in {"bin/uv": 0o700, "salt/version.py": 0o600}.items():
            (folder / name).parent.mkdir(parents=True, mode=0o700)
            (folder / name).touch(mode)

    monkeypatch.setattr(salt_site, "_fill", fill)
    return found


def test_what_nobody_used_for_long_goes_when_another_is_packed(
    cache: Path, fills: list[Facts]
) -> None:
    old, used = (
        salt_site.archive(ARM),
        salt_site.archive(Facts({"python": "3.12", "arch": "amd64"}, ())),
    )
    (cache / ".killed").mkdir()
    (cache / ".killed/site").touch()
    for path in (old, used, cache / ".killed"):
        os.utime(path, (0, 0))
    assert salt_site.archive(Facts({"python": "3.12", "arch": "amd64"}, ())) == used
    new = salt_site.archive(DEBIAN)
    assert set(cache.iterdir()) == {used, new}


def test_archive_is_packed_once_and_can_be_read_by_all(cache: Path, fills: list[Facts]) -> None:
    first = salt_site.archive(DEBIAN)
    assert salt_site.archive(DEBIAN) == first
    assert len(fills) == 1
    assert list(cache.iterdir()) == [first]
    with tarfile.open(first) as tar:
        modes = {member.name: member.mode for member in tar}
    assert modes == {
        "bin/uv": 0o755,
        "lib/python3.11/site-packages/salt": 0o755,
        "lib/python3.11/site-packages/salt/version.py": 0o644,
    }


def test_failure_leaves_nothing_in_the_cache(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(salt_site, "command", lambda *_: ["sh", "-c", "echo no route >&2; exit 2"])
    with pytest.raises(MachineError, match="no route"):
        salt_site.archive(DEBIAN)
    assert list(cache.iterdir()) == []


def test_nothing_is_sent_where_the_venv_is_whole() -> None:
    made = Facts({**DEBIAN.values, "venv": salt_site.digest(DEBIAN)}, ())
    machine: Any = None
    assert salt_site.install(machine, made, print) is False
