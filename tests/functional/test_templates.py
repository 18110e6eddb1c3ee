"""Every template for real: rendered, installed from the index, tested, served by uwsgi."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from http.cookiejar import CookieJar
from pathlib import Path
from shutil import copytree, ignore_patterns
from urllib.parse import urlencode

import pytest

from flipside.apps.develop import test as run_tests
from flipside.apps.template import bootstrap, list_templates
from flipside.config.load import load_app

GUESTBOOK = Path(__file__).parents[2] / "examples" / "guestbook"
OWN = {
    "guestbook/admin.py",
    "guestbook/forms.py",
    "guestbook/migrations/0001_initial.py",
    "guestbook/models.py",
    "guestbook/static/guestbook/icon.svg",
    "guestbook/static/guestbook/style.css",
    "guestbook/templates/guestbook/home.html",
    "guestbook/views.py",
    "tests/test_guestbook.py",
}
"""What makes a guestbook of the template's empty app."""

RUN = """
import sys
from pathlib import Path
from flipside.apps.develop import run
from flipside.config.load import load_app
sys.exit(run(load_app(Path(sys.argv[1])), int(sys.argv[2]), lambda line: None))
"""
PATIENCE = 120
RELOAD = 10
"""Seconds in which uwsgi notices a change and starts anew."""


def files(folder: Path) -> set[str]:
    """Return the paths of a project's own files."""
    made = {".venv", ".data", "__pycache__", "static"}
    paths = (path.relative_to(folder) for path in folder.rglob("*") if path.is_file())
    return {p.as_posix() for p in paths if p.parts[0] not in made and "__pycache__" not in p.parts}


def free_port() -> int:
    """Return a port that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(what: str, condition: Callable[[], object]) -> None:
    """Wait until the condition, a function, holds."""
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, f"waited {PATIENCE} s for {what}"
        time.sleep(0.1)


class Browser:
    """Asks for pages, with cookies; an error's page is a page."""

    def __init__(self, origin: str) -> None:
        self.origin = origin
        cookies = urllib.request.HTTPCookieProcessor(CookieJar())
        self.opener = urllib.request.build_opener(cookies)

    def get(self, path: str, form: dict[str, str] | None = None) -> tuple[int, str]:
        """Return (status, page); status 0 when nobody answers."""
        body = urlencode(form).encode() if form else None
        try:
            with self.opener.open(self.origin + path, body, timeout=30) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()
        except OSError:
            return 0, ""


@pytest.fixture
def memcached(tmp_path: Path) -> Iterator[Path]:
    """A memcached on a Unix socket."""
    path = tmp_path / "mc.sock"
    user = ["-u", "root"] if os.getuid() == 0 else []
    server = subprocess.Popen(["memcached", "-s", str(path), *user])
    wait_for("memcached", path.exists)
    yield path
    server.terminate()
    server.wait()


@pytest.fixture
def served(
    tmp_path: Path, memcached: Path
) -> Iterator[tuple[Path, Browser, subprocess.Popen[bytes]]]:
    """The guestbook, as app.run serves it, with a memcached."""
    folder = tmp_path / "guestbook"
    copytree(GUESTBOOK, folder, ignore=ignore_patterns(".venv", ".data", "static.*"))
    with (folder / ".flipside-app").open("a") as file:
        file.write(f"environments: {{development: {{env: {{MEMCACHED: {memcached}}}}}}}\n")
    port = free_port()
    log = (tmp_path / "log").open("wb")
    argv = [sys.executable, "-c", RUN, str(folder), str(port)]
    process = subprocess.Popen(argv, stdout=log, stderr=subprocess.STDOUT)
    browser = Browser(f"http://127.0.0.1:{port}")
    wait_for("the guestbook", lambda: process.poll() is not None or browser.get("/up")[0] == 200)
    assert process.poll() is None, (tmp_path / "log").read_text()
    yield folder, browser, process
    process.terminate()
    process.wait()
    log.close()


@pytest.mark.parametrize("template", sorted(list_templates()))
def test_a_new_app_passes_its_own_tests(tmp_path: Path, template: str) -> None:
    """Rendered under a name with a hyphen, installed, and tested by its own command."""
    folder = bootstrap("my-app", tmp_path / "my-app", template).path
    before = files(folder)
    assert run_tests(load_app(folder), [], print) == 0
    assert files(folder) == before


def test_a_failing_test_is_told_by_the_exit_status(tmp_path: Path) -> None:
    """And arguments reach the command."""
    folder = bootstrap("my-app", tmp_path / "my-app", "python-wsgi").path
    (folder / "test_app.py").write_text(
        "import unittest\nclass T(unittest.TestCase):\n"
        "    def test_a(self): self.fail()\n"
        "    def test_b(self): pass\n"
    )
    assert run_tests(load_app(folder), [], print) == 1
    assert run_tests(load_app(folder), ["test_app.T.test_b"], print) == 0


def test_the_guestbook_is_what_the_template_makes_and_its_own_parts(tmp_path: Path) -> None:
    """File by file, so that the example never falls behind the template."""
    folder = bootstrap("guestbook", tmp_path / "guestbook").path
    made, kept = files(folder), files(GUESTBOOK)
    assert kept - made == OWN - made
    assert made - kept == set()
    differing = {p for p in made if (folder / p).read_bytes() != (GUESTBOOK / p).read_bytes()}
    assert differing == OWN & made


def test_the_guestbook_passes_its_own_tests(tmp_path: Path) -> None:
    """The template's and those of the guestbook; no migration is missing."""
    folder = tmp_path / "guestbook"
    copytree(GUESTBOOK, folder, ignore=ignore_patterns(".venv", ".data"))
    assert run_tests(load_app(folder), [], print) == 0
    text = (folder / ".flipside-app").read_text()
    check = "commands: {test: django-admin makemigrations --check --dry-run}\n"
    (folder / ".flipside-app").write_text(text + check)
    assert run_tests(load_app(folder), [], print) == 0


def test_the_guestbook_runs_in_its_own_folder(
    served: tuple[Path, Browser, subprocess.Popen[bytes]], memcached: Path
) -> None:
    """Migrated, styled, signed, counted in memcached; broken code is shown, then mended."""
    folder, browser, process = served
    assert browser.get("/up") == (200, "ok")
    page = browser.get("/")[1]
    style = re.search(r'href="(/static/guestbook/style[^"]*)"', page)
    assert style
    assert browser.get(style[1])[0] == 200

    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
    assert token
    form = {"csrfmiddlewaretoken": token[1], "name": "Ada", "message": "Hello there"}
    status, page = browser.get("/", form)
    assert (status, "Hello there" in page) == (200, True)
    assert counted(memcached) == 2
    assert "Visit <strong>2</strong>" in page

    views = folder / "guestbook" / "views.py"
    code = views.read_text()
    wait_for("the error", saved(views, f"{code}\noops = (\n", browser, "SyntaxError"))
    wait_for("the mended page", saved(views, code, browser, "Hello there"))

    process.send_signal(signal.SIGINT)
    assert process.wait(30) == 0
    assert browser.get("/up")[0] == 0


def saved(file: Path, text: str, browser: Browser, shown: str) -> Callable[[], bool]:
    """Return a condition: the front page shows this after the file was saved.

    It is saved again where nothing happens: uwsgi sees no change in its first second.
    """
    saves = [0.0]

    def condition() -> bool:
        if time.monotonic() - saves[-1] > RELOAD:
            file.write_text(text)
            saves.append(time.monotonic())
        return shown in browser.get("/")[1]

    return condition


def counted(socket_path: Path) -> int:
    """Return the counter of visits as memcached has it."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(str(socket_path))
        connection.sendall(b"get guestbook.development:1:visits\r\nquit\r\n")
        answer = connection.makefile("rb").read()
    return int(answer.split(b"\r\n")[1])


def test_a_factory_and_a_bottle_app_run_as_they_were_guessed(tmp_path: Path) -> None:
    """Adopted without a change of their code, and served."""
    flask = {
        "requirements.txt": "flask\n",
        "board/__init__.py": "from flask import Flask\ndef create_app():\n    app = Flask(__name__)\n"
        '    app.add_url_rule("/", view_func=lambda: "flask says hello")\n    return app\n',
    }
    bottle = {
        "requirements.txt": "bottle\n",
        "site/web.py": 'from bottle import route, run\n@route("/")\n'
        'def home(): return "bottle says hello"\nif __name__ == "__main__": run()\n',
    }
    for name, project in (("flask", flask), ("bottle", bottle)):
        for path, text in project.items():
            (tmp_path / name / path).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name / path).write_text(text)
        bootstrap(f"my-{name}", tmp_path / name)
        assert front_page(tmp_path / name) == (200, f"{name} says hello")


def front_page(folder: Path) -> tuple[int, str]:
    """Return (status, page) of an app as app.run serves it."""
    port = free_port()
    process = subprocess.Popen([sys.executable, "-c", RUN, str(folder), str(port)])
    browser = Browser(f"http://127.0.0.1:{port}")
    try:
        wait_for("an answer", lambda: process.poll() is not None or browser.get("/")[0])
        return browser.get("/")
    finally:
        process.terminate()
        process.wait()
