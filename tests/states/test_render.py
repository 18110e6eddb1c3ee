"""Every SLS renders for every example pillar, and the real daemons take what comes out."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

TOP = Path(__file__).parents[2]
SLS = sorted(
    ".".join(path.relative_to(TOP / "salt").with_suffix("").parts).removesuffix(".init")
    for path in (TOP / "salt").rglob("*.sls")
    if path.name != "top.sls"
)
ORDERED = ("app.deploy", "app.gone")


def orders(minion: Any) -> Iterator[dict[str, Any]]:
    """What `app.deploy` and `app.gone` are called with, for each environment of the pillar."""
    for app, environments in minion.pillar.get("apps", {}).items():
        for env, record in environments.items():
            if record["manifest"] or record["pending_manifest"]:
                order = {"app": app, "env": env, "by": 'O\'Hara: "ann" #1@laptop'}
                pending = record["pending_manifest"] is not None
                yield {
                    "deploy": {**order, "pending": pending, "action": "deploy"},
                    "gone": {**order, "data": False},
                }


def rendered(minion: Any, sls: str) -> list[list[dict[str, Any]]]:
    """The chunks of an SLS, once for each order that it can get."""
    each = list(orders(minion)) if sls in ORDERED else [{}]
    found = [minion("state.show_low_sls", sls, pillar=order) for order in each]
    for chunks in found:
        assert all(isinstance(chunk, dict) for chunk in chunks), chunks
    return found


def sites(minion: Any) -> list[dict[str, Any]]:
    chunks = [chunk for run in rendered(minion, "app") for chunk in run]
    return [chunk for chunk in chunks if chunk["__id__"].endswith("-sites")]


@pytest.mark.parametrize("sls", SLS)
def test_renders_to_states_that_exist(minion: Any, sls: str) -> None:
    """Jinja, YAML, ids and requisites are sound, whatever the pillar."""
    for chunks in rendered(minion, sls):
        ids = [(chunk["__id__"], chunk["state"], chunk["name"]) for chunk in chunks]
        assert ids
        assert len(ids) == len(set(ids))
        for chunk in chunks:
            assert f"{chunk['state']}.{chunk['fun']}" in minion.states


def test_top_names_every_formula(minion: Any) -> None:
    """The highstate consists of all formulas; what is done by order only is in none of them."""
    every = YAML(typ="safe").load(TOP / "salt/top.sls")["base"].values()
    named = {name for names in every for name in names if isinstance(name, str)}
    assert {name for name in SLS if "." not in name} == named - {"app.boot"}
    assert set(minion("state.show_top")["base"]) < named
    assert not {chunk["__sls__"] for chunk in minion("state.show_lowstate")} & set(ORDERED)


def test_one_highstate_names_no_target_twice(minion: Any) -> None:
    """No file and no service is managed by two states."""
    chunks = minion("state.show_lowstate")
    targets = [(chunk["state"], chunk["name"]) for chunk in chunks if chunk["state"] != "test"]
    # What a state acts on is its name, but for those that say so by app and environment.
    assert sorted(targets) == sorted(set(targets))


def test_each_environment_has_a_site_of_its_own(minion: Any) -> None:
    """Of what is wanted, and of nothing else."""
    wanted = {
        f"{app}.{env}"
        for app, environments in minion.pillar.get("apps", {}).items()
        for env, record in environments.items()
        if record["manifest"]
    }
    assert {Path(site["name"]).stem for site in sites(minion)} == wanted


def test_nginx_accepts_the_configuration_with_every_site(minion: Any) -> None:
    """`nginx -t` takes the main file, then each site, then all of them at once."""
    done = minion.apply("nginx.config")
    assert {one["result"] for one in done.values()} == {True}, done
    for site in sites(minion):
        result = minion("state.low", site)
        assert result["result"], result["comment"]
    conf = minion.root / "etc/nginx/nginx.conf"
    said = subprocess.run(
        ["/usr/sbin/nginx", "-t", "-e", "stderr", "-c", conf],
        capture_output=True,
        text=True,
        check=False,
    )
    assert said.returncode == 0, said.stderr
    assert "warn" not in said.stderr


@pytest.mark.parametrize(
    ("sls", "argv"),
    [
        ("rsyslog.config", ["/usr/sbin/rsyslogd", "-N1", "-f", "etc/rsyslog.conf"]),
        (
            "logrotate.config",
            ["/usr/sbin/logrotate", "--debug", "--state", "/dev/null", "etc/logrotate.conf"],
        ),
    ],
)
def test_daemon_accepts_its_configuration(minion: Any, sls: str, argv: list[str]) -> None:
    """It is checked by the program that reads it, before it is put in place."""
    done = minion.apply(sls)
    assert {one["result"] for one in done.values()} == {True}, done
    assert {one["changes"] == {} for one in minion.apply(sls).values()} == {True}
    said = subprocess.run(argv, cwd=minion.root, capture_output=True, text=True, check=False)
    assert said.returncode == 0, said.stderr
    assert "error:" not in said.stderr
