"""Files that come in one round trip: written if they differ, and marked as news before."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from flipside.machine.receive import receive


def order(folder: Path, **contents: str) -> dict[str, Any]:
    files = {
        str(folder / name): {"content": text, "mode": 0o600} for name, text in contents.items()
    }
    quiet = {str(folder / "quiet/settings"): {"content": "{}", "mode": 0o644}}
    return {"news": str(folder / "news"), "files": files, "quiet": quiet}


def test_only_what_differs_is_written_and_named(tmp_path: Path) -> None:
    written = receive(order(tmp_path, one="1", two="2"))
    assert written == [str(tmp_path / name) for name in ("one", "two", "quiet/settings")]
    assert receive(order(tmp_path, one="1", two="2")) == []
    assert receive(order(tmp_path, one="1", two="zwei")) == [str(tmp_path / "two")]
    assert (tmp_path / "two").read_text() == "zwei"


def test_mode_is_a_difference(tmp_path: Path) -> None:
    receive(order(tmp_path, one="1"))
    (tmp_path / "one").chmod(0o644)
    assert receive(order(tmp_path, one="1")) == [str(tmp_path / "one")]
    assert (tmp_path / "one").stat().st_mode & 0o777 == 0o600


def test_change_is_news_and_a_quiet_one_is_not(tmp_path: Path) -> None:
    receive(order(tmp_path))
    assert (tmp_path / "quiet/settings").exists()
    assert not (tmp_path / "news").exists()
    receive(order(tmp_path, one="1"))
    assert (tmp_path / "news").exists()


def test_paths_are_printed_one_per_line(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "flipside.machine.receive"],
        input=json.dumps(order(tmp_path, one="1")),
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.splitlines() == [str(tmp_path / "one"), str(tmp_path / "quiet/settings")]
