"""Becoming nginx."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from flipside.machine import nginx_daemon, orphans


def test_workers_of_a_dead_master_go_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[Any] = []
    monkeypatch.setattr(orphans, "succeed", lambda record, *args: done.append(record))
    monkeypatch.setattr(os, "execv", lambda program, argv: done.append((program, argv)))
    nginx_daemon.main([str(tmp_path / "group"), "/usr/sbin/nginx", "-c", "x"])
    assert done == [tmp_path / "group", ("/usr/sbin/nginx", ["/usr/sbin/nginx", "-c", "x"])]
