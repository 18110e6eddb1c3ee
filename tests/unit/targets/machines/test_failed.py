"""A command that failed, in a person's words."""

from __future__ import annotations

from flipside.targets.machines.failed import failed


def test_last_line_counts_and_the_status_where_nothing_was_said() -> None:
    error = failed(["a", "b"], 3, "first\nlast\n\n")
    assert (error.what, error.where) == ("last", "a b")
    assert failed(["a"], 3, " \n").what == "exit status 3"
