"""What runs on a machine with the person's own terminal."""

from __future__ import annotations

import subprocess
from pathlib import PurePosixPath

import pytest

from flipside.errors import NotFoundError
from flipside.targets import commands

ROOT = PurePosixPath("/srv/flipside")


def test_tail_follows_through_rotation() -> None:
    assert commands.tail(["/a", "/b"], 7, follow=False) == ["tail", "-n", "7", "/a", "/b"]
    assert commands.tail(["/a"], 7, follow=True) == ["tail", "-n", "7", "-F", "/a"]


def test_enter_hands_the_words_on_as_they_are() -> None:
    assert commands.enter(ROOT, "app", "production", ["echo", "a  b"], "xterm") == [
        "env",
        "TERM=xterm",
        "/srv/flipside/venv/bin/python",
        "-m",
        "flipside.machine.enter",
        "/srv/flipside",
        "app",
        "production",
        "echo",
        "a  b",
    ]


def test_a_shell_begins_in_the_root(tmp_path) -> None:
    argv = commands.shell(PurePosixPath(tmp_path), "/bin/sh")
    done = subprocess.run(
        argv, input="pwd", env={"PATH": "/usr/bin:/bin"}, capture_output=True, text=True, check=True
    )
    assert str(tmp_path) in done.stdout


def test_a_component_names_its_log() -> None:
    paths = ["/log/nginx.log", "/log/memcached.log"]
    assert commands.chosen(paths, "nginx") == ["/log/nginx.log"]
    assert commands.chosen(paths, None) == sorted(paths)


@pytest.mark.parametrize(
    ("paths", "component", "hint"),
    [
        (["/log/nginx.log"], "ngnix", "did you mean `nginx`? logs: nginx"),
        (["/log/nginx.log"], "zzz", "logs: nginx"),
        ([], None, "flipside platform.doctor"),
    ],
)
def test_a_log_that_is_not_there_is_an_error(paths, component, hint) -> None:
    with pytest.raises(NotFoundError) as caught:
        commands.chosen(paths, component)
    assert caught.value.next == hint
