"""The text of a generation's units; what systemd makes of them is tested end to end."""

from __future__ import annotations

import configparser
from typing import Any

from flipside.machine.generation import make
from flipside.machine.units import texts


def parsed(text: str) -> configparser.RawConfigParser:
    parser = configparser.RawConfigParser(strict=False)
    parser.optionxform = str  # type: ignore[assignment]
    parser.read_string(text)
    return parser


def test_socket_and_service_of_a_generation(stage: Any) -> None:
    generation = make(stage.want("1", resources={"memory": "99M"}))
    found = texts(generation)
    socket, service = parsed(found["socket"]), parsed(found["service"])
    assert socket["Socket"]["ListenStream"] == str(generation.socket)
    assert socket["Socket"]["TriggerLimitIntervalSec"] == "0"
    assert service["Unit"]["Requires"] == "app.blog.production.1.socket"
    assert service["Service"]["User"] == "app-blog"
    assert service["Service"]["ExecStart"].endswith(f"serve.py {generation.path}")
    assert service["Service"]["KillSignal"] == "SIGHUP"
    assert service["Service"]["MemoryMax"] == "99M"
    assert int(service["Service"]["TimeoutStopSec"]) > 60


def test_they_follow_from_the_generation_alone(stage: Any) -> None:
    """So that a unit which a hand has changed is noticed."""
    generation = make(stage.want("1"))
    assert texts(generation) == texts(generation)
