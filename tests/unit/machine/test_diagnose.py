"""Why a release does not serve: real Django, Flask and plain apps that fail, under a real uwsgi."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from flipside.errors import DeployError
from flipside.machine.applog import respawns
from flipside.machine.diagnose import explain
from flipside.machine.health import wait_healthy

HOST = "guestbook.example.com"
PROBE = {"path": "/up", "method": "GET", "status": ["2xx"], "timeout": 3.0}
OK = "    start('200 OK', [])\n    return [b'fine']\n"
HEAD = "Traceback (most recent call last):"
DJANGO = """
import os, sys
from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.urls import path
def up(request):
    raise LookupError("the view broke")
MIDDLEWARE = ["django.middleware.common.CommonMiddleware"]
urlpatterns = [path("up", up)]
settings.configure(ROOT_URLCONF=__name__, SECRET_KEY="x", MIDDLEWARE=MIDDLEWARE, ALLOWED_HOSTS=[os.environ["HOSTS"]])
app = get_wsgi_application()
"""
FLASK = """
import logging, flask
app = flask.Flask(__name__)
app.logger.disabled = True
@app.route("/up")
def up():
    return {}["nothing"]
"""


class Release:
    """A release folder around the test venv, whose app is given as source."""

    def __init__(self, root: Path, venv: Path) -> None:
        self.dir = root / "releases" / "1.0-1a2b3c4d"
        self.tree = self.dir / "tree"
        self.tree.mkdir(parents=True)
        (self.dir / "venv").symlink_to(venv)
        self.log = root / "app.log"
        self.env = {"PATH": os.environ["PATH"], "HOSTS": HOST}

    def explain(self, code: str, log: str = "", name: str = "app", **more: Any) -> str:
        (self.tree / "site_app.py").write_text(code)
        self.log.write_text("old\n" + log)
        probe = {**PROBE, **more}
        callable_ = name if ":" in name else f"site_app:{name}"
        where = (self.dir, self.env, self.tree, callable_, ["."])
        return explain(*where, probe, HOST, self.log, len("old\n"))


@pytest.fixture
def release(tmp_path: Path, app_venv: Path) -> Release:
    return Release(tmp_path, app_venv)


def test_django_says_nothing_by_itself(
    release: Release, uwsgi: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """With DEBUG off and no logging, the traceback of a 500 is in no log; here it is."""
    monkeypatch.setenv("HOSTS", HOST)
    app = uwsgi(DJANGO)
    with pytest.raises(DeployError, match="answered 500"):
        wait_healthy(app.socket, PROBE, HOST, app.alive)
    said = release.explain(DJANGO, app.log.read_text())
    assert said.startswith(HEAD)
    assert said.endswith("LookupError: the view broke")
    assert said.count(HEAD) == 1
    assert "probe.py" not in said


def test_django_refuses_the_host(release: Release) -> None:
    release.env["HOSTS"] = "other.example.com"
    assert "DisallowedHost" in release.explain(DJANGO)


def test_django_import_error_in_a_url_conf(release: Release) -> None:
    code = DJANGO.replace("ROOT_URLCONF=__name__", "ROOT_URLCONF='no_such_urls'")
    assert "No module named 'no_such_urls'" in release.explain(code)


def test_flask_with_logging_off(release: Release) -> None:
    said = release.explain(FLASK)
    assert said.endswith("KeyError: 'nothing'")
    assert "in up" in said


def test_import_error(release: Release) -> None:
    said = release.explain("import os\nimport no_such_module\n")
    assert said.startswith(HEAD)
    assert "line 2, in <module>" in said
    assert said.endswith("ModuleNotFoundError: No module named 'no_such_module'")


def test_missing_module(release: Release) -> None:
    said = release.explain("", name="no_such_app:app")
    assert said == "ModuleNotFoundError: No module named 'no_such_app'"


def test_missing_callable(release: Release) -> None:
    said = release.explain("x = 1", name="nope")
    assert "module 'site_app' has no attribute 'nope'" in said


def test_syntax_error(release: Release) -> None:
    assert "SyntaxError: '(' was never closed" in release.explain("def f(\n")


def test_factory(release: Release) -> None:
    """`module:make()` is called, as uwsgi does."""
    code = "def make():\n    raise OSError('no config')\n"
    assert release.explain(code, name="make()").endswith("OSError: no config")


def test_exit_while_importing(release: Release, uwsgi: Callable[..., Any]) -> None:
    """Uwsgi replaces such a worker for ever, and says only that it died."""
    code = "import sys\nsys.exit('no licence')\n"
    app = uwsgi(code)
    deadline = time.monotonic() + 10
    while respawns(app.log, 0) < 2 and time.monotonic() < deadline:
        time.sleep(0.05)
    assert app.alive()
    said = release.explain(code, app.log.read_text())
    assert "SystemExit: no licence" in said
    assert "DAMN ! worker 1 (pid:" in said


def test_crash(release: Release) -> None:
    """A segmentation fault ends the probe, too; the signal is told."""
    said = release.explain("import os, signal\nos.kill(os.getpid(), signal.SIGSEGV)\n")
    assert "did not answer" in said
    assert "status -11" in said


def test_a_hang_shows_where(release: Release, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("flipside.machine.diagnose._SECONDS", 3.0)
    said = release.explain("import time\ndef app(e, start):\n    time.sleep(60)\n")
    assert "Timeout" in said
    assert 'site_app.py", line 3 in app' in said


def test_exception_in_the_callable(release: Release, uwsgi: Callable[..., Any]) -> None:
    """Uwsgi logs this one; the app is not asked again."""
    code = f"import os\ndef app(e, start):\n    open({str(release.log) + '.2'!r}, 'a').write('x')\n"
    code += "    try:\n        1 / 0\n    except ZeroDivisionError as e:\n"
    code += "        raise ValueError('a message\\nof two lines') from e\n"
    app = uwsgi(code)
    with pytest.raises(DeployError, match="0 bytes"):
        wait_healthy(app.socket, PROBE, HOST, app.alive)
    asked = Path(f"{release.log}.2").read_text()
    said = release.explain(code, app.log.read_text())
    assert said.startswith(HEAD)
    assert "ZeroDivisionError: division by zero\n\nThe above exception" in said
    assert said.endswith("ValueError: a message\nof two lines")
    assert Path(f"{release.log}.2").read_text() == asked


def test_exception_while_the_answer_is_made(release: Release) -> None:
    code = (
        "def app(e, start):\n    start('200 OK', [])\n    yield b'x'\n    raise OSError('late')\n"
    )
    assert release.explain(code).endswith("OSError: late")


def test_the_log_of_another_release_is_not_blamed(release: Release) -> None:
    """The old release still serves, and writes to the same log."""
    other = f"{HEAD}\n" + f'  File "{release.dir.parent}/0.9-00000000/tree/a.py", line 1, in a\n'
    other += "ValueError: not ours\n[pid: 1|app: 0|req: 1/1] GET /\n"
    said = release.explain("def app(e, start):\n    raise OSError('ours')\n", other)
    assert said.endswith("OSError: ours")
    own = other.replace("0.9-00000000", release.dir.name).replace("not ours", "mine")
    assert release.explain("", own + other).endswith("ValueError: mine")


def test_a_log_through_rsyslog(release: Release) -> None:
    """One record: newlines as #012, after a blank."""
    log = f' {HEAD}#012  File "/x/y.py", line 1, in z#012    z()#012KeyError: 1\n'
    assert (
        release.explain("", log) == f'{HEAD}\n  File "/x/y.py", line 1, in z\n    z()\nKeyError: 1'
    )


def test_line_by_line_through_rsyslog(release: Release) -> None:
    log = f' {HEAD}\n   File "/x/y.py", line 1, in z\n     z()\n KeyError: 1\n [pid: 1|app: 0] x\n'
    assert (
        release.explain("", log) == f'{HEAD}\n  File "/x/y.py", line 1, in z\n    z()\nKeyError: 1'
    )


@pytest.mark.parametrize(
    ("write", "entry"),
    [
        ("os.makedirs('media/x')", "media/x/"),
        ("open('media/avatars/a.png', 'w')", "media/avatars/"),
        ("open('state.json', 'w')", "state.json"),
        ("open('pkg/state.json', 'w')", "pkg/state.json"),
        ("sqlite3.connect('app.db').execute('create table t (a)')", "app.db"),
        ("sqlite3.connect('file:app.db?mode=rwc', uri=True)", "app.db"),
    ],
)
def test_writing_to_the_tree(release: Release, write: str, entry: str) -> None:
    """Named even where the file system would allow it, and with what to add."""
    (release.tree / "pkg").mkdir()
    (release.tree / "pkg" / "__init__.py").touch()
    (release.tree / "media" / "avatars").mkdir(parents=True)
    said = release.explain(f"import os, sqlite3\n{write}\nraise OSError('read-only')\n")
    assert f"the app writes to its own tree, which is read-only: {release.tree}/" in said
    assert f"add `{entry}` to `data:` in .flipside-app" in said


def test_a_logged_refusal_to_write(release: Release) -> None:
    path = release.tree / "logs" / "debug.log"
    log = f'{HEAD}\n  File "{release.tree}/a.py", line 1\nPermissionError: [Errno 13] Permission '
    said = release.explain("", f"{log}denied: '{path}'\n")
    assert said.endswith("add `logs/` to `data:` in .flipside-app")


def test_a_logged_refusal_names_a_path_as_the_app_wrote_it(release: Release) -> None:
    log = f'{HEAD}\n  File "{release.tree}/a.py", line 1\nPermissionError: [Errno 13] Permission '
    said = release.explain("", f"{log}denied: 'logs/debug.log'\n")
    assert said.endswith("add `logs/` to `data:` in .flipside-app")


def test_writing_to_linked_data_is_right(release: Release, tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (release.tree / "media").symlink_to(tmp_path / "data")
    said = release.explain("open('media/x', 'w')\nraise OSError('other')\n")
    assert said.endswith("OSError: other")


def test_a_bad_status_without_an_exception(release: Release) -> None:
    code = "import logging\ndef app(e, start):\n    logging.warning('no tables yet')\n"
    code += "    start('503 Unavailable', [])\n    return []\n"
    said = release.explain(code)
    assert said == "the app answers /up with 503 Unavailable\nroot: no tables yet"


def test_healthy_outside_uwsgi(release: Release) -> None:
    said = release.explain("def app(e, start):\n" + OK)
    assert said == "the app answers /up with 200 OK when asked outside uwsgi"


def test_no_start_response(release: Release) -> None:
    assert "without calling start_response" in release.explain(
        "def app(e, start):\n    return []\n"
    )


def test_the_request_is_the_health_check(release: Release) -> None:
    """Method, path, Host and scheme are those of the check."""
    code = "def app(e, start):\n    raise OSError([e[k] for k in ('REQUEST_METHOD', 'PATH_INFO', "
    code += "'QUERY_STRING', 'HTTP_HOST', 'wsgi.url_scheme')])\n"
    said = release.explain(code, method="HEAD", path="/a?b=c")
    assert said.endswith(f"OSError: ['HEAD', '/a', 'b=c', '{HOST}', 'https']")


def test_what_the_app_prints_does_not_confuse(release: Release) -> None:
    code = "import os\nprint('{}')\nos.write(1, b'noise')\nraise OSError('x')\n"
    assert release.explain(code).endswith("OSError: x")


def test_module_names_of_ours_are_free(release: Release) -> None:
    """An app's `health` and `steps` are its own, not the platform's."""
    (release.tree / "health.py").write_text("mine = 1\n")
    said = release.explain("import health, steps\n")
    assert said.endswith("No module named 'steps'")


def test_the_uwsgi_module_is_not_there(release: Release) -> None:
    said = release.explain("import uwsgi\n")
    assert "only inside uwsgi" in said


def test_threads_do_not_keep_it(release: Release) -> None:
    code = "import threading, time\nthreading.Thread(target=time.sleep, args=[60]).start()\n"
    start = time.monotonic()
    assert release.explain(code + "raise OSError('x')\n").endswith("OSError: x")
    assert time.monotonic() - start < 5


def test_no_venv(release: Release) -> None:
    (release.dir / "venv").unlink()
    assert "No such file" in release.explain("")


def test_no_log(release: Release) -> None:
    assert respawns(release.log, 0) == 0


def test_what_uwsgi_said_of_an_option_before_it_ended(release: Release) -> None:
    """It has no traceback, and the app is well when it is asked without uwsgi."""
    log = "[uWSGI] getting INI configuration from /x.ini\nthe spooler has no folder\n"
    said = release.explain(f"def app(env, start):\n{OK}", f"DAMN old noise\n{log}")
    assert said.endswith("the spooler has no folder")
    assert "old noise" not in said
    assert "getting INI" not in said
