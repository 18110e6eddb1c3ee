"""Where things lie, and which names may become paths."""

from __future__ import annotations

import json
import socket
from pathlib import Path

import pytest

from flipside.errors import FlipsideError, MachineError
from flipside.machine.layout import Layout, check_socket_path

AT = Layout(Path("/srv/flipside"), Path("/run/flipside"))


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        (
            AT.release("blog", "production", "1.2-0a1b2c3d"),
            "apps/blog/production/releases/1.2-0a1b2c3d",
        ),
        (
            AT.tree("blog", "production", "1-0a1b2c3d"),
            "apps/blog/production/releases/1-0a1b2c3d/tree",
        ),
        (AT.generation("blog", "production", 7), "apps/blog/production/generations/7"),
        (AT.current("blog", "production"), "apps/blog/production/current"),
        (AT.data("blog", "pr-12"), "apps/blog/pr-12/data"),
        (AT.lock("blog", "production"), "apps/blog/production/lock"),
        (AT.log_dir("blog", "staging"), "log/apps/blog.staging"),
        (AT.manifest("blog", "1-0a1b2c3d"), "store/manifests/blog/1-0a1b2c3d.json"),
        (AT.tags("blog"), "store/tags/blog.json"),
        (AT.record("blog", "production"), "store/records/blog.production.json"),
        (AT.audit, "store/audit.jsonl"),
    ],
)
def test_paths(path: Path, expected: str) -> None:
    """Each path is the one that the design names."""
    assert path == AT.root / expected


def test_sockets_lie_in_the_run_folder() -> None:
    """A generation's socket and the current one are neighbours below ``run``."""
    folder = Path("/run/flipside/blog/production")
    assert AT.socket("blog", "production", 3) == folder / "3.sock"
    assert AT.current_socket("blog", "production") == folder / "current.sock"


@pytest.mark.parametrize(
    "name", ["", ".", "..", "a/b", "../x", "Blog", "-a", "a-", "a.b", "a" * 64, "a\n"]
)
def test_a_name_that_is_no_dns_label_never_becomes_a_path(name: str) -> None:
    """App and environment names are checked wherever a path is made of them."""
    for make in (AT.app_dir, AT.record, AT.log_dir, AT.run_dir):
        with pytest.raises(FlipsideError, match="no name for an app"):
            make(name, "production")
        with pytest.raises(FlipsideError, match="no name for an environment"):
            make("blog", name)


@pytest.mark.parametrize(
    "release", ["", "..", "1.2", "../1-0a1b2c3d", "1/2-0a1b2c3d", ".1-0a1b2c3d", "1-0A1B2C3D"]
)
def test_a_release_id_that_is_none_never_becomes_a_path(release: str) -> None:
    """Neither does what is no version, hyphen and 8 hex digits."""
    with pytest.raises(FlipsideError, match="no release id"):
        AT.release("blog", "production", release)


@pytest.mark.parametrize("version", ["1.2.3", "0", "1.0rc1+local.5", "1!2.0", "2026.11-beta"])
def test_any_version_makes_a_release_id(version: str) -> None:
    """Epochs, local versions and free-form versions are allowed."""
    assert AT.release("a", "b", f"{version}-0a1b2c3d").name == f"{version}-0a1b2c3d"


def test_the_longest_socket_path_can_be_bound_and_one_more_byte_cannot(short: Path) -> None:
    """The limit that is checked is the kernel's."""
    longest = short / ("s" * (107 - len(str(short)) - 1))
    with socket.socket(socket.AF_UNIX) as bound:
        bound.bind(str(check_socket_path(longest)))
    with socket.socket(socket.AF_UNIX) as bound, pytest.raises(OSError, match="too long"):
        bound.bind(f"{longest}s")
    with pytest.raises(FlipsideError, match="1 bytes longer") as caught:
        check_socket_path(Path(f"{longest}s"))
    assert "runtime" in (caught.value.next or "")


def test_a_layout_is_read_from_its_root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """``etc/layout.json`` says where it is, and the environment names the root."""
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc/layout.json").write_text(json.dumps({"root": str(tmp_path), "run": "/tmp/fs"}))
    monkeypatch.setenv("FLIPSIDE_ROOT", str(tmp_path))
    assert Layout.from_env() == Layout.from_root(tmp_path) == Layout(tmp_path, Path("/tmp/fs"))


@pytest.mark.parametrize("content", [None, "", "[]", "{}", '{"root": "/"}'])
def test_half_a_platform_has_no_layout(tmp_path: Path, content: str | None) -> None:
    """A missing or broken file says to bootstrap."""
    (tmp_path / "etc").mkdir()
    if content is not None:
        (tmp_path / "etc/layout.json").write_text(content)
    with pytest.raises(MachineError, match="no readable layout") as caught:
        Layout.from_root(tmp_path)
    assert caught.value.next == "flipside platform.bootstrap"


def test_environments_are_whole_names(layout: Layout) -> None:
    """Each folder is its own environment; what is no name is none."""
    for name in ("app1/production", "app10/production", "app1-x/pr-1", "app1/.old"):
        (layout.apps / name).mkdir(parents=True)
    (layout.apps / "stray").write_text("")
    found = list(layout.environments())
    assert found == [("app1", "production"), ("app1-x", "pr-1"), ("app10", "production")]
