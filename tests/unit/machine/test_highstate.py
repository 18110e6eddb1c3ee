"""What a run of states did, boiled down and remembered."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from flipside.machine import highstate


def state(number: int, name: str, **fields: Any) -> dict[str, Any]:
    return {"__run_num__": number, "__id__": name, "name": name, "result": True, **fields}


RETURN = {
    "b": state(1, "two", result=False, comment=["a", "b"], duration=500),
    "a": state(0, "one", changes={"x": 1}, flipside_error={"what": "w"}),
    "c": state(2, "three", changes={}, result=None),
    "d": state(3, "four", changes={}),
}


def test_summary_counts_in_the_order_of_the_run() -> None:
    found = highstate.summary(RETURN)
    assert (found["total"], found["refused"]) == (4, [])
    assert [one["id"] for one in found["changed"]] == ["one", "three"]
    (failed,) = found["failed"]
    assert (failed["id"], failed["comment"], failed["seconds"]) == ("two", "a\nb", 0.5)
    assert found["changed"][0]["error"] == {"what": "w"}


@pytest.mark.parametrize("returned", [["no"], "no", None])
def test_refusal_is_no_result(returned: Any) -> None:
    found = highstate.summary(returned)
    assert found["total"] == 0
    assert found["refused"] == ["no" if returned else "None"]


def test_remembered_outcome_is_the_last(tmp_path: Path) -> None:
    (tmp_path / "var").mkdir()
    assert highstate.last(tmp_path) is None
    highstate.remember(str(tmp_path), {"return": RETURN})
    found = highstate.last(tmp_path)
    assert found is not None
    assert (found["total"], found["seconds"]) == (4, 0.5)
    busy = {"return": ['The function "state.apply" is running as PID 1: already running']}
    highstate.remember(str(tmp_path), busy | {"return": ["already running"]})
    assert highstate.last(tmp_path) == found
    highstate.remember(str(tmp_path), {"return": ["Rendering SLS failed"]})
    assert (highstate.last(tmp_path) or {})["refused"] == ["Rendering SLS failed"]


def test_half_written_file_is_none(tmp_path: Path) -> None:
    (tmp_path / "var").mkdir()
    (tmp_path / "var/highstate.json").write_text('{"at":')
    assert highstate.last(tmp_path) is None
