"""This very machine; as another user than root it is in tests/functional/test_host.py."""

from __future__ import annotations

from flipside.targets.machines.own import Own


def test_commands_are_run_as_they_are() -> None:
    assert Own().lead(["id", "-u"]) == ["id", "-u"]


def test_what_is_said_is_what_happened() -> None:
    error = Own().refused("sudo: no tty\n")
    assert (error.what, error.where) == ("sudo: no tty", "this machine")
