"""docs/tasks.md knows every task and every option, and none besides."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from flipside.parser import Parser
from flipside.program import program
from flipside.tasks import namespace

DOCS = (Path(__file__).parents[2] / "docs/tasks.md").read_text()
SECTION = re.compile(
    r"^### `(?P<task>[a-z]+\.[a-z-]+)(?P<words>[^`]*)`\n(?P<text>.*?)(?=^##|\Z)",
    re.MULTILINE | re.DOTALL,
)
ROW = re.compile(r"^\| (?P<options>`-.*?`) \|", re.MULTILINE)
OPTION = re.compile(r"`(--?[a-z-]+)[^`]*`")
COMMON = {"--env", "-e", "--platform", "--json"}
TASKS = Parser(namespace.to_contexts(), program.initial_context).contexts
SECTIONS = {found["task"]: found for found in SECTION.finditer(DOCS)}


def options(task: str) -> set[str]:
    """Return a task's options; its name stands behind it, and `--name` only where it means more."""
    found = set(TASKS[task].flag_names())
    return found if task == "platform.bootstrap" else found - {"--name"}


def test_every_task_has_its_section_and_every_section_its_task() -> None:
    assert set(SECTIONS) == set(TASKS)


@pytest.mark.parametrize("task", TASKS)
def test_every_option_of_its_own_has_a_row(task) -> None:
    rows = {each for row in ROW.finditer(SECTIONS[task]["text"]) for each in OPTION.findall(row[0])}
    assert rows == options(task) - COMMON


@pytest.mark.parametrize("task", TASKS)
def test_the_common_options_that_it_has_are_named(task) -> None:
    also = re.search(r"^Also: (.*)\.$", SECTIONS[task]["text"], re.MULTILINE)
    named = set(OPTION.findall(also[1])) if also else set()
    assert named == options(task) & (COMMON - {"-e"})


@pytest.mark.parametrize("task", TASKS)
def test_a_task_that_takes_a_name_shows_it(task) -> None:
    takes = {"--name", "--component", "--words"} & set(TASKS[task].flag_names())
    assert bool(takes) == bool(re.search(r"NAME|COMPONENT", SECTIONS[task]["words"]))


def test_the_common_options_are_explained_once() -> None:
    common = DOCS.partition("## The platform")[0]
    rows = {each for row in ROW.finditer(common) for each in OPTION.findall(row[0])}
    assert rows == COMMON


@pytest.mark.parametrize("task", TASKS)
def test_its_first_line_of_help_fits_a_terminal(task) -> None:
    first = (namespace[task].__doc__ or "").splitlines()[0]
    assert first.endswith(".")
    assert len(task) + len(first) < 72
