"""What a command is wrapped in, run here by a real shell."""

from __future__ import annotations

import subprocess

from flipside.targets.machines import wrapper
from flipside.targets.machines.wrapper import Heard, heard

TOKEN = "0123456789abcdef"


def wrapped(stdin: bytes, *argv: str) -> tuple[str, Heard]:
    argv_ = wrapper.wrapped(TOKEN, argv)
    done = subprocess.run(argv_, input=stdin, capture_output=True, check=False)
    return done.stdout.decode(), heard(TOKEN, done.stderr.decode())


def test_command_gets_what_follows_the_token() -> None:
    """Lines before it are a password that sudo did not ask for."""
    output, found = wrapped(f"secret\n{TOKEN}\nours\n{TOKEN}\n".encode(), "cat")
    assert output == f"ours\n{TOKEN}\n"
    assert found.status == 0


def test_command_never_starts_without_the_token() -> None:
    assert wrapped(b"secret\nhalf", "echo", "started") == ("", Heard(None, None, ""))


def test_group_is_the_commands_own_and_a_signal_reaches_it() -> None:
    _, found = wrapped(f"{TOKEN}\n".encode(), "sh", "-c", "echo $$ >&2; kill -s INT 0; echo lives")
    assert (found.group, found.status) == (found.said, 130)


def test_interrupting_names_the_group_so_that_every_shell_understands() -> None:
    with subprocess.Popen(["sleep", "60"], start_new_session=True) as child:
        subprocess.run(wrapper.interrupting(str(child.pid)), check=True)
        assert child.wait() == -2


def test_what_is_said_without_a_line_end_stays_apart_from_what_is_announced() -> None:
    _, found = wrapped(f"{TOKEN}\n".encode(), "sh", "-c", "printf 'oh no' >&2; exit 3")
    assert (found.status, found.said) == (3, "oh no")


def test_another_token_announces_nothing() -> None:
    said = "ffff group 7\nffff exit 0"
    assert heard(TOKEN, said) == Heard(None, None, said)


def test_environment_is_said_before_the_command() -> None:
    argv = wrapper.with_environment(["env", "A=b", "x"])
    assert argv[:6] == ["nice", "-n", "15", "env", "-i", "FLIPSIDE_ROOT=/srv/flipside"]
    assert argv[-3:] == ["env", "A=b", "x"]
