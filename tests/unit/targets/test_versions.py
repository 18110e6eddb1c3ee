"""A platform goes forward, or stays."""

from __future__ import annotations

import pytest

from flipside.errors import FlipsideError
from flipside.targets.versions import check_upgrade


def test_forward_or_the_same_is_fine() -> None:
    check_upgrade("0.9.0", "0.10.0")
    check_upgrade("0.10.0", "0.10.0")


def test_back_is_refused_with_what_to_use() -> None:
    with pytest.raises(FlipsideError, match="is of version 0") as caught:
        check_upgrade("0.10.0", "0.9.1")
    assert caught.value.next == "use Flipside 0.10.0 or later"
