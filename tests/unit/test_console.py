"""What people, files and programs get to read."""

from __future__ import annotations

import io
import json
import os
import pty
import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from flipside.console import Console, age, get_console, seconds, size, use_console
from flipside.console.table import table_lines
from flipside.errors import FlipsideError

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


class Terminal(io.StringIO):
    """A stream that says that it is a terminal in UTF-8."""

    encoding = "utf-8"

    def isatty(self) -> bool:
        return True


def console(*, as_json: bool = False) -> tuple[Console, io.StringIO, io.StringIO]:
    out, err = io.StringIO(), io.StringIO()
    return Console(as_json=as_json, out=out, err=err), out, err


def test_a_step_prints_one_plain_line_when_it_is_over() -> None:
    shell, out, _ = console()
    with shell.step("build the wheel") as step:
        assert out.getvalue() == ""
        step.result("12 kB")
    assert out.getvalue() == "ok    build the wheel: 12 kB (0.0 s)\n"


def test_details_stand_indented_below_their_step() -> None:
    shell, out, _ = console()
    with shell.step("install") as step:
        step.detail("one\ntwo")
        step.note("never shown in a file")
    assert out.getvalue().splitlines()[1:] == ["  one", "  two"]


def test_a_failing_step_says_so_with_its_details_and_lets_the_error_through() -> None:
    shell, out, _ = console()

    def check() -> None:
        with shell.step("check") as step:
            step.detail("Traceback")
            raise FlipsideError("no answer")

    with pytest.raises(FlipsideError):
        check()
    assert out.getvalue() == "failed check (0.0 s)\n  Traceback\n"


def test_an_interrupted_step_says_that_it_was_stopped() -> None:
    shell, out, _ = console()
    with pytest.raises(KeyboardInterrupt), shell.step("upload"):
        raise KeyboardInterrupt
    assert out.getvalue().startswith("stopped upload")


def test_a_step_within_a_step_is_indented() -> None:
    shell, out, _ = console()
    with shell.step("outer"), shell.step("inner") as inner:
        inner.detail("deep")
    assert out.getvalue().splitlines() == [
        "  ok    inner (0.0 s)",
        "    deep",
        "ok    outer (0.0 s)",
    ]


def test_every_step_is_kept_with_its_time() -> None:
    shell, _, _ = console()
    with shell.step("a"):
        pass
    assert [(step.title, step.seconds is not None) for step in shell.steps] == [("a", True)]


def test_a_terminal_gets_a_mark_and_colour(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    out = Terminal()
    with Console(out=out).step("build"):
        pass
    assert out.getvalue() == "\x1b[32m✓\x1b[0m build  \x1b[2m0.0 s\x1b[0m\n"


def test_no_color_keeps_the_mark_and_drops_the_colour(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm")
    out = Terminal()
    with pytest.raises(ValueError, match="x"), Console(out=out).step("build"):
        raise ValueError("x")
    assert out.getvalue() == "✗ build  0.0 s\n"


def test_a_dumb_terminal_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "dumb")
    out = Terminal()
    with Console(out=out).step("build"):
        pass
    assert out.getvalue() == "ok    build (0.0 s)\n"


def test_with_json_stdout_is_one_document_and_the_rest_goes_to_stderr() -> None:
    shell, out, err = console(as_json=True)
    with shell.step("look"):
        pass
    shell.report({"at": NOW, "path": Path("a"), "tags": {"b", "a"}}, print)
    shell.table(["a"], [["b"]])
    shell.total()
    document = json.loads(out.getvalue())
    assert document == {"at": "2026-11-21T12:00:00+00:00", "path": "a", "tags": ["a", "b"]}
    assert "ok    look" in err.getvalue()
    assert "done in" in err.getvalue()


def test_a_second_report_is_refused_as_two_documents_are_no_json() -> None:
    shell, _, _ = console(as_json=True)
    shell.report([], print)
    with pytest.raises(RuntimeError):
        shell.report([], print)


def test_without_json_the_report_is_text() -> None:
    shell, out, _ = console()
    shell.report({"a": 1}, lambda data: shell.say(f"a is {data['a']}"))
    assert out.getvalue() == "a is 1\n"


def test_what_json_has_no_form_for_is_refused() -> None:
    shell, _, _ = console(as_json=True)
    with pytest.raises(TypeError, match="no JSON for object"):
        shell.report(object(), print)


def test_an_error_goes_to_stderr_with_place_and_next_command() -> None:
    shell, out, err = console()
    shell.error(FlipsideError("no tag `x`", "guestbook", "flipside app.releases"))
    assert out.getvalue() == ""
    lines = ["error: no tag `x`", "  where: guestbook", "  next:  flipside app.releases"]
    assert err.getvalue().splitlines() == lines


def test_with_json_an_error_is_the_document() -> None:
    shell, out, err = console(as_json=True)
    shell.error(FlipsideError("no tag `x`", None, "flipside app.releases"))
    error = {"what": "no tag `x`", "where": None, "next": "flipside app.releases"}
    assert json.loads(out.getvalue()) == {"error": error}
    assert err.getvalue() == ""


def test_an_error_after_the_report_leaves_the_document_whole() -> None:
    shell, out, err = console(as_json=True)
    shell.report({"a": 1}, print)
    shell.error(FlipsideError("too late"))
    assert json.loads(out.getvalue()) == {"a": 1}
    assert err.getvalue() == "error: too late\n"


def test_a_warning_goes_to_stderr() -> None:
    shell, out, err = console()
    shell.warn("nginx restarts")
    assert (out.getvalue(), err.getvalue()) == ("", "warning: nginx restarts\n")


def test_a_table_is_aligned_and_never_cut() -> None:
    long = "x" * 300
    shell, out, _ = console()
    shell.table(["app", "url"], [["a", long], ["guestbook", None]])
    assert out.getvalue().splitlines() == ["APP        URL", f"a          {long}", "guestbook  -"]


def test_a_table_counts_wide_characters_and_tames_strange_ones() -> None:
    lines = table_lines(["a", "b"], [["日本", 1], ["e\u0301\x1b[31m\n", 2]])
    assert lines == ["A     B", "日本  1", "e\u0301     2"]


def test_a_row_of_another_length_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="zip"):
        table_lines(["a", "b"], [["only one"]])


def test_a_file_gets_no_terminal_escapes() -> None:
    shell, out, _ = console()
    shell.say("\x1b[1mbold\x1b[0m \x1b]8;;http://x\x07link\x1b]8;;\x07")
    assert out.getvalue() == "bold link\n"


def test_a_stream_without_the_characters_gets_them_escaped() -> None:
    raw = io.BytesIO()
    out = io.TextIOWrapper(raw, encoding="ascii")
    Console(out=out).say("café")
    assert raw.getvalue() == b"caf\\xe9\n"


def test_steps_of_several_threads_do_not_mix_their_lines() -> None:
    shell, out, _ = console()

    def work(number: int) -> None:
        with shell.step(f"app{number}") as step:
            step.detail(f"of {number}")

    threads = [threading.Thread(target=work, args=(number,)) for number in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    lines = [line.strip() for line in out.getvalue().splitlines()]
    for step, detail in zip(lines[::2], lines[1::2], strict=True):
        assert f"app{detail.removeprefix('of ')} (" in step


def test_the_console_in_use_is_the_innermost() -> None:
    shell, _, _ = console()
    before = get_console()
    with use_console(shell):
        assert get_console() is shell
    assert get_console() is before


@pytest.mark.parametrize(
    ("passed", "text"),
    [
        (timedelta(seconds=-5), "just now"),
        (timedelta(seconds=59), "just now"),
        (timedelta(minutes=3, seconds=50), "3 min ago"),
        (timedelta(hours=1), "1 hour ago"),
        (timedelta(hours=23, minutes=59), "23 hours ago"),
        (timedelta(days=40), "40 days ago"),
    ],
)
def test_age(passed: timedelta, text: str) -> None:
    assert age(NOW - passed, NOW) == text
    assert age((NOW - passed).isoformat(), NOW) == text
    assert age((NOW - passed).replace(tzinfo=None), NOW) == text


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1000, "1.0 kB"),
        (999_960, "1.0 MB"),
        (5e9, "5.0 GB"),
        (3e12, "3.0 TB"),
    ],
)
def test_size(count: float, text: str) -> None:
    assert size(count) == text


@pytest.mark.parametrize(
    ("duration", "text"),
    [
        (0.04, "0.0 s"),
        (59.94, "59.9 s"),
        (59.97, "1 min 0 s"),
        (72, "1 min 12 s"),
        (7500, "2 h 5 min"),
    ],
)
def test_seconds(duration: float, text: str) -> None:
    assert seconds(duration) == text


ON_A_TERMINAL = """
import time
from flipside.console import get_console
console = get_console()
with console.step("a longer step") as step:
    step.detail("compiling")
    time.sleep(1)
    console.say("said meanwhile")
"""


def test_a_longer_step_turns_a_spinner_on_a_terminal_and_leaves_only_its_line() -> None:
    leader, follower = pty.openpty()
    env = os.environ | {"TERM": "xterm", "NO_COLOR": "1", "PYTHONIOENCODING": "utf-8"}
    command = [sys.executable, "-c", ON_A_TERMINAL]
    process = subprocess.Popen(command, stdout=follower, stdin=follower, env=env)
    os.close(follower)
    text = _all(leader)
    assert process.wait() == 0
    assert "⠋ a longer step  compiling" in text
    assert "said meanwhile\r\n" in text
    assert text.rstrip().endswith("compiling")
    assert "✓ a longer step  1." in text


def _all(descriptor: int) -> str:
    read = b""
    while True:
        try:
            part = os.read(descriptor, 65536)
        except OSError:
            part = b""
        if not part:
            os.close(descriptor)
            return read.decode()
        read += part


def test_importing_the_console_loads_neither_rich_nor_pydantic() -> None:
    code = "import sys, flipside.console; print({'rich', 'pydantic'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"
