"""What would change, for people."""

from __future__ import annotations

from flipside.salt.plan import lines, verdict


def outcome(*changed):
    return {"total": 9, "changed": list(changed), "failed": [], "refused": []}


def state(changes, name="/etc/x", comment=""):
    return {"id": "nginx-config", "name": name, "comment": comment, "changes": changes}


def test_a_changed_file_is_its_diff_without_the_names_of_files() -> None:
    diff = "--- \n+++ \n@@ -1 +1 @@\n-keep 5;\n+keep 6;\n--- not a heading"
    assert lines(outcome(state({"diff": diff, "mode": "0644"}))) == [
        "nginx-config: /etc/x",
        "    @@ -1 +1 @@",
        "    -keep 5;",
        "    +keep 6;",
        "    --- not a heading",
        "    mode: 0644",
    ]


def test_a_new_file_says_so() -> None:
    assert lines(outcome(state({"newfile": "/etc/x"})))[1:] == ["    + new file /etc/x"]


def test_old_and_new_stand_below_each_other() -> None:
    changes = {"nginx": {"old": "1.0", "new": "1.2"}, "gone": {"old": "x", "new": ""}}
    assert lines(outcome(state(changes)))[1:] == [
        "    - nginx: 1.0",
        "    + nginx: 1.2",
        "    - gone: x",
    ]


def test_other_changes_keep_their_shape() -> None:
    changes = {"/var/x": {"directory": "new", "owner": ["a", "b"]}, "running": True}
    assert lines(outcome(state(changes)))[1:] == [
        "    /var/x:",
        "      directory: new",
        "      owner: a, b",
        "    running: True",
    ]


def test_a_state_that_only_comments_is_shown_by_its_comment() -> None:
    found = lines(outcome(state({}, name="nginx-config", comment="Would be started")))
    assert found == ["nginx-config", "    Would be started"]


def test_the_verdict_counts() -> None:
    assert verdict(outcome()) == "nothing would change: all 9 states hold"
    assert verdict(outcome(state({}), state({}))) == "2 of 9 states would change"
