"""Where a value comes from, and what cannot be one."""

from __future__ import annotations

import getpass
import io
import os
import pty
import subprocess
import sys
from contextlib import suppress

import pytest

from flipside.errors import SecretError
from flipside.secrets import value

CANARY = "canary-7f3a"


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def piped(monkeypatch):
    """Pipe bytes in."""
    return lambda raw: monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(raw)))


@pytest.fixture
def typed(monkeypatch):
    """Type answers; returns the questions."""

    def type_in(*answers: str) -> list[str]:
        questions, left = [], list(answers)
        monkeypatch.setattr(sys, "stdin", Terminal())
        monkeypatch.setattr(getpass, "getpass", lambda q: (questions.append(q), left.pop(0))[1])
        return questions

    return type_in


def refusal(file: str | None = None, name: str = "KEY") -> SecretError:
    with pytest.raises(SecretError) as caught:
        value.asked(name, file)
    assert CANARY not in f"{caught.value} {caught.value!r}"
    assert caught.value.__suppress_context__ or caught.value.__context__ is None
    return caught.value


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (b"x", "x"),
        (b"x\n", "x"),
        (b"x\r\n", "x"),
        (b"x\n\n", "x\n"),
        (b"x\r\n\r\n", "x\r\n"),
        (b"\nx\n", "\nx"),
        (b" x \t\n", " x \t"),
        (b"a\nb", "a\nb"),
        (b"x\r", "x\r"),
        (b"x\n\r", "x\n\r"),
        ("🔑\n".encode(), "🔑"),
        (b"\xef\xbb\xbfx\n", "\ufeffx"),
    ],
)
def test_what_is_piped_in_loses_one_line_end_and_nothing_else(piped, raw, expected) -> None:
    piped(raw)
    assert value.asked("KEY", None) == expected


@pytest.mark.parametrize("raw", [b"x", b"x\n", b"x\r\n\n", b"\r\n", b" ", "🔑\x85".encode()])
def test_a_file_is_taken_to_the_last_byte(tmp_path, raw) -> None:
    path = tmp_path / "value"
    path.write_bytes(raw)
    assert value.asked("KEY", str(path)).encode() == raw


def test_a_file_may_be_named_by_the_home(tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "value").write_text("x")
    assert value.asked("KEY", "~/value") == "x"


def test_a_file_that_cannot_be_read_is_named(tmp_path) -> None:
    for path in (tmp_path, tmp_path / "gone"):
        error = refusal(str(path))
        assert (error.what[:21], error.where) == ("cannot read the value", str(path))


def test_what_is_typed_is_asked_for_twice_and_not_shown(typed, capsys) -> None:
    questions = typed(CANARY, CANARY)
    assert value.asked("KEY", None) == CANARY
    assert questions == ["KEY (not shown): ", "once more: "]
    assert CANARY not in "".join(capsys.readouterr())


def test_two_that_differ_are_neither_taken_nor_repeated(typed) -> None:
    typed(CANARY, f"{CANARY} ")
    assert refusal().what == "the two values differ; nothing was changed"


@pytest.mark.parametrize(
    ("raw", "what"),
    [
        (b"", "is empty"),
        (f"{CANARY}\0".encode(), "has a NUL"),
        (CANARY.encode() + b"\xff", "is not text in UTF-8"),
        (CANARY.encode("utf-16"), "is not text in UTF-8"),
    ],
)
def test_what_no_variable_can_have_is_refused(piped, tmp_path, raw, what) -> None:
    piped(raw)
    assert what in refusal().what
    path = tmp_path / "value"
    path.write_bytes(raw)
    assert what in refusal(str(path)).what


@pytest.mark.parametrize("raw", [b"\n", b"\r\n"])
def test_a_line_end_alone_is_empty(piped, raw) -> None:
    piped(raw)
    assert "is empty" in refusal().what


def test_half_a_character_is_no_text() -> None:
    """Python makes such of bytes that it cannot read, as in an argument."""
    with pytest.raises(SecretError, match="UTF-8"):
        value.check_value("KEY", "\udcff")


@pytest.mark.parametrize("name", ["K", "KEY", "A" * 100])
@pytest.mark.parametrize("letter", ["x", "é"])
def test_the_longest_value_is_what_linux_takes(name, letter) -> None:
    """Name and value together, in bytes; one more, and no program would start."""
    room = value.LONGEST - len(name) - 1
    longest = letter * (room // len(letter.encode())) + "x" * (room % len(letter.encode()))
    assert value.check_value(name, longest) == longest
    argv = [sys.executable, "-SEc", ""]
    subprocess.run(argv, env={name: longest}, check=True)
    with pytest.raises(SecretError, match="is 1 bytes too long"):
        value.check_value(name, f"{longest}x")
    with pytest.raises(OSError, match="Argument list too long"):
        subprocess.run(argv, env={name: f"{longest}x"}, check=True)


def test_a_value_too_long_is_not_repeated(piped) -> None:
    piped((CANARY * 20000).encode())
    assert "too long" in refusal().what


def test_a_generated_value_is_48_random_bytes() -> None:
    made = {value.generated() for _ in range(20)}
    assert len(made) == 20
    assert {len(each) for each in made} == {64}
    assert {each for each in made if not each.replace("-", "").replace("_", "").isalnum()} == set()


def at_a_terminal(*lines: str) -> tuple[int, str]:
    """Answer its prompts on a real terminal; its exit status, and all that the terminal showed."""
    program = "from flipside.secrets.value import asked; print(repr(asked('KEY', None)))"
    pid, terminal = pty.fork()
    if pid == 0:
        os.execv(sys.executable, [sys.executable, "-c", program])
    shown = b""
    for number, line in enumerate(lines, 1):
        while shown.count(b": ") < number:
            shown += os.read(terminal, 1024)
        os.write(terminal, f"{line}\n".encode())
    with suppress(OSError):  # the other end is closed
        while more := os.read(terminal, 1024):
            shown += more
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), shown.decode()


def test_what_is_typed_is_not_shown() -> None:
    status, shown = at_a_terminal("hunter2 é", "hunter2 é")
    assert status == 0
    assert shown.splitlines() == ["KEY (not shown): ", "once more: ", repr("hunter2 é")]
    status, shown = at_a_terminal("hunter2", "hunter3")
    assert (status, "hunter" in shown, "the two values differ" in shown) == (1, False, True)
