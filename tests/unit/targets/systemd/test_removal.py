"""What a removal does to files; units, packages and users are proven on real machines."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from flipside.machine import users
from flipside.targets.systemd import removal

CLEAR = Path(removal.__file__).with_name("clear.sh")


class Box:
    """A platform's folders."""

    def __init__(self, folder: Path) -> None:
        self.root, self.run, self.kept = (folder / name for name in ("root", "run", "kept"))

    def make(self) -> None:
        """Have a platform with two environments, one without data."""
        for name in ("var", "lib", "apps/blog/production/data", "apps/blog/staging/data"):
            (self.root / name).mkdir(parents=True)
        self.run.mkdir(exist_ok=True)
        (self.root / "apps/blog/production/data/app.db").write_text("rows")

    def clear(self, *, keep: bool) -> list[str]:
        words = [str(self.kept)] if keep else []
        argv = ["sh", "-s", "--", str(self.root), str(self.run), *words]
        done = subprocess.run(argv, input=CLEAR.read_bytes(), capture_output=True, check=True)
        assert done.stderr == b""
        return done.stdout.decode().splitlines()


@pytest.fixture
def box(tmp_path: Path) -> Box:
    made = Box(tmp_path)
    made.make()
    return made


def test_nothing_stays_unless_data_is_kept(box: Box, tmp_path: Path) -> None:
    assert box.clear(keep=False) == []
    assert list(tmp_path.iterdir()) == []


def test_data_is_kept_and_closed(box: Box) -> None:
    assert box.clear(keep=True) == [f"kept={box.kept}"]
    assert not box.root.exists()
    assert [path.name for path in (box.kept / "blog").iterdir()] == ["production"]
    assert (box.kept / "blog/production/app.db").read_text() == "rows"
    for folder in (box.kept, box.kept / "blog/production"):
        assert folder.stat().st_mode & 0o777 == 0o700
        assert folder.stat().st_uid == os.getuid()


def test_data_of_before_is_never_replaced(box: Box) -> None:
    for _ in range(3):
        box.clear(keep=True)
        box.make()
    names = sorted(path.name for path in (box.kept / "blog").iterdir())
    assert names == ["production", "production.2", "production.3"]


def test_removal_that_was_cut_still_tells_what_it_kept(box: Box) -> None:
    (box.root / "var/kept").touch()
    (box.root / "apps/blog/production/data/app.db").unlink()
    assert box.clear(keep=True) == [f"kept={box.kept}"]


def test_removal_of_nothing_does_nothing(box: Box) -> None:
    box.clear(keep=False)
    assert box.clear(keep=True) == []


@pytest.mark.parametrize("app", ["blog", "a" * 28, "a" * 29, "a-very-long-name-of-an-app-" * 2])
def test_users_are_named_as_those_who_make_them_do(app: str) -> None:
    script = CLEAR.read_text()
    function = script[script.index("user() {") : script.index("[ -z")]
    argv = ["sh", "-c", f'{function}\nuser "$1"', "sh", app]
    assert subprocess.run(argv, capture_output=True, text=True, check=True).stdout.strip() == (
        users.name_of(app)
    )
