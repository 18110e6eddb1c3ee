"""A plugin: the museum, made once for a test file and the same again after each test."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from unit.backup.museum import Museum

from flipside.backup.database import base, steps


@pytest.fixture(scope="module")
def quick() -> Iterator[pytest.MonkeyPatch]:
    """Small chunks and steps, so that there are several; and no waiting for a disk."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(base, "CHUNK_SIZE", 8192)
        patch.setattr(steps, "most", lambda page_size: 3)
        patch.setattr(os, "fsync", lambda descriptor: None)
        yield patch


@pytest.fixture(scope="module")
def museum(quick: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> Museum:
    """The museum."""
    return Museum(tmp_path_factory.mktemp("museum"))
