"""ssh's words, collected from its versions 8.4 to 9.9, and what becomes of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from flipside.targets.machines.refused import refused
from flipside.targets.machines.ssh import Address

BOX = Address("ann@box", Path("/known"), 2222)


@pytest.mark.parametrize(
    ("said", "what"),
    [
        ("ssh: Could not resolve hostname box: Name or service not known", "by the name box"),
        ("ssh: Could not resolve hostname box: Temporary failure in name resolution", "name box"),
        ("ssh: connect to host box port 2222: Connection refused", "box is there, but no ssh"),
        ("ssh: connect to host box port 2222: Connection timed out", "does not answer"),
        ("ssh: connect to host box port 2222: Operation timed out", "does not answer"),
        ("ssh: connect to host box port 2222: No route to host", "does not answer"),
        ("ssh: connect to host box port 2222: Network is unreachable", "does not answer"),
        ("Connection timed out during banner exchange", "does not answer"),
        ("ann@box: Permission denied (publickey,password).", "ann@box cannot log in"),
        ("Received disconnect from 10.0.0.1 port 22:2: Too many authentication failures", "keys"),
        ("Host key for [box]:2222 has changed and you have requested strict", "another host key"),
        ("Host key verification failed.", "not the one that is known"),
        ("hello\nkex_exchange_identification: read: reset", "kex_exchange_identification: read: "),
        ("", "runs no commands for this user"),
    ],
)
def test_each_failure_has_its_own_words_and_something_to_do(said: str, what: str) -> None:
    error = refused(BOX, said)
    assert what in error.what
    assert error.where == "ssh ann@box port 2222"
    assert error.next


def test_changed_key_is_told_louder_than_what_follows_from_it() -> None:
    said = """\
@    WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!     @
Host key for [box]:2222 has changed and you have requested strict checking.
Host key verification failed."""
    assert refused(BOX, said).next == "if you know why: ssh-keygen -f '/known' -R '[box]:2222'"
