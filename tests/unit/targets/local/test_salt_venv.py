"""Salt's own venv: made from the lock, once, and mended when it is not whole."""

from __future__ import annotations

import hashlib
import subprocess
from pathlib import Path
from typing import Any

import pytest

from flipside.errors import MachineError
from flipside.targets.local import salt_venv


def test_commands_take_the_lock_and_nothing_else() -> None:
    make, fill = salt_venv.commands("/bin/uv", "/bin/python3", Path("/srv/venv"))
    assert make == [
        "/bin/uv",
        "venv",
        "--quiet",
        "--clear",
        "--python",
        "/bin/python3",
        "/srv/venv",
    ]
    assert {"--no-deps", "--require-hashes", "--compile-bytecode"} < set(fill)
    assert fill[-4:] == ["--python", "/srv/venv/bin/python", "--requirements", str(salt_venv.LOCK)]


@pytest.fixture
def ran(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[list[str]]:
    """What is run; nothing is."""
    calls: list[list[str]] = []
    (tmp_path / "bin").mkdir()

    def run(argv: list[str], **kwargs: Any) -> subprocess.CompletedProcess[str]:
        calls.append(argv)
        failing = (tmp_path / "broken").exists()
        return subprocess.CompletedProcess(argv, int(failing), "", "no network\n")

    monkeypatch.setattr(salt_venv.subprocess, "run", run)
    return calls


def test_made_once_and_again_for_another_lock(ran: list[list[str]], tmp_path: Path) -> None:
    assert salt_venv.install(tmp_path) is True
    assert salt_venv.install(tmp_path) is False
    stamp = tmp_path / "flipside.sha256"
    assert stamp.read_text() == hashlib.sha256(salt_venv.LOCK.read_bytes()).hexdigest()
    stamp.write_text("of another lock")
    assert salt_venv.install(tmp_path) is True


def test_failure_leaves_no_stamp(ran: list[list[str]], tmp_path: Path) -> None:
    (tmp_path / "broken").touch()
    with pytest.raises(MachineError, match="no network"):
        salt_venv.install(tmp_path)
    assert not (tmp_path / "flipside.sha256").exists()


def test_venv_that_is_not_whole_is_made_anew(ran: list[list[str]], tmp_path: Path) -> None:
    salt_venv.install(tmp_path)
    before = len(ran)
    (tmp_path / "broken").touch()
    with pytest.raises(MachineError):
        salt_venv.install(tmp_path)
    assert ran[before][-1] == salt_venv.WHOLE
    assert ran[before + 1][1] == "venv"
