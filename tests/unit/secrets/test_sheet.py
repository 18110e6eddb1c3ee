"""Sheets: the exact text, and every line that does not belong there."""

from __future__ import annotations

import pytest

from flipside.errors import SecretError
from flipside.secrets import sheet
from flipside.secrets.sealed import Place, seal

HEAD = "#!flipside_secrets"
CANARY = "canary-7f3a"


@pytest.fixture
def sealed(pair):
    """Seal any value: a sheet does not open them."""
    key = pair()
    return lambda value="x": seal(value, Place("a", "b", "C"), [key.public])


def problems(text: str) -> list[str]:
    """Where each problem is; none may have the canary."""
    found = sheet.problems(text, "a/b.sls")
    assert [each for each in found if CANARY in f"{each} {each!r} {each.as_dict()}"] == []
    if found:
        with pytest.raises(SecretError) as caught:
            sheet.parse(text, "a/b.sls")
        assert caught.value.as_dict() == found[0].as_dict()
    return [each.where for each in found]


def test_a_sheet_is_a_line_for_each_value_by_name(sealed) -> None:
    one, two = sealed(), sealed()
    text = sheet.text({"ZED": one, "ALPHA": two})
    assert text == f"{HEAD}\nALPHA: {two}\nZED: {one}\n"
    assert sheet.parse(text, "here") == {"ALPHA": two, "ZED": one}
    assert sheet.text(sheet.parse(text, "here")) == text


def test_an_empty_sheet_is_its_first_line() -> None:
    assert sheet.text({}) == f"{HEAD}\n"
    assert sheet.parse(f"{HEAD}\n", "here") == {}


def test_blank_lines_and_other_line_ends_are_nothing(sealed) -> None:
    one, two = sealed(), sealed()
    assert sheet.parse(f"{HEAD}\n\nA: {one}\n\n\nB: {two}", "here") == {"A": one, "B": two}
    assert sheet.parse(f"{HEAD}\r\nA: {one}\r\n\r\nB: {two}\r\n", "x") == {"A": one, "B": two}


@pytest.mark.parametrize(
    "line",
    [
        f"A: {CANARY}",
        f"A: ENC[age,{CANARY}]",
        f"{CANARY}",
        f"# {CANARY}",
        f"  {CANARY}",
        f"A: |\n  {CANARY}",
        f"{CANARY}: x",
        f"A: ENC[age,YWdlLWVuY3J5cHRpb24ub3JnL3YxCi0+IA==] # {CANARY}",
        f"A: 'ENC[age,YWdlLWVuY3J5cHRpb24ub3JnL3YxCi0+IA==]' {CANARY}",
        f"A:{CANARY}",
        f"{CANARY}: {{% set x = 1 %}}",
        "---",
        " ",
        "\t",
        f"<<<<<<< {CANARY}",
        "=======",
    ],
)
def test_plain_text_is_found_by_its_line_and_not_repeated(sealed, line) -> None:
    text = f"{HEAD}\nB: {sealed()}\n{line}\nC: {sealed()}\n"
    assert problems(text)[0] == "a/b.sls:3"


def test_every_bad_line_is_told(sealed) -> None:
    text = f"{HEAD}\nA: {CANARY}\nB: {sealed()}\n\nC {CANARY}\n"
    assert problems(text) == ["a/b.sls:2", "a/b.sls:5"]


@pytest.mark.parametrize(
    "name", ["1A", "A-B", "A.B", "", " A", "A ", "É", "FLIPSIDE_APP", '"A"', "A\x0b", "a: b"]
)
def test_a_name_that_no_variable_has_is_found(sealed, name) -> None:
    assert problems(f"{HEAD}\n{name}: {sealed()}\n")[0] == "a/b.sls:2"


def test_a_name_that_is_there_twice_is_found(sealed) -> None:
    """Also with one and the same value: a merge gone wrong must not choose."""
    one = sealed()
    text = f"{HEAD}\nA: {one}\nB: {one}\nA: {one}\n"
    assert problems(text) == ["a/b.sls:4"]
    with pytest.raises(SecretError, match="A is here twice"):
        sheet.parse(text, "here")


@pytest.mark.parametrize(
    "head",
    [
        "",
        "\n",
        f"\n{HEAD}\n",
        f" {HEAD}\n",
        f"{HEAD} \n",
        "#!yaml\n",
        f"{HEAD}|yaml\n",
        f"# {CANARY}\n",
        f"\ufeff{HEAD}\n",
    ],
)
def test_without_its_first_line_it_is_no_sheet(sealed, head) -> None:
    """Salt would render it as what it says, or as YAML with Jinja in it."""
    assert problems(f"{head}A: {sealed()}\n")[0] == "a/b.sls"


def test_any_line_end_that_python_knows_hides_nothing(sealed) -> None:
    for end in ("\x0b", "\x0c", "\x1c", "\x85", "\u2028"):
        assert problems(f"{HEAD}\nA: {sealed()}{end}{CANARY}\n") == ["a/b.sls:3"]
