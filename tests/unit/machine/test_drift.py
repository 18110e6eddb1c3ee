"""What scheduled highstates corrected is told until somebody has taken notice."""

from __future__ import annotations

from pathlib import Path

from flipside.machine import drift, highstate

CHANGED = {"__run_num__": 0, "__id__": "nginx-config", "name": "/nginx.conf", "result": True}
RETURN = {"a": CHANGED | {"changes": {"diff": "-by hand"}, "comment": "updated"}}


def test_only_what_the_schedule_changed_is_drift(tmp_path: Path) -> None:
    (tmp_path / "var").mkdir()
    highstate.remember(str(tmp_path), {"return": RETURN})
    assert drift.unseen(tmp_path) == []
    highstate.remember(str(tmp_path), {"return": RETURN, "schedule": "highstate"})
    highstate.remember(str(tmp_path), {"return": {}, "schedule": "highstate"})
    (one,) = drift.unseen(tmp_path)
    assert one["states"] == [{"id": "nginx-config", "name": "/nginx.conf", "comment": "updated"}]


def test_it_is_kept_until_acknowledged_and_within_bounds(tmp_path: Path) -> None:
    (tmp_path / "var").mkdir()
    for number in range(60):
        drift.note(tmp_path, [{"id": str(number), "name": "n", "comment": "c", "changes": {}}])
    assert [one["states"][0]["id"] for one in drift.unseen(tmp_path)][::49] == ["10", "59"]
    assert drift.acknowledge(tmp_path) == 50
    assert drift.unseen(tmp_path) == []
    assert drift.acknowledge(tmp_path) == 0
