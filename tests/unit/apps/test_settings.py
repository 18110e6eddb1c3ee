"""What the words of `app.config` ask for."""

from __future__ import annotations

import pytest

from flipside.apps.settings import Changes, changes, refuse_secrets
from flipside.apps.subject import Subject
from flipside.config import LoadedPlatform
from flipside.config.platform import PlatformConfig
from flipside.errors import FlipsideError, SecretError
from flipside.secrets.folder import Secrets


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


def test_a_secret_gets_no_value_in_plain_text(tmp_path) -> None:
    """One that is in the platform's folder, though it was never deployed."""
    platform = LoadedPlatform(PlatformConfig(name="p"), tmp_path, tmp_path / ".flipside-platform")
    subject = Subject("guestbook", "production", platform)
    refuse_secrets(Changes(None, {"KEY": "x"}), subject)
    sealed = "ENC[age,YWdlLWVuY3J5cHRpb24ub3JnL3YxCi0+IFgyNTUxOQ==]"
    Secrets(tmp_path).write("guestbook", "production", {"KEY": sealed})
    refuse_secrets(Changes(None, {"OTHER": "x"}, ["KEY"]), subject)
    with pytest.raises(SecretError, match="KEY is a secret") as caught:
        refuse_secrets(Changes(None, {"KEY": "canary"}), subject)
    assert caught.value.next == "flipside secret.set guestbook KEY -e production"
    assert "canary" not in str(caught.value)
