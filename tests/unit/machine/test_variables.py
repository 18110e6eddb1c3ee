"""What a variable of an app may be called."""

from __future__ import annotations

import pytest

from flipside.errors import FlipsideError
from flipside.machine.variables import check_variable


@pytest.mark.parametrize(
    "name", ["A", "a", "_", "SECRET_KEY", "a1", "__x__", "FLIPSIDE", "x" * 500]
)
def test_a_name_is_letters_digits_and_underscores(name) -> None:
    assert check_variable(name) == name


@pytest.mark.parametrize(
    "name", ["", "1A", "A-B", "A.B", "A B", " A", "A\n", "\nA", "É", "A=", "A:", "٣", "A\0", "$A"]
)
def test_anything_else_is_none(name) -> None:
    with pytest.raises(FlipsideError, match="no name for a variable") as caught:
        check_variable(name)
    assert repr(name) in caught.value.what
    assert caught.value.next == "choose another name"


@pytest.mark.parametrize("name", ["FLIPSIDE_", "FLIPSIDE_APP"])
def test_the_platforms_own_are_nobody_elses(name) -> None:
    with pytest.raises(FlipsideError, match="the platform sets these itself"):
        check_variable(name)
