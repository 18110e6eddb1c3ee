"""The state of an app's environment: the release that is wanted serves."""

from __future__ import annotations

from typing import Any


def live(
    name: str,
    app: str,
    env: str,
    pending: bool = False,
    action: str = "highstate",
    by: str = "schedule",
    snapshot: str | None = None,
) -> dict[str, Any]:
    """Make sure that an environment serves what pillar's ``apps`` wants of it.

    Args:
        name: Any name; the state acts on ``app`` and ``env``.
        app: The app's name.
        env: Its environment.
        pending: Whether the pending release is wanted; without, the one that is live.
        action: What it is done for; a ``deploy`` runs the deploy steps.
        by: Who asked.
        snapshot: The folder of the databases that a ``restore`` puts in place.
    """
    ret: dict[str, Any] = {"name": name, "changes": {}, "result": True, "comment": ""}
    asked = __salt__["flipside.reasons"](app, env, pending, action, by)  # type: ignore[name-defined]
    if "error" in asked:
        return ret | {"result": False, "comment": asked["error"]["what"], **_error(asked)}
    why = asked["reasons"]
    if why is None:
        return ret | {"comment": "nothing was deployed yet"}
    if not why:
        return ret | {"comment": "it is live"}
    if __opts__["test"]:  # type: ignore[name-defined]
        changes = {"live": {"old": "; ".join(why), "new": "as wanted"}}
        return ret | {"result": None, "comment": "; ".join(why), "changes": changes}
    done = __salt__["flipside.bring"](app, env, pending, action, by, snapshot)  # type: ignore[name-defined]
    if "error" in done:
        result = _outcome(done["error"], action)
        return ret | {"result": result, "comment": done["error"]["what"], **_error(done)}
    old = {"release": done["previous"]}
    new = {key: done[key] for key in ("release", "generation", "ran", "kept")}
    return ret | {"changes": {"old": old, "new": new}, "comment": "; ".join(why)}


def _error(done: dict[str, Any]) -> dict[str, Any]:
    """Return the whole error, for whoever asked for the state."""
    return {"flipside_error": done["error"]}


def _outcome(error: dict[str, Any], action: str) -> bool:
    """A highstate leaves alone what a person is changing at that moment."""
    return action == "highstate" and error["class"] == "LockedError"


def gone(name: str, app: str, env: str, data: bool, by: str) -> dict[str, Any]:
    """Make sure that an environment is no more; its data is kept unless ``data``.

    Args:
        name: Any name; the state acts on ``app`` and ``env``.
        app: The app's name.
        env: Its environment.
        data: Whether the data goes, too.
        by: Who asked.
    """
    ret: dict[str, Any] = {"name": name, "changes": {}, "result": True, "comment": "it is gone"}
    if not __salt__["flipside.exists"](app, env, data):  # type: ignore[name-defined]
        return ret
    if __opts__["test"]:  # type: ignore[name-defined]
        changes = {"environment": {"old": f"{app}.{env}", "new": None}}
        return ret | {"result": None, "comment": "it would go", "changes": changes}
    done = __salt__["flipside.remove"](app, env, data, by)  # type: ignore[name-defined]
    if "error" in done:
        return ret | {"result": False, "comment": done["error"]["what"], **_error(done)}
    return ret | {
        "changes": {"environment": {"old": f"{app}.{env}", "new": None}, "kept": done["kept"]}
    }
