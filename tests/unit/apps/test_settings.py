"""What the words of `app.config` ask for."""

from __future__ import annotations

import pytest

from flipside.apps.settings import Changes, changes
from flipside.errors import FlipsideError


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ([], Changes()),
        (["guestbook"], Changes("guestbook")),
        (["set", "A=1", "B=a b=c"], Changes(None, {"A": "1", "B": "a b=c"})),
        (["set", "A="], Changes(None, {"A": ""})),
        (["guestbook", "unset", "A", "B"], Changes("guestbook", {}, ["A", "B"])),
        (["set", "A=1", "unset", "B"], Changes(None, {"A": "1"}, ["B"])),
        (["set", "A=1", "unset", "A"], Changes(None, {}, ["A"])),
        (["unset", "A", "set", "A=1"], Changes(None, {"A": "1"})),
    ],
)
def test_words_become_changes(words, expected) -> None:
    assert changes(words) == expected


@pytest.mark.parametrize(
    ("words", "what"),
    [
        (["guestbook", "A=1"], "`A=1` is neither `set` nor `unset`"),
        (["set"], "`set` of what?"),
        (["unset", "set", "A=1"], "`unset` of what?"),
        (["set", "A"], "`set A` has no value"),
        (["set", "1A=2"], "'1A' is no name for a variable"),
        (["unset", "A-B"], "'A-B' is no name for a variable"),
    ],
)
def test_words_that_say_nothing_are_refused(words, what) -> None:
    with pytest.raises(FlipsideError) as caught:
        changes(words)
    assert caught.value.what.startswith(what)
    assert caught.value.next
