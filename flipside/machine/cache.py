"""What keeps an app's keys in memcached its own: a prefix that no other app can guess.

memcached knows no users, and tells no keys (`-X`, `-W`): whoever does not know one can neither read
what it holds nor put in its place what another app unpickles.
"""

from __future__ import annotations

import hashlib
import hmac
import os

from flipside.machine.files import locked, write_atomic
from flipside.machine.layout import Layout

_BYTES = 32
# memcached takes keys of 250 bytes, and an app wants most of them: 24 digits are 96 bits.
_DIGITS = 24


def prefix(layout: Layout, app: str, env: str) -> str:
    """Return what the keys of an environment begin with, the same each time.

    Raises:
        OSError: If the machine's secret cannot be read or made.
    """
    unit = layout.unit(app, env)
    digest = hmac.new(_secret(layout), unit.encode(), hashlib.sha256).hexdigest()
    return f"{unit}-{digest[:_DIGITS]}"


def _secret(layout: Layout) -> bytes:
    """Return the machine's secret, made if there is none; root alone can read it."""
    path = layout.etc / "cache.key"
    with locked(path.with_suffix(".lock")):
        if not path.exists():
            write_atomic(path, os.urandom(_BYTES).hex().encode(), 0o600)
        return path.read_bytes()
