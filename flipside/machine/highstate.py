"""What a run of states did: read from Salt's return, remembered, and shown."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from typing import Any

from flipside.machine import drift


def summary(returned: Any) -> dict[str, Any]:
    """Boil a state run's return down.

    Args:
        returned: What ``state.apply`` returned: a mapping of state results, or, when nothing
            could run at all, a list of messages.

    Returns:
        ``{"total", "changed": [..], "failed": [..], "refused": [messages]}``; each entry of the
        first two lists is ``{"id", "name", "comment", "changes", "seconds"}``.
    """
    if not isinstance(returned, dict):
        messages = returned if isinstance(returned, list) else [str(returned)]
        return {"total": 0, "changed": [], "failed": [], "refused": messages}
    states = sorted(returned.values(), key=lambda state: state.get("__run_num__", 0))
    return {
        "total": len(states),
        "changed": [_brief(state) for state in states if _changes(state)],
        "failed": [_brief(state) for state in states if state.get("result") is False],
        "refused": [],
    }


def _changes(state: dict[str, Any]) -> bool:
    """A state changed something, or, with Salt's ``test=True``, would (result None)."""
    return bool(state.get("changes")) or state.get("result") is None


def _brief(state: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": state.get("__id__", ""),
        "name": state.get("name", ""),
        "comment": _text(state.get("comment", "")),
        "changes": state.get("changes") or {},
        "seconds": float(state.get("duration") or 0) / 1000,
        "error": state.get("flipside_error"),
    }


def _text(comment: Any) -> str:
    return "\n".join(map(str, comment)) if isinstance(comment, list) else str(comment)


def remember(root: str, job: dict[str, Any]) -> None:
    """Write the outcome of a job to ``var/highstate.json``; a refused run is not an outcome.

    Args:
        root: The platform's root.
        job: Salt's job return: ``return`` holds the states; one by schedule has ``schedule``.
    """
    outcome = summary(job.get("return"))
    if outcome["refused"] and "already running" in " ".join(map(str, outcome["refused"])):
        return
    seconds = sum(float(s.get("duration") or 0) for s in _states(job.get("return"))) / 1000
    path = Path(root) / "var/highstate.json"
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    temporary.write_text(json.dumps({"at": time.time(), "seconds": seconds, **outcome}))
    temporary.replace(path)
    if "schedule" in job and outcome["changed"]:
        drift.note(Path(root), outcome["changed"])


def _states(returned: Any) -> list[dict[str, Any]]:
    return list(returned.values()) if isinstance(returned, dict) else []


def last(root: Path) -> dict[str, Any] | None:
    """Return what `remember` wrote last, or None."""
    try:
        outcome: dict[str, Any] = json.loads((root / "var/highstate.json").read_text())
    except (OSError, ValueError):
        return None
    return outcome
