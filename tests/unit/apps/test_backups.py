"""An app's data of another time, as it is asked for and as it arrives here."""

from __future__ import annotations

import io
import subprocess
import tarfile
import time
from pathlib import Path

import pytest

from flipside.apps import backups
from flipside.apps.subject import Subject
from flipside.errors import FlipsideError, MachineError

LAST = backups.Moment(None, None)


def names(folder: str) -> list[str]:
    return sorted(path.name for path in Path(folder).iterdir())


class Remote:
    """An app on a machine that is this computer, with an archive of its data ready.

    Attributes:
        removed: What was asked to be removed.
    """

    app, env = "guestbook", "production"

    def __init__(self, folder: Path, files: dict[str, bytes]) -> None:
        self.machine, self._folder, self._files = self, folder, files
        self.root, self.removed = folder, []

    def call(self, verb: str, **arguments) -> dict:
        assert verb == "backup_export"
        path = self._folder / "made.tar.gz"
        with tarfile.open(path, "w:gz") as archive:
            for name, content in self._files.items():
                member = tarfile.TarInfo(f"guestbook-production/{name}")
                member.size = len(content)
                archive.addfile(member, io.BytesIO(content))
        return {"path": str(path), "databases": [arguments], "files": {}}

    def run(self, argv, *, stdin=b"", on_line=None) -> str:
        if argv[-1] == "discard_export":
            self.removed.append(stdin)
            on_line('{"result": null}')
            return ""
        done = subprocess.run(argv, capture_output=True, text=True, check=True)
        for line in done.stdout.splitlines():
            on_line(line)
        return ""


@pytest.fixture
def remote(tmp_path, monkeypatch):
    """Make an app with files; the test begins in an empty folder."""
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    return lambda **files: Remote(
        tmp_path, {name.replace("_", "."): c for name, c in files.items()}
    )


def test_a_time_is_of_the_zone_here_and_not_of_the_machine(monkeypatch) -> None:
    monkeypatch.setenv("TZ", "Etc/GMT-5")
    time.tzset()
    try:
        asked = backups.Moment("2026-11-20 14:03", None).arguments
    finally:
        monkeypatch.undo()
        time.tzset()
    assert asked == {"at": "2026-11-20 14:03:59.999999+05:00", "to": None}
    assert LAST.arguments == {"at": None, "to": None}


def test_a_time_that_is_none_is_refused_before_the_machine_is_asked() -> None:
    with pytest.raises(FlipsideError, match="'soon' is no moment"):
        backups.Moment("soon", None)


def test_an_archive_goes_by_the_app_and_is_removed_there(remote) -> None:
    subject = remote(app_db=b"content")
    done = backups.export(subject, backups.Moment(None, "1.3"), None)
    assert done["path"] == str(Path("guestbook-production.tar.gz").absolute())
    assert done["databases"] == [{"at": None, "to": "1.3"}]
    with tarfile.open(done["path"]) as archive:
        assert archive.getnames() == ["guestbook-production/app.db"]
    assert b"made.tar.gz" in subject.removed[0]


def test_an_archive_that_does_not_arrive_is_removed_there_too(remote, monkeypatch) -> None:
    subject = remote(app_db=b"content")

    def cut(*_) -> None:
        raise MachineError("the connection is gone")

    monkeypatch.setattr(backups, "fetch", cut)
    with pytest.raises(MachineError):
        backups.export(subject, LAST, "x.tar.gz")
    assert len(subject.removed) == 1
    assert names(".") == []


def test_one_file_is_written_as_itself_and_several_as_a_folder(remote) -> None:
    backups.fetched(remote(app_db=b"content"), LAST, "copy.db")
    assert Path("copy.db").read_bytes() == b"content"
    backups.fetched(remote(app_db=b"content", photo_jpg=b"a photo"), LAST, "copy")
    assert names("copy") == ["app.db", "photo.jpg"]
    assert names(".") == ["copy", "copy.db"]


@pytest.mark.parametrize("do", [backups.fetched, backups.export])
def test_what_is_there_is_not_written_over(remote, do) -> None:
    Path("copy").write_text("mine")
    with pytest.raises(FlipsideError, match="it is there already"):
        do(remote(app_db=b"content"), LAST, "copy")
    with pytest.raises(FlipsideError, match="there is no such folder"):
        do(remote(app_db=b"content"), LAST, "none/copy")
    assert Path("copy").read_text() == "mine"


def test_a_moment_is_told_in_words_and_in_what_to_type() -> None:
    at, to = backups.Moment("2026-11-20", None), backups.Moment(None, "1.3")
    last = backups.Moment(None, None)
    assert [str(each) for each in (at, to, last)] == [
        "to what it was at 2026-11-20", "to 1.3", "to what was backed up last",
    ]  # fmt: skip
    found = Subject("guestbook", "staging", None)
    assert backups.again(found, at) == (
        'flipside backup.restore guestbook --at "2026-11-20" --yes -e staging'
    )
    with pytest.raises(FlipsideError, match="both say which moment"):
        backups.Moment("2026-11-20", "1.3")
