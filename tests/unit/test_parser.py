"""Bare words behind a task, and what is said about a word that means nothing."""

from __future__ import annotations

import json

import pytest
from invoke.exceptions import Exit

from flipside.parser import Parser, words_after_dashes
from flipside.program import program
from flipside.tasks import namespace
from flipside.words import Words


@pytest.fixture
def initial():
    return program.initial_context


@pytest.fixture
def contexts(initial):
    return Parser(namespace.to_contexts(), initial).contexts


@pytest.fixture
def options(contexts, initial):
    return lambda line: Words(contexts, initial).as_options(line.split())


def arguments(line: str, initial, number: int = 1) -> dict[str, object]:
    """Return what the task on a command line is called with."""
    result = Parser(namespace.to_contexts(), initial).parse_argv(line.split())
    return {name: value for name, value in result[number].as_kwargs.items() if value}


@pytest.mark.parametrize(
    ("line", "rewritten"),
    [
        ("app.deploy", "app.deploy"),
        ("app.deploy guestbook", "app.deploy --name=guestbook"),
        ("app.deploy --tag v1 guestbook", "app.deploy --tag v1 --name=guestbook"),
        ("app.deploy --tag=v1 guestbook", "app.deploy --tag=v1 --name=guestbook"),
        ("app.deploy -e staging guestbook", "app.deploy -e staging --name=guestbook"),
        ("app.deploy -estaging guestbook", "app.deploy -estaging --name=guestbook"),
        ("app.restart --cold guestbook", "app.restart --cold --name=guestbook"),
        ("app.publish one app.deploy one", "app.publish --name=one app.deploy --name=one"),
        ("app.logs -f -n 5 one", "app.logs -f -n 5 --name=one"),
        ("app.logs -fn 5 one", "app.logs -fn 5 --name=one"),
        ("platform.logs nginx", "platform.logs --component=nginx"),
        ("app.exec one -- run app.deploy two", "app.exec --name=one -- run app.deploy two"),
        ("app.config one set A=b=c", "app.config --words=one --words=set --words=A=b=c"),
        ("app.config unset A", "app.config --words=unset --words=A"),
    ],
)
def test_bare_words_become_the_options_that_they_stand_for(line, rewritten, options) -> None:
    assert options(line) == rewritten.split()


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("app.stop guestbook", {"name": "guestbook", "env": "production"}),
        ("app.stop -e staging", {"env": "staging"}),
        ("app.publish a --tag v1 --tag v2", {"name": "a", "tag": ["v1", "v2"]}),
        ("app.config set A=-1", {"words": ["set", "A=-1"], "env": "production"}),
        ("app.run --port 80", {"port": 80}),
    ],
)
def test_invoke_gives_the_task_its_arguments(line, expected, initial) -> None:
    assert arguments(line, initial) == expected


@pytest.mark.parametrize(
    ("line", "what", "hint"),
    [
        ("deploy", "no task `deploy`", "did you mean app.deploy?"),
        (
            "status",
            "no task `status`",
            "did you mean platform.status, app.status or backup.status?",
        ),
        ("app.deplyo", "no task `app.deplyo`", "did you mean app.deploy?"),
        ("app.stop app.strat", "no task `app.strat`", "did you mean app.start?"),
        ("app.deploy --tga x", "app.deploy has no option --tga", "did you mean --tag?"),
        ("app.deploy -x", "app.deploy has no option -x", "flipside --help app.deploy"),
        ("app.deploy --tag", "--tag needs a value", "flipside --help app.deploy"),
        ("app.publish --tag --upgrade", "--tag needs a value", "flipside --help app.publish"),
        ("app.deploy --json=1", "--json takes no value", "flipside --help app.deploy"),
        ("app.logs -n x", "-n takes a number, not `x`", "flipside --help app.logs"),
        ("app.logs --lines=", "--lines takes a number, not ``", "flipside --help app.logs"),
        ("app.logs -fn5", "write -n 5 by itself", "flipside --help app.logs"),
        ("app.deploy a b", "app.deploy has no use for `b`", "flipside --help app.deploy"),
        ("platform.plan a", "platform.plan has no use for `a`", "flipside --help platform.plan"),
        ("--nope", "no option --nope", "flipside --help"),
    ],
)
def test_what_means_nothing_is_refused_with_what_was_meant(
    line, what, hint, initial, capsys
) -> None:
    with pytest.raises(Exit) as caught:
        Parser(namespace.to_contexts(), initial).parse_argv(line.split())
    assert caught.value.code == 1
    said = capsys.readouterr().err
    assert f"error: {what}\n" in said
    assert hint in said


def test_with_json_the_refusal_is_json(initial, capsys) -> None:
    with pytest.raises(Exit):
        Parser(namespace.to_contexts(), initial).parse_argv(["app.stop", "--json", "--nope"])
    assert json.loads(capsys.readouterr().out)["error"]["what"] == "app.stop has no option --nope"


def test_json_of_the_command_behind_the_dashes_is_not_ours(initial, capsys) -> None:
    with pytest.raises(Exit):
        Parser(namespace.to_contexts(), initial).parse_argv(["app.exec", "--nope", "--", "--json"])
    assert capsys.readouterr().out == ""


def test_words_behind_the_dashes_keep_their_spaces() -> None:
    argv = ["flipside", "app.exec", "--", "sh", "-c", "echo 'a  b'", "--"]
    assert words_after_dashes(argv) == ["sh", "-c", "echo 'a  b'", "--"]
    assert words_after_dashes(["flipside", "app.exec"]) == []
