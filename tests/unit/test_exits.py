"""How a task ends: message and exit status."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys

import pytest
from invoke.exceptions import Exit

from flipside.console import Console
from flipside.errors import FlipsideError
from flipside.exits import exits


def ended_by(error: BaseException, *, as_json: bool = False) -> tuple[int, str, str]:
    out, err = io.StringIO(), io.StringIO()
    with (
        pytest.raises(Exit) as caught,
        exits(Console(as_json=as_json, out=out, err=err)),
    ):
        raise error
    return caught.value.code, out.getvalue(), err.getvalue()


def test_an_error_is_printed_and_exits_with_1() -> None:
    code, _, said = ended_by(FlipsideError("no such release", "guestbook", "flipside app.releases"))
    assert code == 1
    assert said == ("error: no such release\n  where: guestbook\n  next:  flipside app.releases\n")


def test_with_json_an_error_is_one_document() -> None:
    code, out, err = ended_by(FlipsideError("no", None, "more"), as_json=True)
    assert (code, err) == (1, "")
    assert json.loads(out) == {"error": {"what": "no", "where": None, "next": "more"}}


def test_ctrl_c_exits_with_130_and_says_that_nothing_is_lost() -> None:
    code, _, said = ended_by(KeyboardInterrupt())
    assert code == 130
    assert "run the same command again and it finishes" in said


def test_the_unexpected_is_short_and_says_how_to_get_the_traceback(monkeypatch) -> None:
    monkeypatch.delenv("FLIPSIDE_DEBUG", raising=False)
    code, _, said = ended_by(ZeroDivisionError("division by zero"))
    assert code == 1
    assert "error: unexpected ZeroDivisionError: division by zero\n" in said
    assert "test_exits.py:" in said
    assert "FLIPSIDE_DEBUG=1" in said
    assert "Traceback" not in said


def test_what_the_system_refuses_is_said_in_its_words(monkeypatch) -> None:
    monkeypatch.delenv("FLIPSIDE_DEBUG", raising=False)
    _, _, said = ended_by(OSError(28, "No space left on device", "/srv/x"))
    assert said.startswith("error: No space left on device\n  where: /srv/x\n")


def test_for_debugging_the_unexpected_keeps_its_traceback(monkeypatch) -> None:
    monkeypatch.setenv("FLIPSIDE_DEBUG", "1")
    with pytest.raises(ZeroDivisionError), exits(Console()):
        raise ZeroDivisionError


def test_an_exit_status_passes() -> None:
    with pytest.raises(Exit) as caught, exits(Console()):
        raise Exit(code=7)
    assert caught.value.code == 7


def test_a_reader_that_went_away_is_met_with_silence() -> None:
    program = "from flipside.program import program; program.run(['flipside'])"
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "w") as stdout:
        done = subprocess.run(
            [sys.executable, "-c", program], stdout=stdout, stderr=subprocess.PIPE, check=False
        )
    assert done.stderr == b""
