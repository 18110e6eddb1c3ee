"""The `flipside` command, and `invoke` in the checkout."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import flipside
from flipside import cli
from flipside.program import program

TOP = Path(__file__).parents[2]
HEAVY = {"pydantic", "rich", "ruamel", "flipside.config", "flipside.apps.build"}


def flipside_command(*words: str, folder: Path = TOP) -> subprocess.CompletedProcess[str]:
    argv = [sys.executable, "-c", "from flipside.cli import main; main()", *words]
    return subprocess.run(argv, cwd=folder, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("option", ["--version", "-V"])
def test_the_version_needs_no_invoke(option, monkeypatch, capsys) -> None:
    monkeypatch.setattr(sys, "argv", ["flipside", option])
    monkeypatch.setitem(sys.modules, "flipside.program", None)
    cli.main()
    assert capsys.readouterr().out == f"flipside {flipside.__version__}\n"


def test_ctrl_c_while_it_starts_is_quiet(monkeypatch) -> None:
    monkeypatch.setattr(sys, "argv", ["flipside"])
    monkeypatch.setattr(program, "run", lambda: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(SystemExit) as caught:
        cli.main()
    assert caught.value.code == 130


def test_without_a_task_all_are_listed_by_group_each_on_one_line(tmp_path) -> None:
    done = flipside_command(folder=tmp_path)
    assert done.returncode == 0
    lines = done.stdout.splitlines()
    assert lines.index("platform") < lines.index("app")
    assert "  app.deploy      Bring a release live." in lines
    assert max(map(len, lines)) <= 80


def test_help_of_a_task_shows_its_options() -> None:
    done = flipside_command("--help", "app.deploy")
    assert done.stdout.startswith("Usage: flipside app.deploy [NAME] [options]\n")
    assert "--tag=STRING" in done.stdout
    assert flipside_command("app.deploy", "--help").stdout == done.stdout


def test_help_of_an_unknown_task_names_the_one_that_was_meant() -> None:
    done = flipside_command("--help", "app.deplyo")
    assert done.returncode == 1
    assert "did you mean app.deploy?" in done.stderr


def test_an_error_has_no_traceback(tmp_path) -> None:
    done = flipside_command("app.releases", "guestbook", folder=tmp_path)
    assert done.returncode == 1
    assert done.stderr.startswith("error: no .flipside-platform here or above\n")


def test_importing_the_tasks_is_quick() -> None:
    names = "import flipside.program, sys; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", names], capture_output=True, text=True, check=True)
    assert not HEAVY & set(done.stdout.split())


def test_invoke_runs_the_same_tasks_with_the_same_words() -> None:
    argv = [sys.executable, "-m", "invoke", "app.releases", "guestbook", "--platform", "nowhere"]
    done = subprocess.run(argv, cwd=TOP, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.startswith("error: --platform names no platform: ")
