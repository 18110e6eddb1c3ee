"""Commands and files over a real sshd: what gets through, and what is said when nothing does."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath

import pytest
from functional import box as boxes
from functional.box import Box

from flipside.errors import MachineError
from flipside.targets.docker import engine
from flipside.targets.machines import process
from flipside.targets.machines.remote import Remote
from flipside.targets.machines.ssh import Address, Ssh

EVERY_BYTE = bytes(range(256)) * 100


@pytest.fixture(scope="module")
def box(
    machine_image: Callable[[str], str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Box]:
    with boxes.running(machine_image("host"), tmp_path_factory.mktemp("box")) as running:
        yield running


def refused(address: Address) -> MachineError:
    with pytest.raises(MachineError) as caught:
        Remote(Ssh(address)).run(["true"])
    return caught.value


def refusal(box: Box, user: str = "root", **changes: object) -> MachineError:
    return refused(box.address(user, **changes))


def test_command_runs_as_root_with_the_platforms_environment_and_no_other(box: Box) -> None:
    for user in ("root", "carl"):
        machine = box.machine(user)
        assert machine.run(["id", "-un"]) == "root"
        assert sorted(machine.run(["env"]).splitlines()) == [
            "FLIPSIDE_ROOT=/srv/flipside",
            "HOME=/root",
            "LANG=C.UTF-8",
            "PATH=/srv/flipside/venv/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
            "PYTHONPATH=/srv/flipside/lib",
            "SPT_NOENV=1",
        ]


@pytest.mark.parametrize("user", ["root", "carl"])
def test_every_byte_of_the_input_arrives(box: Box, user: str) -> None:
    said = box.machine(user).run(["sha256sum"], stdin=EVERY_BYTE)
    here = subprocess.run(["sha256sum"], input=EVERY_BYTE, capture_output=True, check=True).stdout
    assert said == here.decode().strip()


def test_words_arrive_as_they_are(box: Box) -> None:
    words = ["a  b", "$HOME", "it's", '"', "*", "\\n", "x\ny", ""]
    assert box.machine().run(["printf", "<%s>", *words]) == "".join(f"<{word}>" for word in words)


def test_last_line_needs_no_end(box: Box) -> None:
    lines: list[str] = []
    assert box.machine().run(["printf", "a\nb"], on_line=lines.append) == ""
    assert lines == ["a", "b"]
    assert box.machine().run(["printf", "a\nb"]) == "a\nb"


@pytest.mark.parametrize("user", ["root", "carl"])
@pytest.mark.parametrize("status", [1, 3, 127, 255])
def test_failure_is_the_commands_own(box: Box, user: str, status: int) -> None:
    """255 is what ssh itself ends with when it fails."""
    with pytest.raises(MachineError) as caught:
        box.machine(user).run(["sh", "-c", f"printf 'oh no' >&2; exit {status}"])
    assert caught.value.what == "oh no"
    with pytest.raises(MachineError, match=f"exit status {status}"):
        box.machine(user).run(["sh", "-c", f"exit {status}"])


def test_much_on_both_outputs_blocks_nobody(box: Box) -> None:
    script = "import sys; sys.stderr.write('e' * 300000); sys.stdout.write('o' * 300000)"
    assert len(box.machine().run(["python3", "-c", script], stdin=b"x" * 1_000_000)) == 300000


def test_commands_share_one_connection(box: Box) -> None:
    machine = box.machine()
    said = {machine.run(["sh", "-c", "cut -d ' ' -f 4 /proc/$PPID/stat"]) for _ in range(3)}
    assert len(said) == 1


def test_key_of_a_host_that_was_never_seen_is_taken_and_kept(box: Box, tmp_path: Path) -> None:
    known = tmp_path / "known %h hosts"
    box.machine(known_hosts=known).run(["true"])
    assert "ed25519" in known.read_text()


def test_name_that_nobody_has(box: Box) -> None:
    error = refused(Address("root@nobody.invalid", box.known.known_hosts))
    assert error.what == "no machine goes by the name nobody.invalid"
    assert "`host:`" in (error.next or "")


def test_port_where_nobody_listens(box: Box) -> None:
    error = refusal(box, port=1)
    assert error.what == f"{box.ip} is there, but no ssh server answers on port 1"
    assert "`port:`" in (error.next or "")


def test_server_that_never_answers(box: Box) -> None:
    """It takes the connection and is silent, as behind a firewall that lets half of it through."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = Address("root@127.0.0.1", box.known.known_hosts, silent.getsockname()[1])
        error = refused(address)
    assert error.what == "the machine does not answer"
    assert "firewall" in (error.next or "")


def test_address_where_no_machine_is(box: Box) -> None:
    """In the network of the containers: nothing on the way answers in its place."""
    error = refused(Address(f"root@{box.ip.rpartition('.')[0]}.250", box.known.known_hosts))
    assert error.what == "the machine does not answer"


def test_host_that_shows_another_key(box: Box, tmp_path: Path) -> None:
    boxes.new_key(tmp_path / "other")
    name = box.ip
    known = tmp_path / "known hosts"
    known.write_text(f"{name} {(tmp_path / 'other.pub').read_text()}")
    error = refusal(box, known_hosts=known)
    assert "another host key than before" in error.what
    assert error.next == f"if you know why: ssh-keygen -f '{known}' -R '{name}'"
    subprocess.run(error.next.partition(": ")[2], shell=True, check=True, capture_output=True)
    assert box.machine(known_hosts=known).run(["echo", "in"]) == "in"


def test_key_that_opens_nothing(box: Box, tmp_path: Path) -> None:
    boxes.new_key(tmp_path / "other")
    error = refusal(box, identity=tmp_path / "other")
    assert error.what.startswith(f"root@{box.ip} cannot log in: the machine accepts none of")
    assert str(tmp_path / "other") in error.what
    assert f"ssh-copy-id -i {tmp_path / 'other'} -p {box.known.port} root@" in (error.next or "")


def test_user_that_there_is_not(box: Box) -> None:
    assert refusal(box, "zoe").what.startswith(f"zoe@{box.ip} cannot log in")


def test_user_whose_shell_runs_nothing(box: Box) -> None:
    assert refusal(box, "dora").what == "This account is currently not available."


def test_no_ssh_client(box: Box, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", boxes.without_program(tmp_path / "bin", "ssh"))
    error = refusal(box)
    assert error.what == "there is no ssh client on this computer"
    assert error.next == "sudo apt-get install openssh-client"


def test_no_sudo_where_the_user_is_not_root(box: Box) -> None:
    box.sh("mv /usr/bin/sudo /usr/bin/hidden")
    try:
        error = refusal(box, "ann")
    finally:
        box.sh("mv /usr/bin/hidden /usr/bin/sudo")
    assert error.what == "ann is not root there, and there is no sudo"
    assert "apt-get install sudo" in (error.next or "")


def test_no_python(box: Box) -> None:
    box.sh("mv /usr/bin/python3 /usr/bin/hidden")
    try:
        error = refusal(box)
    finally:
        box.sh("mv /usr/bin/hidden /usr/bin/python3")
    assert error.what == "there is no Python on the machine"
    assert error.next == "install it there: apt-get install python3"


def program(address: Address, body: str) -> str:
    """Return Python that does something with a machine, and prints the error if there is one."""
    return f"""\
from pathlib import *
from flipside.errors import MachineError
from flipside.targets.docker import engine
from flipside.targets.machines.remote import Remote
from flipside.targets.machines.ssh import Address, Ssh
machine = Remote(Ssh({address!r}))
try:
    {body}
except MachineError as error:
    print("ERROR", error)
"""


def alone(code: str) -> str:
    """Run Python without a terminal."""
    argv = [sys.executable, "-c", code]
    done = subprocess.run(argv, start_new_session=True, capture_output=True, text=True, check=True)
    return done.stdout


def test_sudo_that_wants_a_password_where_nobody_can_type(box: Box) -> None:
    said = alone(program(box.address("ann"), "machine.run(['true'])"))
    assert "sudo asks ann for a password, and nobody can type it here" in said
    assert "ann ALL=(ALL) NOPASSWD: ALL" in said


def test_password_is_asked_once_and_the_input_stays_what_it_is(box: Box) -> None:
    body = "print([machine.run(['sh', '-c', 'id -un; cat'], stdin=b'x\\ny') for _ in 'ab'])"
    seen = boxes.on_terminal(program(box.address("ann"), body), {"password of ann": "secret\n"})
    assert seen.count("password of ann") == 1
    assert "['root\\nx\\ny', 'root\\nx\\ny']" in seen


def test_password_is_in_no_list_of_processes(box: Box) -> None:
    body = "print('secret' in machine.run(['sh', '-c', 'cat /proc/[0-9]*/cmdline | tr \\\\0 _']))"
    seen = boxes.on_terminal(program(box.address("ann"), body), {"password of ann": "secret\n"})
    assert "False" in seen


def test_ssh_asks_for_its_own_password_once(box: Box, tmp_path: Path) -> None:
    """And what runs over the connection needs no terminal any more."""
    boxes.new_key(tmp_path / "other")
    address = box.address("carl", identity=tmp_path / "other")
    seen = boxes.on_terminal(
        program(address, "print([machine.run(['id', '-un']) for _ in 'ab'])"),
        {f"carl@{box.ip}'s password:": "secret\n"},
    )
    assert seen.count("password:") == 1
    assert "['root', 'root']" in seen


def test_wrong_password(box: Box) -> None:
    code = program(box.address("ann"), "machine.run(['true'])")
    seen = boxes.on_terminal(code, {"password of ann": "wrong\n"})
    assert "that is not ann's password" in seen


def test_user_who_may_not_use_sudo(box: Box) -> None:
    code = program(box.address("bob"), "machine.run(['true'])")
    seen = boxes.on_terminal(code, {"password of bob": "secret\n"})
    assert "bob is not in the sudoers file" in seen
    assert "bob ALL=(ALL) NOPASSWD: ALL" in seen


def test_terminal_is_handed_over(box: Box) -> None:
    """With sudo's own question on it, and the command's own exit status."""
    body = "print('status', machine.interactive(['sh', '-c', 'tty && id -un && exit 7']))"
    asked = {"password of ann": "secret\n", "[sudo] password for ann": "secret\n"}
    seen = boxes.on_terminal(program(box.address("ann"), body), asked)
    assert "/dev/pts/" in seen
    assert "root" in seen
    assert "status 7" in seen


@pytest.mark.parametrize("user", ["root", "carl"])
def test_interrupt_on_the_terminal_is_the_commands(box: Box, user: str) -> None:
    """Ctrl-C is how one leaves `platform.logs --follow`."""
    body = "print('status', attached(machine, ['sh', '-c', 'echo begun; exec sleep 60']))"
    code = f"from flipside.tasks.terminal import attached\n{program(box.address(user), body)}"
    assert "status 130" in boxes.on_terminal(code, {"begun": "\x03"})


def test_interactive_command_without_a_terminal_writes_plain_lines(box: Box) -> None:
    said = alone(program(box.address("carl"), "machine.interactive(['printf', 'a\\\\nb'])"))
    assert said == "a\nb"


UNDOING = "trap 'echo undone; exit 3' INT; echo begun; while :; do sleep 0.05; done"


@pytest.mark.parametrize("user", ["root", "carl"])
def test_interrupt_reaches_the_command_which_undoes_what_it_began(box: Box, user: str) -> None:
    code = program(
        box.address(user),
        f"machine.run(['sh', '-c', {UNDOING!r}], on_line=lambda line: print(line, flush=True))",
    )
    child = subprocess.Popen(
        [sys.executable, "-c", code],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert child.stdout
    assert child.stdout.readline() == "begun\n"
    # As a terminal does: to all processes of the group, ssh among them.
    os.killpg(child.pid, signal.SIGINT)
    out, err = child.communicate()
    assert out == "undone\n"
    assert "KeyboardInterrupt" in err
    assert box.sh("grep -ls 'echo [u]ndone' /proc/[0-9]*/cmdline || true") == ""


def test_command_that_ignores_an_interrupt_is_left_alone_after_a_while(
    box: Box, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process, "UNDOING", 2)
    with pytest.raises(KeyboardInterrupt):
        box.machine().run(
            ["sh", "-c", "trap '' INT; echo begun; exec sleep 600"],
            on_line=lambda _: signal.raise_signal(signal.SIGINT),
        )


def test_connection_that_is_cut_is_told_from_a_command_that_failed(box: Box) -> None:
    machine = box.machine()
    with pytest.raises(MachineError) as caught:
        machine.run(["sh", "-c", "echo begun; exec sleep 60"], on_line=lambda _: box.cut())
    assert caught.value.what.startswith("the connection was lost midway")
    assert caught.value.next == "type the same command again: it finishes what was begun"
    assert machine.run(["echo", "again"]) == "again"


@pytest.mark.slow
def test_network_that_is_silent_is_a_lost_connection_in_the_end(box: Box) -> None:
    def pause(_: str) -> None:
        engine.run(["docker", "pause", box.name])

    try:
        with pytest.raises(MachineError, match="the connection was lost midway"):
            box.machine().run(["sh", "-c", "echo begun; exec sleep 600"], on_line=pause)
    finally:
        engine.run(["docker", "unpause", box.name])
    assert box.machine().run(["echo", "again"]) == "again"


def test_put_replaces_a_whole_folder_and_keeps_modes(box: Box, tmp_path: Path) -> None:
    for name, mode in (("program", 0o755), ("private", 0o600)):
        (tmp_path / "tree/in").mkdir(parents=True, exist_ok=True)
        (tmp_path / "tree/in" / name).write_text(name)
        (tmp_path / "tree/in" / name).chmod(mode)
    (tmp_path / "tree/link").symlink_to("in/program")
    box.sh("mkdir /srv/tree; touch /srv/tree/old")
    for user in ("root", "carl"):
        box.machine(user).put(tmp_path / "tree", PurePosixPath("/srv/tree"))
        found = box.sh("cd /srv; find tree* ! -type d -printf '%p %m %u %l\\n' | sort")
        assert found.splitlines() == [
            "tree/in/private 600 root ",
            "tree/in/program 755 root ",
            "tree/link 777 root in/program",
        ]


def test_put_replaces_a_file(box: Box, tmp_path: Path) -> None:
    for content in (b"", EVERY_BYTE):
        (tmp_path / "file").write_bytes(content)
        box.machine().put(tmp_path / "file", PurePosixPath("/srv/file"))
        assert int(box.sh("stat -c %s /srv/file")) == len(content)
    assert box.sh("ls -d /srv/file*") == "/srv/file\n"


def test_put_says_what_is_wrong(box: Box, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(MachineError, match=r"/srv/no/file\.new.*No such file"):
        box.machine().put(tmp_path / "file", PurePosixPath("/srv/no/file"))
    with pytest.raises(MachineError, match="cannot read: No such file") as caught:
        box.machine().put(tmp_path / "none", PurePosixPath("/srv/file"))
    assert caught.value.where == str(tmp_path / "none")


def test_upload_that_is_cut_leaves_the_old_in_place(box: Box, tmp_path: Path) -> None:
    box.sh("mkdir /srv/big; touch /srv/big/old")
    for number in range(8):
        (tmp_path / "big").mkdir(exist_ok=True)
        (tmp_path / f"big/{number}").write_bytes(os.urandom(1 << 25))
    cutter = threading.Thread(
        target=lambda: (
            boxes.until(lambda: box.sh("ls /srv/big.new/it/1 2>/dev/null || true")),
            box.cut(),
        )
    )
    cutter.start()
    with pytest.raises(MachineError, match="the connection was lost midway"):
        box.machine().put(tmp_path / "big", PurePosixPath("/srv/big"))
    cutter.join()
    assert box.sh("ls /srv/big") == "old\n"
    box.machine().put(tmp_path / "big", PurePosixPath("/srv/big"))
    assert len(box.sh("ls /srv/big").split()) == 8
    boxes.until(lambda: box.sh("ls -d /srv/big*") == "/srv/big\n")
