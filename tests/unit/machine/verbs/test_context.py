"""What every verb gets first."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from typing import Any

from flipside.machine.verbs import VERBS, backup_verb
from flipside.machine.verbs.context import in_background


def test_everything_is_of_one_machine(platform: Any) -> None:
    context = platform.context
    assert context.settings["nginx"]["http_port"] == 8080
    assert {context.store.layout, context.records.layout} == {platform.stage.layout}


def test_background_work_is_waited_for_by_nobody(platform: Any) -> None:
    """It runs as the machine's own code, in a session of its own."""
    begun = time.monotonic()
    in_background(platform.context, "flipside.machine.tidy")
    assert time.monotonic() - begun < 1


def test_every_verb_says_what_it_does() -> None:
    assert [name for name, verb in VERBS.items() if not loaded(verb).__doc__] == []


def loaded(verb: Callable[..., Any]) -> Callable[..., Any]:
    """A verb, though it be of a module that is imported only when it is called."""
    return backup_verb(*verb.args) if isinstance(verb, partial) else verb
