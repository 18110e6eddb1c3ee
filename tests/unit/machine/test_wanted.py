"""Every value of an app's environment: where it comes from, and which of two wins."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from flipside.errors import BadConfigError
from flipside.machine import wanted as wants
from flipside.machine.wanted import environment, files, filled, laid_out, variables


def test_domains_end_with_the_platforms_own(stage: Any) -> None:
    """The name that resolves on this machine is always there, and never twice."""
    assert stage.want("1").domains == ["blog.localhost"]
    assert stage.want("1", domains=["b.org", "blog.localhost"]).domains == [
        "b.org",
        "blog.localhost",
    ]
    assert replace(stage.want("1"), env="staging").domains == ["staging.blog.localhost"]


def test_origins_carry_the_port_unless_it_is_80(stage: Any) -> None:
    want = stage.want("1", domains=["b.org"])
    assert want.origins == ["http://b.org:8080", "http://blog.localhost:8080"]
    assert want.url == "http://blog.localhost:8080/"
    assert replace(want, settings={"domain": "localhost"}).url == "http://blog.localhost/"


def test_every_documented_variable_is_there(stage: Any) -> None:
    """As FLIPSIDE_NAME; three of them as they are, since apps look for those."""
    names = "APP ENVIRONMENT RELEASE DATA_DIR HOME TREE VENV STATIC_ROOT DOMAINS ORIGINS URL"
    known = variables(stage.want("1"))
    assert set(known) == {*names.split(), "MEMCACHED", "CACHE_PREFIX"}
    found = environment(stage.want("1"))
    assert {f"FLIPSIDE_{name}": value for name, value in known.items()}.items() <= found.items()
    assert {found[name] for name in ("DATA_DIR", "HOME", "MEMCACHED")} == {
        known[name] for name in ("DATA_DIR", "HOME", "MEMCACHED")
    }


def test_environment_holds_nothing_of_ours(stage: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the platform's own processes run with is none of the app's business."""
    monkeypatch.setenv("PYTHONPATH", "/platform")
    monkeypatch.setenv("AWS_SECRET", "x")
    monkeypatch.setenv("TZ", "Europe/Berlin")
    want = stage.want("1", wsgi={"callable": "web:app", "chdir": "src", "pythonpath": ["src", "."]})
    found = environment(want)
    tree = want.release_dir.resolve() / "tree"
    assert found["PYTHONPATH"] == f"{tree}/src:{tree}"
    assert found["PATH"].startswith(f"{want.release_dir}/venv/bin:")
    assert found["TZ"] == "Europe/Berlin"
    assert "AWS_SECRET" not in found
    assert want.cwd == want.release_dir / "tree/src"


def test_what_a_person_set_wins_and_is_taken_literally(stage: Any) -> None:
    want = stage.want("1", env={"A": "$APP", "B": "${ENVIRONMENT}$$", "C": 1})
    found = environment(replace(want, values={"A": "$5"}))
    assert (found["A"], found["B"], found["C"]) == ("$5", "production$", "1")


def test_files_may_name_the_apps_own_variables(stage: Any) -> None:
    want = stage.want("1", files={"a.ini": "$SECRET in $DATA_DIR"})
    data = stage.layout.data("blog", "production")
    assert files(want, {"SECRET": "s"}) == {"a.ini": f"s in {data}"}


@pytest.mark.parametrize(
    ("text", "what"), [("$NO", "no variable is named"), ("5 $", "stands alone")]
)
def test_what_cannot_be_filled_in_is_named(text: str, what: str) -> None:
    with pytest.raises(BadConfigError, match=what) as caught:
        filled("env: A", text, {"APP": "blog"})
    assert caught.value.where == "env: A"


def test_environments_are_laid_over_key_by_key() -> None:
    config = {
        "env": {"A": "1", "B": "2"},
        "domains": ["a"],
        "keep": 5,
        "environments": {"staging": {"env": {"B": "3"}, "domains": ["b"]}},
    }
    assert laid_out(config, "production") == {
        "env": {"A": "1", "B": "2"},
        "domains": ["a"],
        "keep": 5,
    }
    assert laid_out(config, "staging") == {"env": {"A": "1", "B": "3"}, "domains": ["b"], "keep": 5}
    assert laid_out({"environments": None}, "staging") == {}
    assert wants.laid_out(config, "stag") == laid_out(config, "production")
