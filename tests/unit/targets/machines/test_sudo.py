"""How commands become root's, by what a machine says of its user."""

from __future__ import annotations

import subprocess

import pytest

from flipside.errors import MachineError
from flipside.targets.machines import sudo
from flipside.targets.machines.sudo import FACTS, Root


def root(output: str) -> Root | None:
    return sudo.root(output, "box", list)


def test_machine_says_it_in_one_line() -> None:
    said = subprocess.run(FACTS, capture_output=True, text=True, check=True).stdout
    assert said.startswith("flipside-facts ")
    assert len(said.split()) == 4


def test_root_needs_nothing_before_a_command() -> None:
    assert root("flipside-facts root root /usr/bin/python3\n") == Root()


def test_who_may_uses_sudo() -> None:
    found = root("hello from .bashrc\nflipside-facts sudo ann /usr/bin/python3\n")
    assert found == Root(("sudo", "-n", "--"))


def test_machine_that_says_nothing_has_no_answer() -> None:
    assert root("This account is currently not available.\n") is None


@pytest.mark.parametrize(
    ("said", "what"),
    [
        ("no-sudo ann /usr/bin/python3", "ann is not root there, and there is no sudo"),
        ("root root no-python", "there is no Python on the machine"),
        ("sudo ann no-python", "there is no Python on the machine"),
    ],
)
def test_what_is_missing_is_said(said: str, what: str) -> None:
    with pytest.raises(MachineError) as caught:
        root(f"flipside-facts {said}\n")
    assert caught.value.what == what
    assert caught.value.next


def test_password_is_shown_nowhere() -> None:
    assert "secret" not in repr(Root(("sudo",), b"secret\n"))
