"""A command that failed, in a person's words."""

from __future__ import annotations

from flipside.targets.machines.failed import failed


def test_last_line_counts_and_the_status_where_nothing_was_said() -> None:
    error = failed(["a", "b"], 3, "first\nlast\n\n")
    assert (error.what, error.where) == ("last", "a b")
    assert failed(["a"], 3, " \n").what == "exit status 3"


def test_tars_last_line_says_nothing() -> None:
    said = "tar: x: Cannot write: No space left on device\ntar: Exiting with failure status due to previous errors\n"
    assert failed(["tar"], 2, said).what == "tar: x: Cannot write: No space left on device"
