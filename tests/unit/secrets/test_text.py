"""Text files that people may have touched."""

from __future__ import annotations

import pytest

from flipside.errors import SecretError
from flipside.secrets import text


def test_text_is_read_as_it_is(tmp_path) -> None:
    (tmp_path / "a").write_bytes("é\r\n".encode())
    assert text.read(tmp_path / "a") == "é\r\n"


def test_what_is_not_there_is_for_the_caller_to_say(tmp_path) -> None:
    with pytest.raises(FileNotFoundError):
        text.read(tmp_path / "a")


def test_what_cannot_be_read_is_named_and_not_repeated(tmp_path) -> None:
    (tmp_path / "a").write_bytes(b"canary\xff")
    for path in (tmp_path / "a", tmp_path):
        with pytest.raises(SecretError, match="cannot be read") as caught:
            text.read(path)
        assert caught.value.where == str(path)
        assert "canary" not in str(caught.value)
