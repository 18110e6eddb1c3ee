"""What ssh says when it cannot connect, as an error that a person can mend."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from flipside.errors import MachineError

if TYPE_CHECKING:
    from flipside.targets.machines.ssh import Address

# A pattern in ssh's words, what it means, and what to do. The first that fits counts.
_MEANINGS = (
    (
        r"Could not resolve hostname (?P<name>\S+):",
        "no machine goes by the name {name}",
        "correct `host:` in .flipside-platform, or give the address in ~/.ssh/config",
    ),
    (
        r"Host key for (?P<name>\S+) has changed",
        "the machine shows another host key than before: it was made anew, or somebody is in between",
        "if you know why: ssh-keygen -f '{known}' -R '{name}'",
    ),
    (
        r"Host key verification failed",
        "the machine's host key is not the one that is known",
        "look at {known}",
    ),
    (
        r"connect to host (?P<name>\S+) port (?P<port>\d+): Connection refused",
        "{name} is there, but no ssh server answers on port {port}",
        "correct `port:` in .flipside-platform, or on the machine: systemctl start ssh",
    ),
    (
        r"timed out|No route to host|Network is unreachable",
        "the machine does not answer",
        "see that it is on, and that its firewall lets you through: ssh -v {ssh}",
    ),
    (
        r"(?P<name>\S+): Permission denied \((?P<ways>\S+)\)",
        "{name} cannot log in: the machine accepts none of {keys} (it takes: {ways})",
        "ssh-copy-id {copy}, or set `identity:` in .flipside-platform",
    ),
    (
        r"Too many authentication failures",
        "the machine refused after too many keys",
        "set `identity:` in .flipside-platform to the key that it knows",
    ),
)


def refused(address: Address, said: str) -> MachineError:
    """Return the error for an ssh that did not start its command.

    Args:
        address: Where it went.
        said: What it said on standard error.
    """
    port = f"-p {address.port} " if address.port else ""
    facts = {
        "known": address.known_hosts,
        "ssh": f"{port}{address.host}",
        "copy": f"{f'-i {address.identity} ' if address.identity else ''}{port}{address.host}",
        "keys": address.identity or "your keys, of ~/.ssh and of the agent",
    }
    for pattern, what, hint in _MEANINGS:
        found = re.search(pattern, said)
        if found:
            facts |= found.groupdict()
            return MachineError(what.format(**facts), f"ssh {address}", hint.format(**facts))
    last = (said.strip().splitlines() or ["the machine runs no commands for this user"])[-1]
    return MachineError(last, f"ssh {address}", f"ssh -v {facts['ssh']}")
