"""Who runs us."""

from __future__ import annotations

import getpass
import socket


def who() -> str:
    """Return who asks, as `user@host`: for locks and the audit trail."""
    return f"{getpass.getuser()}@{socket.gethostname()}"
