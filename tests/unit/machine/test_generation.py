"""Generations on disk: whole or not there, numbered upwards, equal when what they are made of is."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from flipside.errors import BadConfigError
from flipside.machine import generation as generations
from flipside.machine.generation import current, digest, make, others, point

NAMES = ("blog", "production")


def test_a_generation_holds_all_that_its_process_needs(stage: Any) -> None:
    made = make(stage.want("1", env={"GREETING": "hi $APP"}))
    assert made.number == 1
    assert made.service == "app.blog.production.1"
    assert made.release == "1-0a1b2c3d"
    assert made.variables["GREETING"] == "hi blog"
    assert made.socket == stage.layout.run / "blog/production/1.sock"
    assert (made.path / "files/settings.ini").read_text() == "version = 1"
    assert (made.path / "release").resolve() == stage.layout.release(*NAMES, made.release).resolve()
    assert set(made.spec) >= {"release", "digest", "at", "cwd", "callable", "health", "host"}


def test_secrets_are_the_owners_alone(stage: Any) -> None:
    made = make(stage.want("1"))
    assert made.path.stat().st_mode & 0o777 == 0o700
    files = [path for path in made.path.rglob("*") if path.is_file() and not path.is_symlink()]
    assert {path.stat().st_mode & 0o777 for path in files if "release" not in path.parts} == {0o600}


def test_numbers_go_up_past_gaps(stage: Any) -> None:
    first, second = make(stage.want("1")), make(stage.want("1"))
    (stage.layout.generations(*NAMES) / "notes").mkdir()
    assert (first.number, second.number, make(stage.want("1")).number) == (1, 2, 3)
    (stage.layout.generations(*NAMES) / "10").mkdir()
    assert make(stage.want("1")).number == 11


def test_a_half_made_one_is_not_there(stage: Any) -> None:
    """What stops in between leaves no folder that looks like a generation."""
    want = stage.want("1", files={"a.ini": "$NO_SUCH"})
    with pytest.raises(BadConfigError, match="NO_SUCH"):
        make(want)
    assert others(stage.layout, *NAMES, None) == []
    assert make(stage.want("1")).number == 1


def test_digest_tells_what_needs_another_process(stage: Any) -> None:
    want = stage.want("1")
    assert digest(want) == digest(stage.want("1"))
    assert digest(want) != digest(stage.want("2"))
    assert digest(want) != digest(stage.want("1", env={"A": "b"}))
    assert digest(want) != digest(stage.want("1", files={"a.ini": ""}))
    assert digest(want) != digest(stage.want("1", uwsgi={"threads": 4}))
    assert digest(want) != digest(replace(want, values={"A": "b"}))
    assert digest(want) == digest(stage.want("1", nginx={"client_max_body_size": "1k"}))


def test_current_is_what_the_link_says(stage: Any) -> None:
    assert current(stage.layout, *NAMES) is None
    made = make(stage.want("1"))
    point(stage.layout.current(*NAMES), "generations/1")
    assert current(stage.layout, *NAMES) == made
    point(stage.layout.current(*NAMES), "generations/9")
    assert current(stage.layout, *NAMES) is None
    assert [one.number for one in others(stage.layout, *NAMES, None)] == [1]
    assert others(stage.layout, *NAMES, made) == []


def test_point_replaces_whatever_is_left(stage: Any) -> None:
    link = stage.layout.root / "link"
    (stage.layout.root / ".link.new").symlink_to("left behind")
    for target in ("a", "b"):
        point(link, target)
        assert link.readlink() == Path(target)
    assert not os.path.lexists(stage.layout.root / ".link.new")


def test_name_that_is_a_prefix_is_a_stranger(stage: Any) -> None:
    generations.make(stage.want("1"))
    other = replace(stage.want("1"), app="blo")
    assert others(stage.layout, other.app, "production", None) == []
