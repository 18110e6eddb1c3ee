"""`flipside-backup now`, `watch` and `prune`."""

from __future__ import annotations

import json
import os
import signal

import pytest

from flipside.backup.cli import agent

SECOND = "INSERT INTO entry (body) VALUES ('second')"


def test_a_pass_says_what_it_put_and_then_that_nothing_has_changed(desk) -> None:
    desk("init")
    assert desk("now", "app.db").startswith(f"{desk.database}: base, ")
    assert desk("now", "app.db") == "nothing has changed\n"
    desk.sql(SECOND)
    assert desk("now", "app.db").startswith(f"{desk.database}: increment, ")


def test_json_has_a_line_for_each_that_was_put(desk) -> None:
    desk("init")
    found = desk.json("now", "app.db")
    assert (found["name"], found["error"]) == (str(desk.database), None)
    assert found["stored"]["kind"] == "base"
    assert set(found["stored"]) == {"kind", "size", "pages", "at"}
    assert desk.lines("now", "app.db") == []


def test_a_folder_is_all_of_its_databases_and_its_other_files(desk) -> None:
    data = desk.folder / "data"
    (data / "inner").mkdir(parents=True)
    desk.sql("CREATE TABLE entry (id, body)", path=data / "inner/one.db")
    (data / "photo.jpg").write_bytes(b"a photo")
    desk("init")
    found = {one["name"]: one["stored"]["kind"] for one in desk.lines("now", data)}
    assert found == {f"{data}/inner/one.db": "base", str(data): "files"}


def test_what_is_not_there_is_refused_before_anything_is_put(desk) -> None:
    desk("init")
    desk("now", "app.db", "nothing.db", status=1)
    assert "there is no such file" in desk.error
    assert str(desk.folder / "nothing.db") in desk.error
    assert not (desk.repo / "db").exists()


def test_one_that_fails_is_told_and_the_others_are_kept(desk) -> None:
    (desk.folder / "text.db").write_text("no database" * 1000)
    desk("init")
    said = desk("now", "text.db", "app.db", status=1)
    assert said.startswith(f"{desk.database}: base, ")
    assert desk.error.startswith(f"{desk.folder / 'text.db'}: ")
    assert "SQLite cannot read it: file is not a database" in desk.error
    (found,) = desk.lines("now", "text.db", status=1)
    assert found["stored"] is None
    assert set(found["error"]) == {"what", "where", "next"}


@pytest.mark.parametrize("keep", ["", "24h", "24h,7d", "7d,24h,30d", "0h,7d,30d", "1,2,3", "a,b,c"])
@pytest.mark.parametrize("command", ["now", "watch", "prune"])
def test_durations_that_cannot_be_are_refused(desk, command, keep) -> None:
    desk("init")
    desk(command, "app.db", f"--keep={keep}", status=1)
    assert "three durations are wanted, none shorter than the one before" in desk.error
    assert "write them as 24h, 7d, 30d" in desk.error


@pytest.mark.parametrize("every", ["0", "-1"])
def test_a_pause_that_cannot_be_is_refused(desk, every) -> None:
    desk("init")
    desk("watch", "app.db", f"--every={every}", status=1)
    assert f"--every {every} cannot be" in desk.error


def test_pruning_says_nothing_where_all_is_to_stay_or_goes_well(kept) -> None:
    assert kept("prune", "app.db") == ""
    assert kept.error == ""
    assert kept.lines("prune", "app.db") == []


def test_pruning_tells_what_is_damaged_and_leaves_it(kept) -> None:
    for body in ("b", "c"):
        kept("init", "--recipient", _recipient())
        kept.sql(f"INSERT INTO entry (body) VALUES ('{body}')")
        kept("now", "app.db")
    first, second, _ = sorted((kept.repo / "db").glob("*/*"))
    (second / "base").write_bytes(b"something else")
    kept("prune", "app.db", "--keep=0.0001m,0.0001m,0.0001m", status=1)
    assert str(kept.database) in kept.error
    assert (first / "base").exists()


def _recipient() -> str:
    from flipside.secrets import identity

    return identity.public(identity.generate())


def test_another_computers_repository_is_refused_unless_taken_over(kept, monkeypatch) -> None:
    there = kept.repo / "writer.json"
    held = json.loads(there.read_text())
    there.write_text(json.dumps({**held, "writer": "ab" * 8, "host": "other", "until": 9e10}))
    kept.sql(SECOND)
    kept("now", "app.db", status=1)
    assert "other" in kept.error
    assert kept.json("now", "app.db", "--take-over")["stored"]["kind"] == "increment"


def test_the_agent_keeps_what_is_written_and_ends_well_when_told(desk, watch) -> None:
    desk("init")
    running = watch()
    assert running.stdout.readline() == f"keeping 1 in {desk.repo}, every 0.05 s; Ctrl-C ends it\n"
    assert running.stdout.readline().startswith(f"{desk.database}: base, ")
    desk.sql(SECOND)
    assert running.stdout.readline().startswith(f"{desk.database}: increment, ")
    running.send_signal(signal.SIGTERM)
    assert running.communicate() == ("", "")
    assert running.returncode == 0
    assert json.loads((desk.repo / "writer.json").read_text())["until"] == 0


def test_the_agent_interrupted_ends_without_a_traceback(desk, watch) -> None:
    desk("init")
    running = watch("--json")
    assert json.loads(running.stdout.readline())["stored"]["kind"] == "base"
    running.send_signal(signal.SIGINT)
    assert running.communicate()[1] == ""
    assert running.returncode == 130


def test_a_second_agent_is_refused_and_a_single_pass_is_not(desk, watch) -> None:
    desk("init")
    first = watch()
    assert [first.stdout.readline() for _ in range(2)][1]
    second = watch()
    assert "another agent on this computer writes to this repository" in second.communicate()[1]
    assert second.returncode == 1
    desk("now", "app.db")
    assert first.poll() is None


def test_after_a_kill_a_new_agent_goes_on(desk, watch) -> None:
    desk("init")
    first = watch("--json")
    assert json.loads(first.stdout.readline())["stored"]["kind"] == "base"
    os.kill(first.pid, signal.SIGKILL)
    first.wait()
    desk.sql(SECOND)
    second = watch("--json")
    assert json.loads(second.stdout.readline())["stored"]["kind"] == "increment"
    assert agent.WATCH.name == "watch"


def test_the_agent_says_a_failure_once_and_that_it_works_again(desk, watch) -> None:
    desk("init")
    aside = desk.folder / "aside.db"
    desk.sql("PRAGMA journal_mode=delete")
    running = watch()
    assert ": base, " in [running.stdout.readline() for _ in range(2)][1]
    desk.database.rename(aside)
    assert running.stderr.readline().startswith(f"{desk.database}: cannot read: No such file")
    aside.rename(desk.database)
    assert running.stdout.readline() == f"{desk.database}: works again\n"
    running.send_signal(signal.SIGTERM)
    assert "cannot read" not in running.communicate()[1]
