"""The local target as a whole is made end to end; here, what it does without processes."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any

import pytest

from flipside.config import PlatformConfig
from flipside.errors import MachineError
from flipside.targets.local import supervisor
from flipside.targets.local.target import Local


class Loaded:
    """A loaded .flipside-platform."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.path = folder, folder / ".flipside-platform"
        self.config = PlatformConfig(name="demo", target="local", runtime=str(folder / "run"))


class Narrator:
    @contextlib.contextmanager
    def step(self, title: str) -> Iterator[None]:
        yield

    def detail(self, text: str) -> None:
        """Say nothing."""


@pytest.fixture
def local(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Local:
    monkeypatch.setattr(supervisor, "stop", lambda root, run: 0)
    return Local(Loaded(tmp_path))


def test_everything_is_beneath_the_platforms_folder(local: Local, tmp_path: Path) -> None:
    assert (local.root, local.run) == (tmp_path / ".flipside", tmp_path / "run")


def test_platform_that_was_never_made_or_does_not_run(local: Local, tmp_path: Path) -> None:
    with pytest.raises(MachineError, match="never made") as caught:
        local.machine()
    assert caught.value.next == "flipside platform.bootstrap --target=local"
    (local.root / "etc").mkdir(parents=True)
    (local.root / "etc/layout.json").write_text("{}")
    with pytest.raises(MachineError, match="not running"):
        local.machine()
    assert local.machine(up=False).root == PurePosixPath(local.root)


def data(local: Local, app: str, text: str = "rows") -> Path:
    folder = local.root / f"apps/{app}/production/data"
    folder.mkdir(parents=True)
    if text:
        (folder / "app.db").write_text(text)
    return folder


def destroy(local: Local, *, keep_data: bool) -> Any:
    return local.destroy(Narrator(), keep_data=keep_data)


def test_destroy_puts_data_by(local: Local, tmp_path: Path) -> None:
    """And a second time beside what was put by before."""
    for number in (1, 2):
        data(local, "blog", f"rows {number}")
        data(local, "empty", "")
        sealed = local.root / "apps/blog/production/releases/1/tree"
        sealed.mkdir(parents=True)
        sealed.chmod(0o555)
        kept = destroy(local, keep_data=True)
        assert kept == PurePosixPath(tmp_path / "flipside-data")
        assert not local.root.exists()
    found = {path.parent.name: path.read_text() for path in Path(kept).rglob("app.db")}
    assert found == {"production": "rows 1", "production.2": "rows 2"}


def test_destroy_with_data_leaves_nothing(local: Local, tmp_path: Path) -> None:
    data(local, "blog")
    local.run.mkdir()
    assert destroy(local, keep_data=False) is None
    assert list(tmp_path.iterdir()) == []
    assert destroy(local, keep_data=True) is None
