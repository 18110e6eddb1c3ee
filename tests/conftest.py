"""What every test shares: the option that runs the soaks, and the engine for those in containers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import docker_engine
import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add ``--slow``."""
    parser.addoption("--slow", action="store_true", help="run the soaks too")


@pytest.hookimpl(tryfirst=True)  # before ``-m`` picks by marks
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mark what needs Docker, and leave the soaks out unless they are asked for."""
    for item in items:
        if "machine_image" in getattr(item, "fixturenames", ()):
            item.add_marker("docker")
    if config.getoption("--slow"):
        return
    slow = [item for item in items if "slow" in item.keywords]
    config.hook.pytest_deselected(items=slow)
    items[:] = [item for item in items if item not in slow]


@pytest.fixture(scope="session", autouse=True)
def keys(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The folder of the private keys of every platform that a test makes."""
    folder = tmp_path_factory.mktemp("keys")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FLIPSIDE_KEYS", str(folder))
        yield folder


@pytest.fixture(scope="session")
def machine_image() -> Callable[[str], str]:
    """Return the tag of a stage of the Dockerfile (`machine`, `host`); an engine runs then."""
    return docker_engine.image_of
