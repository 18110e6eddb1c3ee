"""What ssh is asked for; what it answers is in tests/functional/test_ssh.py."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from flipside.targets.machines.ssh import Address, Ssh, control, options

KNOWN = Path("/site/.flipside-known-hosts")
BOX = Address("root@box.example.com", KNOWN)
ALWAYS = [
    *("-o", f'UserKnownHostsFile="{KNOWN}"'),
    *("-o", "StrictHostKeyChecking=accept-new"),
    *("-o", "ConnectTimeout=10"),
    *("-o", "ServerAliveInterval=10"),
    *("-o", "ServerAliveCountMax=3"),
    *("-o", "ClearAllForwardings=yes"),
    *("-o", "ForwardX11=no"),
    *("-o", "RemoteCommand=none"),
    *("-o", "LogLevel=INFO"),
]


def test_users_own_configuration_counts_where_nothing_is_said() -> None:
    assert options(BOX) == ALWAYS


def test_what_is_said_comes_first() -> None:
    said = replace(BOX, port=2222, identity=Path("/key"), config=Path("/config"))
    expected = ["-F", "/config", "-p", "2222", "-i", "/key", "-o", "IdentitiesOnly=yes"]
    assert options(said) == [*expected, *ALWAYS]


def test_path_of_known_hosts_may_have_blanks_and_percents() -> None:
    said = options(replace(BOX, known_hosts=Path("/a b/%h")))
    assert 'UserKnownHostsFile="/a b/%%h"' in said


def test_no_two_addresses_share_a_connection() -> None:
    """Or a key that opens nothing would seem to open it."""
    others = [replace(BOX, identity=Path("/key")), replace(BOX, port=22), BOX]
    assert len({control(each, Path("/s"))[1] for each in others}) == 3
    assert control(BOX, Path("/s")) == control(replace(BOX), Path("/s"))


def test_command_is_quoted_for_the_shell_there_and_asks_for_nothing() -> None:
    argv = Ssh(BOX).lead(["echo", "a  b"])
    assert argv[0] == "ssh"
    assert argv[-6:] == ["-T", "-o", "BatchMode=yes", "--", "root@box.example.com", "echo 'a  b'"]


def test_address_reads_well() -> None:
    assert str(replace(BOX, port=2222)) == "root@box.example.com port 2222"
    assert Ssh(BOX).name == "root@box.example.com"
