"""Asking before something is gone for good."""

from __future__ import annotations

import io
import sys

import pytest

from flipside.errors import FlipsideError
from flipside.tasks.confirm import confirm


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_given_yes_is_not_asked_for_but_said(capsys) -> None:
    confirm("it goes", "flipside app.destroy --yes", yes=True)
    assert capsys.readouterr().out == "it goes\n"


@pytest.mark.parametrize("answer", ["y\n", "Yes\n"])
def test_a_yes_goes_on(answer, monkeypatch, capsys) -> None:
    monkeypatch.setattr(sys, "stdin", Terminal(answer))
    confirm("it goes", "again", yes=False)
    assert "it goes. Go on? [y/N]" in capsys.readouterr().out


@pytest.mark.parametrize("answer", ["n\n", "\n", ""])
def test_anything_else_stops(answer, monkeypatch) -> None:
    monkeypatch.setattr(sys, "stdin", Terminal(answer))
    with pytest.raises(FlipsideError, match="nothing was changed"):
        confirm("it goes", "again", yes=False)


def test_without_a_terminal_it_says_what_to_type(monkeypatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("y\n"))
    with pytest.raises(FlipsideError) as caught:
        confirm("it goes", "flipside app.destroy --yes", yes=False)
    assert caught.value.next == "flipside app.destroy --yes"
