"""Where the data that is no Python lies: Salt's states, the pillar, the app templates."""

from __future__ import annotations

from pathlib import Path

PACKAGE = Path(__file__).resolve().parent


def data_root() -> Path:
    """Return the folder that holds `salt/`, `pillar/` and `app_templates/`.

    In an installed wheel that is `flipside/data/`, in a checkout its top.
    """
    installed = PACKAGE / "data"
    return installed if installed.is_dir() else PACKAGE.parent
