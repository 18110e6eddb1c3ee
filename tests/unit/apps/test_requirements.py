"""Requirement files: what is read, and what is refused before any tool runs."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from flipside.apps.requirements import (
    Requirements,
    is_local,
    logical_lines,
    option_lines,
    read,
)
from flipside.errors import BuildError


def put(folder: Path, **files: str) -> Path:
    for name, text in files.items():
        path = folder / name.replace("__", "/").replace("_txt", ".txt")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


def test_nested_files_constraints_and_options_are_told_apart(tmp_path: Path) -> None:
    put(
        tmp_path,
        base_txt="-r reqs/web.txt  # x\n--index-url=https://index.example/simple\n\nsix==1.17.0\n",
        reqs__web_txt="django>=5 \\\n  ; python_version > '3'\n-c limits.txt\n",
        reqs__limits_txt="sqlparse<1\n",
    )
    assert read(["base.txt"], tmp_path) == Requirements(
        ("django>=5 ; python_version > '3'", "six==1.17.0"),
        ("sqlparse<1",),
        ("--index-url=https://index.example/simple",),
    )


@pytest.mark.parametrize(
    "line", ["-rb.txt", "-r b.txt", "--requirement b.txt", "--requirement=b.txt"]
)
def test_every_way_to_include_a_file(tmp_path: Path, line: str) -> None:
    put(tmp_path, a_txt=line, b_txt="six")
    assert read(["a.txt"], tmp_path).wanted == ("six",)


def test_a_file_included_twice_counts_once(tmp_path: Path) -> None:
    put(tmp_path, a_txt="-r c.txt\n-r b.txt", b_txt="-r c.txt", c_txt="six")
    assert read(["a.txt"], tmp_path).wanted == ("six",)


def test_a_file_that_includes_itself_is_refused_with_the_chain(tmp_path: Path) -> None:
    put(tmp_path, a_txt="-r b.txt", b_txt="-r a.txt")
    with pytest.raises(BuildError, match="includes itself") as e:
        read(["a.txt"], tmp_path)
    assert e.value.where == "a.txt -> b.txt -> a.txt"


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(BuildError, match="No such file") as e:
        read(["gone.txt"], tmp_path)
    assert e.value.where == str(tmp_path / "gone.txt")


def test_a_folder_in_place_of_a_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BuildError, match="Is a directory"):
        read(["."], tmp_path)


def test_a_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(b"six\xe9\n")
    with pytest.raises(BuildError, match=r"not UTF-8.*byte 3"):
        read(["a.txt"], tmp_path)


def test_a_file_as_powershell_writes_it_is_read(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes("six==1.17.0\r\n".encode("utf-16"))
    assert read(["a.txt"], tmp_path).wanted == ("six==1.17.0",)


def test_a_line_that_is_no_requirement_is_refused_with_its_number(tmp_path: Path) -> None:
    put(tmp_path, a_txt="six\n\ndjango=5\n")
    with pytest.raises(BuildError, match="`django=5` is no requirement") as e:
        read(["a.txt"], tmp_path)
    assert e.value.where == "a.txt:3"


@pytest.mark.parametrize(
    "line",
    [
        "-e .",
        "./libs/foo",
        "libs/foo",
        "six @ https://h.example/six-1.whl",
        "git+https://h.example/x@v1#egg=x",
        "six==1 --hash=sha256:00",
        "x.whl",
        "-r https://h.example/r.txt",
    ],
)
def test_lines_that_are_the_tools_to_judge_pass(tmp_path: Path, line: str) -> None:
    put(tmp_path, a_txt=line)
    assert read(["a.txt"], tmp_path).wanted == (line,)


def test_every_line_about_indexes_goes_when_the_index_is_overridden() -> None:
    options = (
        "-i https://a",
        "--extra-index-url=https://b",
        "-f wheels",
        "--trusted-host c",
        "--no-index",
    )
    asked = Requirements(("six",), (), (*options, "--pre", "--no-binary lxml"))
    assert asked.without_indexes() == Requirements(("six",), (), ("--pre", "--no-binary lxml"))


def test_a_folder_of_wheels_is_found_from_wherever_the_line_is_written(tmp_path: Path) -> None:
    put(tmp_path, reqs__a_txt="--find-links ../wheels")
    (tmp_path / "wheels").mkdir()
    options = read(["reqs/a.txt"], tmp_path).options
    assert options == ("--find-links wheels",)
    assert option_lines(options, tmp_path) == [f"--find-links {tmp_path}/wheels"]


def test_logical_lines_know_where_they_began() -> None:
    assert list(logical_lines("a \\\n  b\n# c\n\nd#e # f\n")) == [(1, "a b"), (5, "d#e")]


def test_local_lines_are_known() -> None:
    assert [
        is_local(x) for x in ("-e .", "./x", "x @ file:///x", "-e git+https://h/x", "six==1")
    ] == [
        True,
        True,
        True,
        False,
        False,
    ]


def test_an_unreadable_file_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def refuse(_: Path) -> bytes:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

    monkeypatch.setattr(Path, "read_bytes", refuse)
    with pytest.raises(BuildError, match="Permission denied") as e:
        read(["a.txt"], tmp_path)
    assert e.value.where == str(tmp_path / "a.txt")
