"""How a function becomes a task."""

from __future__ import annotations

import json

import pytest
from invoke.context import Context
from invoke.exceptions import Exit

from flipside.console import get_console
from flipside.errors import FlipsideError
from flipside.tasks.declare import task


def declared(**options):
    @task(word="A word", **options)
    def say(word: str = "hello", env: str = "production") -> int:
        """Say a word."""
        get_console().report({"word": word, "env": env}, lambda it: get_console().say(it["word"]))
        if word == "bad":
            raise FlipsideError("a bad word")
        return 3 if word == "three" else 0

    return say


def names(task_) -> set[str]:
    return {name for argument in task_.get_arguments() for name in argument.names}


def test_the_function_gets_its_options(capsys) -> None:
    declared()(Context(), word="hi", env="staging", json=False)
    assert capsys.readouterr().out == "hi\n"


def test_json_is_an_option_that_only_the_console_sees(capsys) -> None:
    declared()(Context(), word="hi", env="staging", json=True)
    assert json.loads(capsys.readouterr().out) == {"word": "hi", "env": "staging"}
    assert "json" not in names(declared(reports=False))


def test_only_chosen_options_have_a_short_form() -> None:
    assert names(declared()) == {"word", "env", "e", "json"}


def test_each_option_has_its_line_of_help() -> None:
    helps = {argument.name: argument.help for argument in declared().get_arguments()}
    assert helps["word"] == "A word"
    assert all(helps.values())


def test_what_it_returns_is_the_exit_status() -> None:
    with pytest.raises(Exit) as caught:
        declared()(Context(), word="three")
    assert caught.value.code == 3


def test_what_it_raises_is_a_message_and_status_1(capsys) -> None:
    with pytest.raises(Exit) as caught:
        declared()(Context(), word="bad")
    assert caught.value.code == 1
    assert capsys.readouterr().err == "error: a bad word\n"
