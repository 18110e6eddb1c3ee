"""uwsgi's configuration: the app's options, and those that the platform owns."""

from __future__ import annotations

import configparser
from pathlib import Path
from typing import Any

from flipside.machine import uwsgi_config
from flipside.machine.uwsgi_config import ini


def pairs(text: str) -> list[tuple[str, str]]:
    head, *lines = text.splitlines()
    assert head == "[uwsgi]"
    return [(name, value) for name, _, value in (line.partition(" = ") for line in lines)]


def test_defaults_serve_a_small_app(stage: Any) -> None:
    found = dict(pairs(ini(stage.want("1"), 7)))
    run = stage.layout.run / "blog/production"
    assert found["socket"] == f"{run}/7.sock"
    assert found["module"] == "web:app"
    assert (found["processes"], found["threads"], found["lazy-apps"]) == ("1", "2", "true")
    assert int(found["buffer-size"]) == 32768
    assert found["logger"].startswith(f"rsyslog:{stage.layout.run}/log.sock,blog.production")


def test_app_chooses_its_own(stage: Any) -> None:
    """A list gives the option several times; null takes a default away; booleans are uwsgi's."""
    own = {"processes": 4, "threads": None, "cache2": ["name=a", "name=b"], "ignore-sigpipe": True}
    found = pairs(ini(stage.want("1", uwsgi=own), 1))
    assert ("processes", "4") in found
    assert "threads" not in dict(found)
    assert [value for name, value in found if name == "cache2"] == ["name=a", "name=b"]
    assert ("ignore-sigpipe", "true") in found


def test_it_is_an_ini_file(stage: Any) -> None:
    parser = configparser.RawConfigParser(strict=True)
    parser.read_string(ini(stage.want("1"), 1))
    assert parser.sections() == ["uwsgi"]


def test_backlog_is_within_what_the_kernel_allows(stage: Any) -> None:
    """Uwsgi refuses to start with a longer one."""
    limit = int(Path("/proc/sys/net/core/somaxconn").read_text())
    found = int(dict(pairs(ini(stage.want("1"), 1)))["listen"])
    assert found == min(uwsgi_config.BACKLOG, limit)
