"""Which files an installed wheel consists of."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from flipside.errors import BuildError
from flipside.machine.installed import clashing, dist_info, files

INFO = "app-1.dist-info"


def wheel(path: Path, *names: str) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name in names:
            archive.writestr(name, "")
    return path


def test_files_are_those_recorded_and_their_bytecode(tmp_path: Path) -> None:
    venv, site = tmp_path / "venv", tmp_path / "venv/lib/python3.11/site-packages"
    there = ["app/__init__.py", "app/a.txt", "other/x.py", f"{INFO}/RECORD"]
    cached = ["app/__pycache__/__init__.cpython-311.pyc", "other/__pycache__/x.cpython-311.pyc"]
    for name in (*there, *cached):
        (site / name).parent.mkdir(parents=True, exist_ok=True)
        (site / name).touch()
    (venv / "bin").mkdir()
    (venv / "bin/app").touch()
    outside = "../../../../../etc/passwd"
    listed = ["app/__init__.py", "app/a.txt", "app/gone.py", "../../../bin/app", outside]
    record = "".join(f"{name},,\n" for name in [*listed, f"{INFO}/RECORD"])
    (site / INFO / "RECORD").write_text(record)
    found = files(venv, wheel(tmp_path / "app-1-py3-none-any.whl", f"{INFO}/METADATA"))
    prefix = "lib/python3.11/site-packages"
    assert found == [
        "bin/app",
        f"{prefix}/{INFO}/RECORD",
        f"{prefix}/app/__init__.py",
        f"{prefix}/{cached[0]}",
        f"{prefix}/app/a.txt",
    ]


def test_files_that_two_bring() -> None:
    assert clashing({"a": ["x", "tests/__init__.py"], "b": ["y"], "c": ["tests/__init__.py"]}) == [
        "a",
        "c",
    ]


def test_what_is_no_wheel(tmp_path: Path) -> None:
    (tmp_path / "a.whl").write_text("x")
    with pytest.raises(BuildError, match="no wheel"):
        dist_info(tmp_path / "a.whl")
    with pytest.raises(BuildError, match=r"no \.dist-info"):
        dist_info(wheel(tmp_path / "b.whl", "app/METADATA"))
