"""Checks of a machine that does not answer; those of one that does are in tests/functional/test_host.py."""

from __future__ import annotations

from flipside.targets.host.checks import checks
from flipside.targets.machines.container import Container
from flipside.targets.machines.remote import Remote


def test_machine_that_does_not_answer_is_one_check(monkeypatch, tmp_path) -> None:
    """There is no `docker` to lead to it."""
    monkeypatch.setenv("PATH", str(tmp_path))
    (check,) = checks(Remote(Container("box")))
    assert (check["name"], check["ok"]) == ("connection", False)
    assert check["detail"] == "cannot run docker: No such file or directory"
