"""Salt's configuration: everything beneath one folder, nothing accepted by itself."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import Any

import pytest

from flipside.salt.config import MINION_ID, SaltPaths, master_config, minion_config

ROOT, RUN = PurePosixPath("/srv/demo"), PurePosixPath("/tmp/fs")
PATHS = SaltPaths(ROOT, RUN)
PORTS = {"publish": 24505, "ret": 28505}
MASTER = master_config(PATHS, PORTS, "ann")
MINION = minion_config(PATHS, PORTS, "ann", {"flipside": {}}, {"service": "supervisord"})
# Salt's own, which would lie elsewhere if they were not set.
OWN = ["pki_dir", "cachedir", "sock_dir", "sqlite_queue_dir", "pidfile", "extension_modules"]


@pytest.mark.parametrize("config", [MASTER, MINION], ids=["master", "minion"])
@pytest.mark.parametrize("key", OWN)
def test_all_paths_are_the_platforms(config: dict[str, Any], key: str) -> None:
    """Salt's defaults are folders of root's."""
    assert config[key].startswith((f"{ROOT}/", f"{RUN}/"))


def test_master_and_minion_share_nothing_but_the_ports() -> None:
    for key in OWN:
        assert MASTER[key] != MINION[key]
    assert (MINION["publish_port"], MINION["master_port"]) == (24505, 28505)
    assert (MASTER["publish_port"], MASTER["ret_port"]) == (24505, 28505)


def test_only_the_loopback_and_only_known_keys() -> None:
    assert MASTER["interface"] == MINION["master"] == "127.0.0.1"
    assert MASTER["auto_accept"] is MASTER["open_mode"] is False
    assert MINION["id"] == MINION_ID


def test_no_secret_is_cached() -> None:
    assert MASTER["minion_data_cache"] is False


def test_own_pillar_comes_before_the_shipped_one() -> None:
    assert MASTER["pillar_roots"] == {"base": [f"{ROOT}/srv/pillar-own", f"{ROOT}/srv/pillar"]}
    assert MASTER["ext_pillar"] == [{"flipside_apps": {"root": str(ROOT)}}]


def test_the_renderer_of_secrets_is_found_and_finds_the_key() -> None:
    assert MASTER["render_dirs"] == [f"{ROOT}/srv/salt/_renderers"]
    assert MASTER["flipside"] == {"root": str(ROOT)}


def test_grains_and_providers_are_passed_on() -> None:
    assert MINION["grains"] == {"flipside": {}}
    assert MINION["providers"] == {"service": "supervisord"}
    assert MINION["autoload_dynamic_modules"] is False


@pytest.mark.parametrize("role", ["master", "minion"])
def test_folders_of_a_role(role: str) -> None:
    assert str(PATHS.config_dir(role)) == f"/srv/demo/etc/salt/{role}"
    assert str(PATHS.pki(role)) == f"/srv/demo/etc/salt/pki/{role}"
