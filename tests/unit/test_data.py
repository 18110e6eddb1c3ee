"""Where Salt's states, the pillar and the app templates lie."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flipside import data

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def test_in_a_checkout_it_is_the_top() -> None:
    assert (data.data_root() / "pyproject.toml").is_file()


def test_in_an_installed_wheel_it_is_within_the_package(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "data").mkdir()
    monkeypatch.setattr(data, "PACKAGE", tmp_path)
    assert data.data_root() == tmp_path / "data"
