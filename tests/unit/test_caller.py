"""Who runs us, as locks and the audit trail have it."""

from __future__ import annotations

import getpass
import re

from flipside.caller import who


def test_it_is_a_user_at_a_host() -> None:
    assert re.fullmatch(rf"{re.escape(getpass.getuser())}@\S+", who())
