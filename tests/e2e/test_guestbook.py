"""The Django app of the demo, with all that it is made of: SQLite, memcached, static files, secrets."""

import re
import shutil
import socket
import sqlite3

import pytest
from e2e.rig import TOP


@pytest.fixture(scope="module")
def book(platform):
    app = platform.app("guestbook").make("python-django-sqlite")
    shutil.copytree(TOP / "examples/guestbook", app.folder, dirs_exist_ok=True)
    app.ship()
    yield app
    app.flipside("app.destroy", "--yes", "--data")


def sign(book, message):
    """Sign as a browser does: the form's fields, its cookie, the page it came from."""
    page = book.http("/")
    cookie = page.headers["Set-Cookie"].partition(";")[0]
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page.text)[1]
    names = re.findall(r'<(?:input|textarea)[^>]* name="((?!csrf)[^"]+)"', page.text)
    body = f"csrfmiddlewaretoken={token}&" + "&".join(f"{name}={message}" for name in names)
    origin = f"http://{book.host}:{book.platform.port}"
    headers = {
        "Host": f"{book.host}:{book.platform.port}",
        "Cookie": cookie,
        "Origin": origin,
        "Content-Type": "application/x-www-form-urlencoded",
    }
    return book.http("/", method="POST", body=body, headers=headers)


def memcached(platform, command):
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(str(platform.run / "memcached/sock"))
        client.sendall(command.encode() + b"\r\n")
        client.settimeout(5)
        text = b""
        while not text.endswith((b"END\r\n", b"OK\r\n")):
            text += client.recv(65536)
    return text.decode()


def variables(book):
    """The env of its processes."""
    found = book.flipside("app.exec", "--", "env", "-0").out
    return dict(pair.split("=", 1) for pair in found.split("\0") if "=" in pair)


def test_what_is_written_is_on_the_page_and_in_sqlite(book):
    assert sign(book, "hello-there").status == 302
    assert "hello-there" in book.http("/").text
    database = next((book.place() / "data").glob("*.sqlite3"))
    with sqlite3.connect(f"file:{database}?mode=ro", uri=True) as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        rows = connection.execute("SELECT * FROM guestbook_entry").fetchall()
    assert "hello-there" in str(rows)


def test_the_counter_is_in_memcached_under_the_apps_own_prefix(platform, book):
    book.http("/")
    prefix = book.flipside("app.exec", "--", "printenv", "CACHE_PREFIX").out.strip()
    assert prefix.startswith("guestbook.production-")
    key = f"{prefix}:1:visits"

    def counted():
        return int(memcached(platform, f"get {key}").splitlines()[1])

    before = counted()
    for _ in range(3):
        book.http("/")
    assert counted() == before + 3


def test_memcached_is_on_its_socket_only(platform):
    assert (platform.run / "memcached/sock").stat().st_mode & 0o007 == 0
    listening = [
        one
        for process in platform.processes()
        if "memcached" in process.name()
        for one in process.net_connections("inet")
    ]
    assert listening == []


def test_static_files_are_nginxs_and_those_with_a_hash_stay_for_ever(platform, book):
    page = book.http("/").text
    hashed = re.search(r'href="(/static/[^"]+\.[0-9a-f]{12}\.css)"', page)[1]
    answer = book.http(hashed)
    assert answer.status == 200
    assert answer.headers["Content-Type"] == "text/css"
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    plain = book.http(re.sub(r"\.[0-9a-f]{12}\.", ".", hashed))
    assert plain.headers["Cache-Control"] == "no-cache"
    assert book.http("/static/../settings.py").status in (400, 404)
    assert book.http("/static/%2e%2e/manage.py").status in (400, 404)
    assert book.http("/static/none.css").status == 404
    # The app has no part in it: nginx serves them while it is stopped.
    book.flipside("app.stop")
    try:
        assert book.http(hashed).status == 200
        assert book.http("/").status == 503
    finally:
        book.flipside("app.start")


def test_the_static_files_of_the_previous_release_are_there_for_pages_already_open(book):
    style = next(book.folder.glob("guestbook/static/**/*.css"))
    old = re.search(r'href="(/static/[^"]+\.css)"', book.http("/").text)[1]
    style.write_text(style.read_text() + "\n/* the next release */\n")
    book.ship()
    new = re.search(r'href="(/static/[^"]+\.css)"', book.http("/").text)[1]
    assert new != old
    assert b"the next release" in book.http(new).body
    assert b"the next release" not in book.http(old).body
    book.flipside("app.rollback")
    assert book.http(old).status == book.http(new).status == 200


def test_its_secrets_are_made_once_and_nobody_else_can_read_them(platform, book):
    key = variables(book)["SECRET_KEY"]
    assert len(key) >= 32
    book.flipside("app.config", "set", "LOG_LEVEL=WARNING")
    assert variables(book)["SECRET_KEY"] == key
    env = book.place() / "current/env.json"
    assert env.stat().st_mode & 0o077 == 0
    logs = [path.read_text(errors="replace") for path in (platform / "log").rglob("*.log")]
    assert not any(key in text for text in logs)
    assert key not in (platform / "store/audit.jsonl").read_text()


def test_its_home_can_be_written_and_its_release_cannot(book):
    inside = book.flipside("app.exec", "--", "sh", "-c", "echo x > $HOME/y && cat $HOME/y; pwd")
    assert inside.out.splitlines()[0] == "x"
    release = book.place() / "current/release"
    assert (release / "venv").stat().st_mode & 0o222 == 0
    assert not [path for path in (release / "tree").rglob("*") if path.stat().st_mode & 0o222]


def test_its_own_tests_pass(book):
    done = book.run("app.test", timeout=180)
    assert done.status == 0, str(done)
    assert "OK" in done.err + done.out


def test_its_shell_knows_its_models(book):
    code = "from guestbook.models import Entry; print('entries:', Entry.objects.count() >= 0)\n"
    assert "entries: True" in book.flipside("app.shell", stdin=code).out
