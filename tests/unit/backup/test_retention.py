"""What is kept how long."""

from __future__ import annotations

from flipside.backup.names import ALL, HOURLY, WHOLE
from flipside.backup.retention import DAY, Retention


def test_durations_decide() -> None:
    assert Retention().due(DAY - 1, same_day=False) == []
    assert Retention().due(DAY + 1, same_day=False) == [ALL]
    assert Retention().due(7 * DAY + 1, same_day=False) == [HOURLY, ALL]
    assert Retention().due(7 * DAY + 1, same_day=True) == [WHOLE]
    assert Retention().due(30 * DAY + 1, same_day=False) == [WHOLE]
