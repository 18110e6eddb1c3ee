"""Assert which execution module answers to ``service``."""

from __future__ import annotations

from typing import Any

USED = ("start", "stop", "restart", "reload", "status", "available", "enabled", "enable", "offline")


def is_(name: str) -> dict[str, Any]:
    """Fail unless each ``service`` function that states use comes from the module ``name``.

    Salt fills in what a provider lacks from others: ``service.running`` then starts the
    distribution's own daemons, or returns True "in OFFLINE mode".
    """
    found = sorted({_provider(function) or "nothing" for function in USED})
    comment = f"service is provided by {', '.join(found)}"
    return {"name": name, "changes": {}, "result": found == [name], "comment": comment}


def _provider(function_name: str) -> str | None:
    function = __salt__.get(f"service.{function_name}")  # type: ignore[name-defined]
    return function.__module__.rpartition(".")[2] if function else None


__func_alias__ = {"is_": "is"}
