"""The pillar that comes from the platform's own records: settings, and what each app runs."""

from __future__ import annotations

import sys
from typing import Any


def ext_pillar(minion_id: str, pillar: dict[str, Any], root: str) -> dict[str, Any]:
    """Return ``flipside`` (the platform's settings) and ``apps`` (records with their manifests).

    Args:
        minion_id: Salt's name of the machine; there is one so far.
        pillar: What was compiled before.
        root: The platform's root on the master.
    """
    if f"{root}/lib" not in sys.path:
        sys.path.append(f"{root}/lib")
    from flipside.machine import pillar as records

    return records.compiled(root)
