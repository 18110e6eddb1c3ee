"""Links between the pages lead somewhere, every decision is in the index, and commands exist."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from flipside.parser import Parser
from flipside.program import program
from flipside.tasks import namespace

TOP = Path(__file__).parents[2]
ADR = TOP / "docs/adr"
PAGES = [*sorted(TOP.glob("*.md")), *sorted((TOP / "docs").rglob("*.md"))]
LINK = re.compile(r"\]\((?P<path>[^)#\s]*)(?:#(?P<anchor>[^)\s]+))?\)")
CODE = re.compile(r"^ {4}.*$|^```.*?^```$|`[^`\n]*`", re.MULTILINE | re.DOTALL)
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
COMMAND = re.compile(r"\b(?:flipside|invoke) ((?:app|platform)\.\w+)")
TASKS = set(Parser(namespace.to_contexts(), program.initial_context).contexts)


def named(path: Path) -> str:
    return str(path.relative_to(TOP))


def anchors(page: Path) -> set[str]:
    """Return what a page's headings can be linked by: lower case, hyphens for blanks, no signs."""
    found = HEADING.findall(CODE.sub(lambda code: code[0].strip("`"), page.read_text()))
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in found}


def is_broken(page: Path, link: re.Match[str]) -> bool:
    target = (page.parent / link["path"]).resolve() if link["path"] else page
    if not target.exists():
        return True
    return bool(link["anchor"]) and link["anchor"] not in anchors(target)


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_every_relative_link_leads_somewhere(page: Path) -> None:
    links = LINK.finditer(CODE.sub("", page.read_text()))
    inner = [link for link in links if not re.match(r"[a-z]+:", link["path"])]
    assert [link[0] for link in inner if is_broken(page, link)] == []


def test_a_link_that_leads_nowhere_is_noticed() -> None:
    """So that the pattern that finds links cannot go blind."""
    for broken in ("](nowhere.md)", "](docs/README.md#nowhere)", "](#nowhere)"):
        link = LINK.search(broken)
        assert link
        assert is_broken(TOP / "README.md", link)


def test_every_decision_is_in_the_index_by_its_number_and_title() -> None:
    index = (ADR / "README.md").read_text()
    pages = sorted(ADR.glob("[0-9]*.md"))
    titles = [page.read_text().splitlines()[0].removeprefix("# ") for page in pages]
    lines = [
        f"| [{title.partition('. ')[0]}]({page.name}) | {title.partition('. ')[2]} |"
        for page, title in zip(pages, titles, strict=True)
    ]
    assert [line for line in lines if line not in index] == []
    assert [int(page.name[:4]) for page in pages] == list(range(1, len(pages) + 1))


def test_nothing_else_lies_among_the_decisions() -> None:
    others = [page.name for page in ADR.iterdir() if not re.fullmatch(r"\d{4}-.*\.md", page.name)]
    assert others == ["README.md"]


@pytest.mark.parametrize("page", sorted(ADR.glob("[0-9]*.md")), ids=named)
def test_a_decision_has_its_three_parts(page: Path) -> None:
    parts = re.findall(r"^\*\*(\w+)\.\*\*", page.read_text(), re.MULTILINE)
    assert parts == ["Context", "Decision", "Consequences"]


def test_every_page_is_in_the_index_of_the_documentation() -> None:
    index = (TOP / "docs/README.md").read_text()
    pages = [page.name for page in (TOP / "docs").glob("*.md") if page.name != "README.md"]
    assert [page for page in pages if f"]({page})" not in index] == []


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_every_command_that_is_shown_exists(page: Path) -> None:
    assert set(COMMAND.findall(page.read_text())) - TASKS == set()
