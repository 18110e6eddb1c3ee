"""YAML as Flipside reads it, with the place of everything."""

from __future__ import annotations

from typing import Any

import pytest

from flipside.config.base import WrittenFloat
from flipside.config.yaml import Place, YamlError, parse


@pytest.mark.parametrize(
    ("text", "value"),
    [("yes", True), ("Off", False), ("TRUE", True), ("~", None), ("", None), ("null", None),
     ("12", 12), ("-3", -3), ("0", 0), ("007", "007"), ("0x1f", "0x1f"), ("1_000", "1_000"),
     ("12:30", "12:30"), ("2026-11-21", "2026-11-21"), ("'yes'", "yes"), ('"5"', "5"),
     ("1e3", "1e3"),
     ("text", "text"), ("3.5.1", "3.5.1")],
)  # fmt: skip
def test_scalars(text: str, value: Any) -> None:
    read = parse(f"key: {text}").data["key"]
    assert read == value
    assert type(read) is type(value)


def test_a_number_with_a_point_keeps_its_text() -> None:
    read = parse("key: 3.10").data["key"]
    assert isinstance(read, WrittenFloat)
    assert (read.text, read) == ("3.10", 3.1)


def test_each_value_has_the_place_of_its_key() -> None:
    places = parse("a: 1\nb:\n  c: [x, yes]\n").places
    assert places["a",] == Place(1, 1, "1")
    assert places["b",] == Place(2, 1)
    assert places["b", "c", 1] == Place(3, 10, "yes")


def test_an_alias_is_what_it_names() -> None:
    assert parse("a: &x [1]\nb: *x").data == {"a": [1], "b": [1]}


@pytest.mark.parametrize("text", ["", "# only a comment\n", "---\n"])
def test_a_text_may_say_nothing(text: str) -> None:
    assert parse(text).data is None


@pytest.mark.parametrize(
    ("text", "line", "column", "problem"),
    [
        ("a: 1\nb: 2\na: 3", 3, 1, "the key `a` stands here twice"),
        ("a: {b: 1, b: 2}", 1, 11, "the key `b` stands here twice"),
        ("a:\n\tb: 1", 2, 1, "indent with spaces"),
        ("a: b: c", 1, 5, "mapping values are not allowed here"),
        ("a: 1\nb: 'x\n", 2, 4, "while scanning a quoted scalar"),
        ("a: @x", 1, 4, "in quotes"),
        ("a: *x", 1, 4, "undefined alias"),
        ("a: &x [*x]", 1, 4, "an alias must not stand within what it names"),
        ("a: !mine x", 1, 4, "the tag !mine has no meaning here"),
        ("? [a]\n: b", 1, 3, "a key must be text"),
        ("<<: {a: 1}", 1, 1, "write the keys out"),
        ("a: 1\n--- \nb: 1", 2, 1, "another document"),
        ("\x00", 1, 1, "special characters"),
    ],
)
def test_what_cannot_be_read_says_where(text: str, line: int, column: int, problem: str) -> None:
    with pytest.raises(YamlError) as caught:
        parse(text)
    assert (caught.value.line, caught.value.column) == (line, column)
    assert problem in caught.value.problem
