"""Real applications of the index, by name: nothing of theirs is here but a `.flipside-app`.

A calendar server (WebDAV, its own Basic auth, config files), a database browser that has no WSGI
callable (Flask), and a package index (Bottle, everything in HOME).
"""

import base64
import sqlite3

import pytest
from e2e.adopt import from_index

RADICALE = """\
[auth]
type = htpasswd
htpasswd_filename = $TREE/users
htpasswd_encryption = plain
[storage]
filesystem_folder = $DATA_DIR/collections
[logging]
level = warning
"""
CALENDAR = """\
<?xml version="1.0"?>
<mkcol xmlns="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav"><set><prop>
<resourcetype><collection/><C:calendar/></resourcetype><displayname>Work</displayname>
</prop></set></mkcol>"""
EVENT = """\
BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//test//
BEGIN:VEVENT
UID:one
DTSTAMP:20300101T000000Z
DTSTART:20300101T000000Z
SUMMARY:Lunch
END:VEVENT
END:VCALENDAR
""".replace("\n", "\r\n")
WSGI = """\
import os
from sqlite_web.sqlite_web import app, initialize_app
initialize_app(os.environ["DATABASE"])
application = app
"""
TABLE = """\
test -e $DATABASE || python -c '
import os, sqlite3
sqlite3.connect(os.environ["DATABASE"]).execute("CREATE TABLE books (title)")'
"""


@pytest.fixture(scope="module")
def make(platform):
    """Make an app of the index live; its end is seen to."""
    made = []

    def make(name, requirement, **said):
        app = from_index(platform, name, requirement, **said)
        app.ship()
        made.append(app)
        return app

    yield make
    for app in made:
        app.flipside("app.destroy", "--yes", "--data")


def test_a_calendar_server(make):
    app = make(
        "radicale",
        "radicale>=3.5,<4",
        wsgi={"callable": "radicale:application"},
        env={"RADICALE_CONFIG": "$TREE/radicale.ini"},
        files={"radicale.ini": RADICALE, "users": "ann:$CALENDAR_PASSWORD\n"},
        secrets=["CALENDAR_PASSWORD"],
        health={"path": "/.web/"},
    )
    password = app.flipside("app.exec", "--", "printenv", "CALENDAR_PASSWORD").out.strip()
    said = base64.b64encode(f"ann:{password}".encode()).decode()
    ann = {"Authorization": f"Basic {said}", "Host": f"{app.host}:{app.platform.port}"}

    assert app.http("/.well-known/caldav").status in {301, 302, 303, 307, 308}
    assert app.http("/ann/", method="PROPFIND").status == 401
    made = app.http("/ann/work/", method="MKCOL", body=CALENDAR, headers=ann)
    assert made.status == 201, made.text
    put = app.http("/ann/work/one.ics", method="PUT", body=EVENT, headers=ann)
    assert put.status == 201, put.text
    there = f"http://{ann['Host']}/ann/work/two.ics"
    moved = app.http("/ann/work/one.ics", method="MOVE", headers={**ann, "Destination": there})
    assert moved.status == 201, moved.text
    found = app.http("/ann/work/", method="PROPFIND", headers={**ann, "Depth": "1"})
    assert found.status == 207
    assert "/ann/work/two.ics" in found.text
    assert "Lunch" in app.http("/ann/work/two.ics", headers=ann).text
    assert list((app.place() / "data/collections").rglob("two.ics"))


def test_a_database_browser_without_a_callable(make):
    """The few lines that make one are a file of `files:`."""
    app = make(
        "browser",
        "sqlite-web==0.6.5",
        wsgi={"callable": "browser_wsgi:application"},
        env={"DATABASE": "$DATA_DIR/shop.db"},
        files={"browser_wsgi.py": WSGI},
        static=[{"url": "/static/", "path": "site-packages:sqlite_web/static"}],
        steps={"deploy": [TABLE]},
    )
    assert "books" in app.http("/").text
    assert app.http("/static/js/sqlite_web.js").status in {200, 404}
    with sqlite3.connect(app.place() / "data/shop.db") as database:
        database.execute("INSERT INTO books VALUES ('Dune')")
    assert "Dune" in app.http("/books/content/").text


def test_a_package_index_that_keeps_everything_in_home(make):
    app = make(
        "packages",
        "pypiserver>=2.3,<3",
        wsgi={"callable": "pypiserver:app()"},
        steps={"deploy": ["mkdir -p ~/packages"]},
        health={"path": "/health"},
    )
    wheel = app.place() / "home/packages/parcel-1.0-py3-none-any.whl"
    wheel.write_bytes(b"a wheel")
    assert "parcel" in app.http("/simple/").text
    assert app.http(f"/packages/{wheel.name}").body == b"a wheel"
    host = {"Host": f"{app.host}:{app.platform.port}"}
    assert f"{host['Host']}/simple/" in app.http("/", headers=host).text
