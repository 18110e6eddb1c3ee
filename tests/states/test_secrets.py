"""Sheets in the pillar that Salt's master compiles, through the renderer that is really its own."""

from __future__ import annotations

import getpass
import json
from pathlib import Path, PurePosixPath
from typing import Any

import pytest

from flipside.machine.layout import Layout
from flipside.machine.sheets import GENERATED, SENT, Sheets
from flipside.salt.config import SaltPaths, master_config
from flipside.secrets import identity, sheet
from flipside.secrets.sealed import Place, seal

TOP = Path(__file__).parents[2]
HERE = ("guestbook", "production")


@pytest.fixture
def sheets(tmp_path: Path) -> Sheets:
    """Those of a platform with a key, a record and nothing else."""
    for name in ("srv/pillar-own", "etc", "lib", "store/records"):
        (tmp_path / name).mkdir(parents=True)
    for name in ("salt", "pillar"):
        (tmp_path / "srv" / name).symlink_to(TOP / name)
    (tmp_path / "lib/flipside").symlink_to(TOP / "flipside")
    layout = {"root": str(tmp_path), "run": str(tmp_path / "run")}
    (tmp_path / "etc/layout.json").write_text(json.dumps(layout))
    (tmp_path / "etc/settings.json").write_text(json.dumps({"nginx": {"http_port": 1}}))
    made = Sheets(Layout.from_root(tmp_path))
    made.add_key(identity.generate())
    return made


@pytest.fixture
def compiled(sheets: Sheets):
    """Compile the pillar as the master does."""

    def compile_pillar() -> dict[str, Any]:
        import salt.config
        import salt.pillar

        root = PurePosixPath(sheets.layout.root)
        config = sheets.layout.root / "master"
        ports = {"publish": 1, "ret": 2}
        paths = SaltPaths(root, root / "run")
        config.write_text(json.dumps(master_config(paths, ports, getpass.getuser())))
        opts = salt.config.master_config(str(config))
        grains = {"flipside": {"root": str(root)}}
        return salt.pillar.Pillar(opts, grains, "platform", "base").compile_pillar()

    return compile_pillar


def put(sheets: Sheets, kind: str, env: str = "production", **values: str) -> Path:
    """Write a sheet with sealed values."""
    key = identity.public(sheets.privates()[0])
    sealed = {n: seal(v, Place("guestbook", env, n), [key]) for n, v in values.items()}
    path = sheets.layout.sheet(kind, "guestbook", env)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(sheet.text(sealed))
    return path


def test_values_are_in_the_pillar_by_app_environment_and_kind(sheets: Sheets, compiled) -> None:
    put(sheets, SENT, A="{{ a }} %s $HOME 🔑\n")
    put(sheets, GENERATED, A="made", B="made")
    put(sheets, SENT, "init", C="c")
    found = compiled()
    assert "_errors" not in found
    assert found["secrets"] == {
        "guestbook": {
            "init": {"secrets": {"C": "c"}, "unreadable": {}},
            "production": {
                "secrets": {"A": "{{ a }} %s $HOME 🔑\n"},
                "generated": {"A": "made", "B": "made"},
                "unreadable": {},
            },
        }
    }


@pytest.mark.parametrize(
    "text", ["", "A: x\n", "{% x %}", "#!py\nraise SystemExit\n", "#!yaml\nsecrets: {}\n", "\xff"]
)
def test_a_sheet_that_is_none_is_unreadable_and_stops_nothing(
    sheets: Sheets, compiled, text: str
) -> None:
    put(sheets, SENT, "staging", B="b")
    put(sheets, SENT).write_text(text)
    found = compiled()
    assert "_errors" not in found
    both = found["secrets"]["guestbook"]
    assert both["staging"] == {"secrets": {"B": "b"}, "unreadable": {}}
    assert "secrets" not in both["production"]
    (why,) = both["production"]["unreadable"].values()
    assert why.startswith("pillar/secrets/guestbook/production.sls")


def test_without_secrets_there_are_none(compiled) -> None:
    assert compiled()["secrets"] == {}
