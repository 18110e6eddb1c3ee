"""`flipside-backup init`: a repository, its key, and who may read it."""

from __future__ import annotations

import json
import stat

from flipside.backup.cli import setup
from flipside.secrets import identity

RECIPIENT = identity.public(identity.generate())


def test_a_repository_and_a_key_are_made_and_the_next_step_is_said(desk) -> None:
    said = desk("init")
    (key,) = (desk.folder / "keys").iterdir()
    private = identity.privates(key.read_text(), "")[0]
    assert identity.public(private) in said
    assert private not in said
    assert f"the key is saved as {key}\n" in said
    assert "keep a copy of it elsewhere" in said
    assert said.endswith(f"next: flipside-backup now {desk.repo} DB...\n")
    assert stat.S_IMODE(key.stat().st_mode) == 0o600


def test_json_has_the_same(desk) -> None:
    found = desk.json("init")
    config = json.loads((desk.repo / "flipside-backup.json").read_text())
    (key,) = (desk.folder / "keys").iterdir()
    assert (found["repository"], found["key"]) == (config["id"], str(key))
    assert len(found["recipients"]) == 1


def test_a_second_one_is_refused_and_makes_no_key(desk) -> None:
    desk("init")
    desk("init", status=1)
    assert "there is a repository already" in desk.error
    assert len(list((desk.folder / "keys").iterdir())) == 1


def test_with_a_recipient_named_no_key_is_made(desk) -> None:
    found = desk.json("init", "--recipient", RECIPIENT)
    assert (found["recipients"], found["key"]) == ([RECIPIENT], None)
    assert not (desk.folder / "keys").exists()


def test_another_computer_joins_by_naming_recipients(desk, monkeypatch) -> None:
    first = desk.json("init")
    monkeypatch.setenv("FLIPSIDE_BACKUP_STATE", str(desk.folder / "elsewhere"))
    desk("now", "app.db", status=1)
    assert "this computer was not told who may read the backups" in desk.error
    assert f"flipside-backup init {desk.repo} --recipient age1..." in desk.error
    joined = desk.json("init", "--recipient", RECIPIENT)
    assert joined["repository"] == first["repository"]
    assert desk.json("now", "app.db")["stored"]["kind"] == "base"


def test_several_recipients_each_open_what_is_kept(desk) -> None:
    privates = [identity.generate(), identity.generate()]
    words = [word for each in privates for word in ("--recipient", identity.public(each))]
    desk("init", *words)
    desk("now", "app.db")
    for private in privates:
        (desk.folder / "one.key").write_text(identity.text([private]))
        found = desk.json("list", "--identity", "one.key")
        assert [one["name"] for one in found] == [str(desk.database)]


def test_what_is_no_public_key_is_refused_before_anything_is_made(desk) -> None:
    desk("init", "--recipient", "age1nonsense", status=1)
    assert desk.error.startswith("error: ")
    assert not desk.repo.exists()


def test_new_recipients_read_only_what_is_kept_from_then_on(kept) -> None:
    private = identity.generate()
    (kept.folder / "new.key").write_text(identity.text([private]))
    kept("init", "--recipient", identity.public(private))
    kept.sql("INSERT INTO entry (body) VALUES ('second')")
    assert kept.json("now", "app.db")["stored"]["kind"] == "base"
    words = ["app.db", "--identity", "new.key", "--into", "x.db"]
    kept("restore", *words, "--to", "1.0", status=1)
    assert "no private key here opens this backup" in kept.error
    kept("restore", *words, "--to", "2.0")
    assert kept.bodies(kept.folder / "x.db") == ["first", "second"]


def test_a_folder_that_cannot_be_made_is_said(desk) -> None:
    (desk.folder / "file").write_text("")
    desk.repo = desk.folder / "file/repo"
    desk("init", status=1)
    assert desk.error.startswith("error: ")
    assert "a file is where a folder has to be" in desk.error
    assert setup.INIT.name == "init"
