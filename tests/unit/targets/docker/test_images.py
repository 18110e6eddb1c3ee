"""The image's tag follows its Dockerfile, and the Dockerfile comes with the package."""

from __future__ import annotations

from pathlib import Path

import pytest

from flipside.targets.docker import images


def test_another_dockerfile_has_another_tag(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = images.tag("machine")
    assert before.startswith("flipside-machine:")
    assert images.tag("host").partition(":")[2] == before.partition(":")[2]
    monkeypatch.setattr(images, "DOCKERFILE", tmp_path / "Dockerfile")
    images.DOCKERFILE.write_text("FROM scratch AS machine\n")
    assert images.tag("machine") != before


def test_each_stage_is_in_the_dockerfile() -> None:
    text = images.DOCKERFILE.read_text()
    assert [stage for stage in ("machine", "host") if f" AS {stage}\n" not in text] == []
