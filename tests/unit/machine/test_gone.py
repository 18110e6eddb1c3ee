"""The end of an environment: everything of it goes, its data only when told so."""

from __future__ import annotations

from typing import Any

import pytest

from flipside.errors import LockedError
from flipside.machine import gone, seal
from flipside.machine.lock import deploy_lock

NAMES = ("blog", "production")


@pytest.fixture
def deployed(stage: Any) -> Any:
    """A sealed release that serves, with a file in its data, beside a neighbour's."""
    want = stage.want("1")
    stage.switch(want)
    assert seal.is_sealed(want.release_dir)
    (stage.layout.data(*NAMES) / "app.db").write_text("rows")
    for name in ("blog1", "blo", "blog-x"):
        stage.layout.data(name, "production").mkdir(parents=True)
    return stage


def remove(stage: Any, *, data: bool) -> dict[str, Any]:
    return gone.remove(stage.fleet, *NAMES, data=data, by="ann")


def test_data_is_kept_and_said_where(deployed: Any) -> None:
    data = deployed.layout.data(*NAMES)
    assert gone.exists(deployed.layout, *NAMES, data=False)
    assert remove(deployed, data=False) == {"kept": str(data)}
    assert (data / "app.db").read_text() == "rows"
    assert not gone.exists(deployed.layout, *NAMES, data=False)
    assert deployed.fleet.told[-1] == "stop 1"
    assert not deployed.layout.run_dir(*NAMES).exists()
    assert not deployed.layout.log_dir(*NAMES).exists()
    assert {path.name for path in deployed.layout.apps.iterdir()} == {
        "blog",
        "blog1",
        "blo",
        "blog-x",
    }


def test_data_goes_when_told_so(deployed: Any) -> None:
    assert remove(deployed, data=True) == {"kept": None}
    assert not deployed.layout.data(*NAMES).exists()


def test_data_that_was_kept_is_there_to_go(deployed: Any) -> None:
    remove(deployed, data=False)
    assert gone.exists(deployed.layout, *NAMES, data=True)
    remove(deployed, data=True)
    assert not gone.exists(deployed.layout, *NAMES, data=True)


def test_removing_twice_is_no_error(deployed: Any) -> None:
    remove(deployed, data=False)
    assert remove(deployed, data=False)["kept"] == str(deployed.layout.data(*NAMES))


def test_a_deploy_under_way_is_not_pulled_away(deployed: Any) -> None:
    held = deploy_lock(deployed.layout.lock(*NAMES), "eve", "deploy")
    with held, pytest.raises(LockedError, match="eve"):
        remove(deployed, data=True)
    assert deployed.answer == "1-0a1b2c3d"
