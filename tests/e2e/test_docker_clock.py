"""Two clocks that disagree, by days or more: it is said, and everything works."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from e2e.rig import App
from e2e.rig_docker import DockerPlatform


@pytest.mark.parametrize(
    ("offset", "said"), [("+2d", "2 days behind"), ("-400d", "400 days ahead"), ("+3h", "3 hours")]
)
def test_whose_clock_is_wrong_is_told_and_deploys_and_rolls_back(
    docker_platform: DockerPlatform,
    make_docker_app: Callable[..., App],
    offset: str,
    said: str,
) -> None:
    """It is the laptop's here: a container has the clock of its host, and only the difference counts."""
    (library,) = Path("/usr/lib").glob("*/faketime/libfaketime.so.1")
    wrong = {"LD_PRELOAD": str(library), "FAKETIME": offset}
    done = docker_platform.flipside("platform.bootstrap", "--target=docker", env=wrong)
    assert f"its clock is {said}" in done.out + done.err
    app = make_docker_app("clocks")
    for version in "12":
        app.write(version_txt=version)
        app.flipside("app.publish", env=wrong)
        app.flipside("app.deploy", env=wrong)
        assert app.version == version
    app.flipside("app.rollback", env=wrong)
    assert app.version == "1"
    assert "clocks" in app.flipside("app.status", env=wrong).out
    assert docker_platform.flipside("platform.apply", "--json", env=wrong).json["changed"] == []
