"""The pillar that comes from the platform's own records: settings, what each app runs, its secrets."""

from __future__ import annotations

import sys
from typing import Any


def ext_pillar(minion_id: str, pillar: dict[str, Any], root: str) -> dict[str, Any]:
    """Return ``flipside`` (settings), ``apps`` (records with their manifests) and ``secrets``.

    Args:
        minion_id: Salt's name of the machine; there is one so far.
        pillar: What was compiled before.
        root: The platform's root on the master.
    """
    if f"{root}/lib" not in sys.path:
        sys.path.append(f"{root}/lib")
    from flipside.machine import pillar as records

    return records.compiled(root) | {"secrets": _secrets(root)}


def _secrets(root: str) -> dict[str, Any]:
    """Return the secrets of all sheets, each of which goes through the renderer, whatever it says.

    An SLS whose first line is damaged would go through another one, and be lost or stop all apps.
    """
    from salt.loader import render

    from flipside.secrets import pillar

    renderer = render(__opts__, __salt__)["flipside_secrets"]
    found: dict[str, Any] = {}
    for sls, text in pillar.sheets(root):
        for app, environments in renderer(text, sls=sls)["secrets"].items():
            for env, made in environments.items():
                pillar.add(found.setdefault(app, {}).setdefault(env, {}), made)
    return found
