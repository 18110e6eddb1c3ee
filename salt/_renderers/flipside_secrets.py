"""Sheets of secrets, opened while the pillar compiles; the work is done by `flipside.secrets`."""

from __future__ import annotations

import sys
from typing import Any


def render(content: Any, saltenv: str = "base", sls: str = "", **kwargs: Any) -> dict[str, Any]:
    """Return the pillar that a sheet makes.

    Args:
        content: The sheet, as text or a stream.
        saltenv: Salt's environment.
        sls: The sheet's name in pillar: ``secrets.<app>.<env>``.
        kwargs: What else Salt gives to every renderer.
    """
    root = __opts__["flipside"]["root"]
    if f"{root}/lib" not in sys.path:
        sys.path.append(f"{root}/lib")
    from flipside.secrets import pillar

    text = content if isinstance(content, str) else content.read()
    return pillar.rendered(text, sls, root)
