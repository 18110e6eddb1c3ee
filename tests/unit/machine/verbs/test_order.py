"""Whose environment, and who asks."""

from __future__ import annotations

from typing import Any

from flipside.machine.verbs.order import Order


def test_record_is_read_anew_each_time(platform: Any) -> None:
    order = Order(platform.context, "blog", "production", "ann")
    assert order.record["stopped"] is False
    order.set_stopped(stopped=True)
    assert order.record["stopped"] is True


def test_audit_names_environment_and_person(platform: Any) -> None:
    Order(platform.context, "blog", "staging", "ann").audit("stop", "ok", seconds=1.0)
    (entry,) = platform.context.audit.read("blog", "staging", 5)
    assert (entry["by"], entry["action"], entry["seconds"]) == ("ann", "stop", 1.0)
