"""The command line that confines a command; that systemd does what it says is tested end to end."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from pathlib import Path

from flipside.machine import sandbox
from flipside.machine.confined import Confined
from flipside.machine.layout import SYSTEMD, Layout

LAYOUT = Layout(Path("/srv/flipside"), Path("/run/flipside"), SYSTEMD)
BLOG = Confined(LAYOUT, "blog", "production", sandbox.DEFAULTS)
OWN = Path("/srv/flipside/apps/blog/production")


def properties(argv: list[str]) -> set[str]:
    return {word for before, word in pairwise(argv) if before == "--property"}


def test_it_runs_as_the_app_in_the_apps_sandbox() -> None:
    found = properties(BLOG.taking_orders())
    app = set(sandbox.lines(LAYOUT, "blog", "production", sandbox.DEFAULTS).splitlines())
    assert {"User=app-blog", "Group=app-blog", "MemoryMax=50%"} < found
    own = {line for line in app if line.startswith(("MemoryMax", "MemoryDeny", "TasksMax"))}
    assert app - own < found


def test_a_step_writes_only_where_it_is_told() -> None:
    assert f"BindPaths={OWN}/tree" not in properties(BLOG.taking_orders())
    confined = replace(BLOG, writable=(OWN / "tree",))
    assert f"BindPaths={OWN}/tree" in properties(confined.taking_orders())


def test_its_environment_is_on_no_command_line() -> None:
    argv = BLOG.entering(OWN / "generations/1", "--pty")
    assert argv[-1] == f"{OWN}/generations/1"
    assert "--pty" in argv
    assert not any("setenv" in word for word in argv)
