"""What apps are doing, and their end."""

from __future__ import annotations

from typing import Any

import pytest

from flipside.errors import NotFoundError
from flipside.machine.verbs.apps import app_status, apps, destroy_app
from flipside.machine.verbs.deploys import deploy

NAMES = ("blog", "production")


@pytest.fixture
def live(platform: Any) -> Any:
    platform.release = platform.publish("1")
    deploy(platform.context, *NAMES, "latest", "ann")
    return platform


def test_status_tells_where_everything_is(live: Any) -> None:
    found = app_status(live.context, *NAMES)
    assert (found["release"], found["generation"]) == (live.release, 1)
    assert found["url"] == "http://blog.localhost:8080/"
    assert found["data"] == str(live.stage.layout.data(*NAMES))
    assert found["history"] == [live.release]
    assert found["recent"][0]["action"] == "deploy"
    assert [one["app"] for one in apps(live.context)] == ["blog"]


def test_status_of_an_unknown_app_names_the_known(live: Any) -> None:
    with pytest.raises(NotFoundError, match=r"there is blog \(production\)"):
        app_status(live.context, "blogg", "production")


def test_destroy_keeps_the_data(live: Any) -> None:
    live.stage.sql("CREATE TABLE t (x)")
    data = live.stage.layout.data(*NAMES)
    assert destroy_app(live.context, *NAMES, data=False, by="ann")["kept"] == str(data)
    assert live.stage.database.exists()
    assert not live.context.records.exists(*NAMES)
    assert apps(live.context) == []
    assert destroy_app(live.context, *NAMES, data=True, by="ann")["kept"] is None
    assert not data.exists()


def test_destroy_of_nothing(live: Any) -> None:
    with pytest.raises(NotFoundError, match="no blog in staging"):
        destroy_app(live.context, "blog", "staging", data=False, by="ann")
