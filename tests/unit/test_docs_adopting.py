"""The worked examples of docs/adopting.md are descriptions that Flipside takes."""

from __future__ import annotations

import re
from pathlib import Path
from textwrap import dedent

import pytest

from flipside.config.load import app_config
from flipside.config.read import Source
from flipside.config.yaml import parse

PAGE = Path(__file__).parents[2] / "docs/adopting.md"
BLOCK = re.compile(r"^ {4}.*\n(?: {4}.*\n)*", re.MULTILINE)
EXAMPLES = [
    dedent(block[0])
    for block in BLOCK.finditer(PAGE.read_text())
    if block[0].startswith("    name:")
]


def test_there_are_three() -> None:
    assert len(EXAMPLES) == 3


@pytest.mark.parametrize("text", EXAMPLES, ids=lambda text: text.splitlines()[0])
def test_an_example_is_valid(text: str) -> None:
    config = app_config(Source(PAGE, parse(text)))
    assert config.wsgi.callable != "app:application"
