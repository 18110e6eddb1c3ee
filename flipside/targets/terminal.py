"""Whether a person is there."""

from __future__ import annotations

import os


def has_terminal() -> bool:
    """Return whether somebody can type a password: it is asked for on the terminal, whatever stdin is."""
    try:
        os.close(os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY))
    except OSError:
        return False
    return True
