"""Which failure of a run of states is the one to tell."""

from __future__ import annotations

from typing import Any

import pytest

from flipside.errors import DeployError, LockedError
from flipside.machine.verbs.change import first_line, raise_failure


def outcome(*failed: dict[str, Any], refused: tuple[str, ...] = ()) -> dict[str, Any]:
    return {"changed": [], "failed": list(failed), "refused": list(refused), "total": 1}


def state(comment: str, name: str = "x", **more: Any) -> dict[str, Any]:
    return {"id": "x", "name": name, "comment": comment, **more}


def test_nothing_failed() -> None:
    raise_failure(outcome(), "blog")


def test_error_of_ours_comes_back_as_its_class() -> None:
    error = {"class": "LockedError", "what": "held", "where": None, "next": "wait"}
    with pytest.raises(LockedError) as caught:
        raise_failure(outcome(state("x", error=error)), "blog")
    assert caught.value.next == "wait"


def test_consequence_is_not_the_cause() -> None:
    follows = state("One or more requisite failed: app.deploy.x")
    with pytest.raises(DeployError, match="no space left") as caught:
        raise_failure(outcome(follows, state("no space left", name="/etc/x")), "blog")
    assert caught.value.where == "/etc/x"


def test_refused_site_is_told_in_the_apps_words() -> None:
    comment = 'check_cmd execution failed\nnginx: [emerg] 1#1: unknown directive "x" in /a:1'
    with pytest.raises(DeployError, match='unknown directive "x"') as caught:
        raise_failure(outcome(state(comment, name="/e/nginx/candidates/a.b.conf")), "blog")
    assert caught.value.where == ".flipside-app: nginx"


def test_salts_own_refusal() -> None:
    with pytest.raises(DeployError, match="Rendering SLS failed"):
        raise_failure(outcome(refused=("Rendering SLS failed",)), "blog")


def test_first_line_of_a_failure() -> None:
    assert first_line(DeployError("a\nb")) == "a"
    assert first_line(KeyboardInterrupt()) == "interrupted"
