"""JSON and frames, packed and unpacked."""

from __future__ import annotations

import pytest

from flipside.backup import packing
from flipside.backup.errors import DamagedError


def test_a_frame_of_its_own_comes_back_or_is_refused() -> None:
    content = b"content" * 1000
    frame = packing.packed(content)
    assert len(frame) < 100
    assert packing.unpacked(frame, "c/1", len(content)) == content
    with pytest.raises(DamagedError, match="more than can be in it"):
        packing.unpacked(frame, "c/1", len(content) - 1)
    with pytest.raises(DamagedError) as caught:
        packing.unpacked(b"no frame", "c/1", 10)
    assert caught.value.where == "c/1"
