"""Steps: real shells, real signals."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from flipside.errors import DeployError
from flipside.machine.steps import StepResult, needed, run_step, tail


def step(run: str, unless: str | None = None, timeout: float = 30) -> dict[str, Any]:
    return {"run": run, "unless": unless, "timeout": timeout}


class Runner:
    """Runs steps in one folder, keeping what they narrate."""

    def __init__(self, cwd: Path) -> None:
        self.cwd, self.bin, self.said = cwd, cwd / "venv" / "bin", list[str]()
        self.bin.mkdir(parents=True)

    def __call__(self, one: dict[str, Any], **more: Any) -> StepResult:
        env = {"GREETING": "hello", "PATH": os.environ["PATH"]}
        return run_step(one, self.cwd, env, self.bin, self.said.append, **more)

    def needed(self, one: dict[str, Any]) -> bool:
        return needed(one, self.cwd, {}, self.bin)


@pytest.fixture
def run(tmp_path: Path) -> Runner:
    return Runner(tmp_path)


def alive(pid_file: Path) -> bool:
    """Whether the process that wrote its number runs; a zombie does not."""
    status = Path("/proc") / pid_file.read_text().strip() / "stat"
    return status.exists() and status.read_text().rpartition(")")[2].split()[0] != "Z"


def gone(pid_file: Path) -> bool:
    """Whether the process ends within 10 s; on a busy machine a killed one takes its time."""
    deadline = time.monotonic() + 10
    while alive(pid_file) and time.monotonic() < deadline:
        time.sleep(0.02)
    return not alive(pid_file)


def test_success(run: Runner, tmp_path: Path) -> None:
    """Output is narrated, logged and returned; the environment is the app's alone."""
    log = tmp_path / "log" / "steps.log"
    result = run(step("echo $GREETING; echo there >&2; pwd; env | grep -c HOME; true"), output=log)
    assert result.ran
    assert run.said == ["hello", "there", str(tmp_path), "0"]
    assert result.output == "\n".join(run.said)
    assert log.read_text() == result.output + "\n"
    run(step("echo again"), output=log)
    assert log.read_text().endswith("0\nagain\n")


def test_the_release_comes_first_on_path(run: Runner) -> None:
    tool = run.bin / "ls"
    tool.write_text("#!/bin/sh\necho mine $VIRTUAL_ENV\n")
    tool.chmod(0o755)
    assert run(step("ls")).output == f"mine {run.bin.parent}"


def test_stdin_is_empty(run: Runner) -> None:
    """A command that asks does not wait for an answer."""
    assert run(step("read answer || echo nothing")).output == "nothing"


def test_failure_shows_the_command_and_its_end(run: Runner) -> None:
    with pytest.raises(DeployError) as caught:
        run(step("seq 100; exit 3"))
    lines = caught.value.what.splitlines()
    assert lines[0] == "`seq 100; exit 3` exited with status 3"
    assert lines[1:] == [str(i) for i in range(61, 101)]
    assert caught.value.where == str(run.cwd)


def test_a_traceback_is_shown_whole(run: Runner) -> None:
    code = "def f(n):\n  return f(n - 1) + 1 if n else 1 / 0\n"
    code += (
        "try:\n  f(2)\nexcept ZeroDivisionError as e:\n  raise ValueError(chr(10) * 60) from e\n"
    )
    (run.cwd / "bad.py").write_text(code)
    with pytest.raises(DeployError) as caught:
        run(step(f"echo noise; {sys.executable} bad.py"))
    shown = caught.value.what
    assert "ZeroDivisionError: division by zero" in shown
    assert "ValueError" in shown
    assert "noise" not in shown.splitlines()[1:]


def test_killed_by_a_signal(run: Runner) -> None:
    with pytest.raises(DeployError, match="was ended by SIGSEGV"):
        run(step("kill -SEGV $$"))


def test_a_missing_command(run: Runner) -> None:
    with pytest.raises(DeployError, match=r"status 127\n.*no-such-tool: "):
        run(step("no-such-tool"))


def test_a_missing_folder(run: Runner) -> None:
    run.cwd = run.cwd / "nowhere"
    with pytest.raises(DeployError, match="cannot run"):
        run(step("true"))


def test_timeout_ends_the_whole_group(run: Runner, tmp_path: Path) -> None:
    """Also grandchildren, and those that do not listen to SIGTERM."""
    command = (
        "trap '' TERM; (trap '' TERM; echo $$ > shell; sleep 60 & echo $! > pid; wait; sleep 60)"
    )
    start = time.monotonic()
    with pytest.raises(DeployError, match=r"did not end within 0\.5 s\nstarted"):
        run(step(f"echo started; {command}", timeout=0.5))
    assert time.monotonic() - start < 10
    assert gone(tmp_path / "pid")
    assert gone(tmp_path / "shell")


def test_endless_output_is_timed_out(run: Runner) -> None:
    """And takes no memory worth speaking of."""
    with pytest.raises(DeployError, match=r"did not end within 0\.5 s"):
        run(step("while true; do echo xxxxxxxxxxxxxxxx; done", timeout=0.5))


def test_a_line_without_end(run: Runner) -> None:
    result = run(step("head -c 300000 /dev/zero | tr '\\0' x; echo"))
    assert len("".join(run.said)) == 300_000
    assert result.ran


def test_progress_bars_show_their_last_state(run: Runner) -> None:
    assert run(step(r"printf '10%%\r50%%\r100%%\n'; printf 'dos\r\n'; printf rest")).output == (
        "100%\ndos\nrest"
    )


def test_what_a_step_leaves_running_ends_with_it(run: Runner, tmp_path: Path) -> None:
    """A background child that holds the output open does not hold the deploy."""
    start = time.monotonic()
    result = run(step("sleep 60 & echo $! > pid; echo done"))
    assert result.output == "done"
    assert time.monotonic() - start < 5
    assert not alive(tmp_path / "pid")


def test_closing_output_is_not_ending(run: Runner) -> None:
    assert run(step("exec >/dev/null 2>&1; sleep 0.5")).seconds >= 0.5


def test_unless_spares(run: Runner, tmp_path: Path) -> None:
    assert not run(step("touch ran", unless="true")).ran
    assert not (tmp_path / "ran").exists()
    assert run(step("touch ran", unless="false")).ran
    assert run(step("touch ran", unless="true"), check=False).ran


@pytest.mark.parametrize("unless", [None, "", "exit 1", "kill -9 $$", "no-such-tool"])
def test_needed(run: Runner, unless: str | None) -> None:
    """Whatever does not clearly say "nothing to do" means that there is something."""
    assert run.needed(step("true", unless))


def test_not_needed(run: Runner) -> None:
    assert not run.needed(step("true", "exit 0"))


def test_a_hanging_unless_counts_as_needed(run: Runner) -> None:
    assert run.needed(step("true", "sleep 60", timeout=0.2))


def test_descriptors_are_inherited_only_when_asked(run: Runner) -> None:
    with (run.cwd / "lock").open("w") as file:
        fd = file.fileno()
        assert run(step(f"test -e /proc/self/fd/{fd}"), keep_open=(fd,)).ran
        with pytest.raises(DeployError):
            run(step(f"test -e /proc/self/fd/{fd}"))


PARENT = """
import sys
from pathlib import Path
from flipside.machine.steps import run_step
cwd = Path(sys.argv[1])
step = {"run": "sleep 60 & echo $! > pid; echo $$ > shell; wait", "unless": None, "timeout": 60}
run_step(step, cwd, {}, cwd, print)
"""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_ending_the_parent_ends_the_group(tmp_path: Path, number: signal.Signals) -> None:
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT, str(tmp_path)], stderr=subprocess.DEVNULL
    )
    while not ((tmp_path / "shell").exists() and (tmp_path / "shell").read_text()):
        time.sleep(0.02)
    parent.send_signal(number)
    assert parent.wait(10) != 0
    assert gone(tmp_path / "pid")
    assert gone(tmp_path / "shell")


def test_tail() -> None:
    """40 lines, or from the first of the tracebacks that belong together."""
    head = "Traceback (most recent call last):"
    lines = [*map(str, range(50)), head, "E: 1", "", "During handling of the above exception:"]
    lines += ["", head, *["  File"] * 60, "E: 2"]
    assert tail(lines) == "\n".join(lines[50:])
    assert tail(["a", "b"]) == "a\nb"
    assert tail([]) == ""
