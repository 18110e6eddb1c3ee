"""The doctor of a local platform that is down."""

from __future__ import annotations

import json
import socket

import pytest

from flipside.config import load_platform
from flipside.targets import target_of


@pytest.fixture
def platform(tmp_path):
    path = tmp_path / ".flipside-platform"
    path.write_text(f"target: local\nruntime: {tmp_path}/run\n")
    return load_platform(path)


def by_name(platform):
    return {check["name"]: check for check in target_of(platform).checks()}


def test_a_platform_that_was_never_made_says_what_to_type(platform) -> None:
    checks = by_name(platform)
    for name in ("state folder", "runtime folder", "supervisord"):
        assert not checks[name]["ok"]
        assert checks[name]["next"] == "flipside platform.bootstrap"


def test_a_port_that_somebody_took_is_named(platform) -> None:
    etc = platform.folder / ".flipside/etc"
    etc.mkdir(parents=True)
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        (etc / "ports.json").write_text(json.dumps({"http": port}))
        check = by_name(platform)["http port"]
    assert not check["ok"]
    assert check["detail"] == f"port {port} is taken by another program"
    assert by_name(platform)["http port"]["ok"]
