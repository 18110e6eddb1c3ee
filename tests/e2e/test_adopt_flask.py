"""A Flask app factory with migrations, whose database and uploads lie in its own tree."""

import http.client
import signal
import time

import pytest
from e2e.adopt import adopt, changed, described, form

COLUMN = '''"""authors"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade():
    with op.batch_alter_table("note") as table:
        table.add_column(sa.Column("author", sa.String(80), nullable=False, server_default="nobody"))
    with op.batch_alter_table("note") as table:
        table.alter_column("author", server_default=None)
'''


@pytest.fixture(scope="module")
def notes(platform):
    """The app, adopted as guessed and live."""
    app = adopt(platform, "notes", commands={"test": "python -m unittest"})
    app.first = app.ship()
    yield app
    app.flipside("app.destroy", "--yes", "--data")


def say(app, text):
    """Add a note."""
    return app.http("/", **form(text=text)).status


def test_what_is_guessed_is_enough(notes):
    said = described(notes)
    assert said["wsgi"] == {"callable": "wsgi:app"}
    assert said["data"] == ["app.db", "uploads/"]
    assert said["steps"] == {"deploy": ["flask db upgrade"]}
    assert said["env"] == {"FLASK_APP": "wsgi:app"}
    assert said["secrets"] == ["SECRET_KEY"]
    assert said["static"] == [{"url": "/static/", "path": "tree:notes/static"}]
    assert notes.http("/static/notes.css").text.startswith("body")
    assert changed(notes, "notes") == []


def test_what_it_writes_into_its_tree_outlives_the_release(notes):
    assert say(notes, "kept") == 302
    assert notes.http("/upload", **form(file=("photo.txt", b"a photo"))).json == {
        "saved": "photo.txt"
    }
    css = notes.folder / "notes/static/notes.css"
    css.write_text(css.read_text().replace("serif", "arial"))
    assert notes.ship() != notes.first
    assert "<li>kept</li>" in notes.http("/").text
    assert notes.http("/uploads/photo.txt").body == b"a photo"


def test_a_static_file_of_the_same_size_is_another_one_to_browsers(notes):
    old = notes.http("/static/notes.css").headers["ETag"]
    css = notes.folder / "notes/static/notes.css"
    css.write_text(css.read_text().replace("arial", "serif"))
    time.sleep(1)  # nginx tells times apart by the second
    notes.ship()
    answer = notes.http("/static/notes.css", headers={"If-None-Match": old})
    assert answer.status == 200
    assert "serif" in answer.text


def test_a_step_that_changed_nothing_is_no_migration(notes):
    """It has no `unless`, and runs at each deploy; what was written since must stay at a rollback."""
    assert say(notes, "since") == 302
    notes.flipside("app.rollback")
    assert "<li>since</li>" in notes.http("/").text
    assert not list((notes.place() / "snapshots").glob("[2-9]*"))


def test_a_rollback_over_a_migration_brings_the_data_back(notes):
    """On migrated data the old code would start, pass its health check, and fail to insert."""
    old = notes.status["release"]
    (notes.folder / "migrations/versions/0002_authors.py").write_text(COLUMN)
    models = notes.folder / "notes/models.py"
    before = models.read_text()
    models.write_text(
        before + "    author = db.Column(db.String(80), nullable=False, default='me')\n"
    )
    new = notes.ship()
    assert say(notes, "by me") == 302
    refused = notes.run("app.rollback")
    assert refused.status == 1
    assert "lies between" in refused.err
    assert notes.status["release"] == new
    done = notes.flipside("app.rollback", "--with-data", "--yes")
    assert "what was written since is kept in" in done.out
    assert notes.status["release"] == old
    assert "by me" not in notes.http("/").text
    assert say(notes, "old code inserts") == 302
    notes.flipside("app.rollback", "--to", new, "--with-data", "--yes")
    assert "<li>by me</li>" in notes.http("/").text
    assert say(notes, "new code inserts") == 302
    models.write_text(before)


def test_its_own_tests_run_in_its_folder(notes):
    done = notes.run("app.test", timeout=200)
    assert done.status == 0, str(done)
    assert "Ran 1 test" in done.out + done.err


def test_it_runs_in_its_folder(notes):
    """Migrated, with its static files, on a port of its own; Ctrl-C ends it."""
    running = notes.platform.flipside.begin("app.run", "--port", "8097", cwd=notes.folder)
    try:
        answer = _first_answer(8097)
        assert "<h1>Notes</h1>" in answer
        assert (notes.folder / "app.db").exists()
    finally:
        running.send_signal(signal.SIGINT)
        running.communicate(timeout=20)


def _first_answer(port):
    deadline = time.monotonic() + 60
    while True:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        try:
            connection.request("GET", "/")
            return connection.getresponse().read().decode()
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.2)
        finally:
            connection.close()
