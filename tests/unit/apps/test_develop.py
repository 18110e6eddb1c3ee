"""An app in its own folder: commands and configuration built, nothing started."""

from __future__ import annotations

import socket
import stat
from pathlib import Path

import pytest

from flipside.apps.develop import env, server, test_command, venv
from flipside.apps.develop import run as run_app
from flipside.apps.develop import test as run_tests
from flipside.apps.develop.env import Here
from flipside.apps.tools import own_python
from flipside.config.load import load_app
from flipside.errors import BadConfigError, FlipsideError

test_command.__test__ = False  # type: ignore[attr-defined]


def here(folder: Path, text: str = "", port: int | None = 8000) -> Here:
    """Return an app whose `.flipside-app` says `text`."""
    (folder / ".flipside-app").write_text(f"name: board\ntemplate: python-wsgi\n{text}")
    return Here(load_app(folder), folder / ".data", port)


def test_the_platforms_variables_have_their_local_meaning(tmp_path: Path) -> None:
    """Every variable of the platform is there."""
    assert env.variables(here(tmp_path)) == {
        "DATA_DIR": f"{tmp_path}/.data",
        "HOME": f"{tmp_path}/.data/home",
        "TREE": str(tmp_path),
        "VENV": f"{tmp_path}/.venv",
        "DOMAINS": "localhost,board.localhost,127.0.0.1",
        "ORIGINS": "http://localhost:8000,http://board.localhost:8000,http://127.0.0.1:8000",
        "URL": "http://localhost:8000",
        "MEMCACHED": "",
        "CACHE_PREFIX": "board.development",
        "APP": "board",
        "ENVIRONMENT": "development",
        "RELEASE": "development",
        "STATIC_ROOT": f"{tmp_path}/static",
    }


def test_the_env_is_filled_in_and_development_wins(tmp_path: Path) -> None:
    """What surrounds us is inherited, but for what would lead Python or uwsgi astray."""
    text = """
env: {HOSTS: $DOMAINS, PRICE: 5$$, DEBUG: "0", KIND: plain}
environments: {development: {env: {KIND: "${APP}!"}}}
wsgi: {pythonpath: [src, .]}
"""
    outer = {"PATH": "/bin", "VIRTUAL_ENV": "/v", "PYTHONPATH": "/p", "UWSGI_HTTP": ":1", "A": "b"}
    values = env.environment(here(tmp_path, text), outer)
    ours = {k: v for k, v in values.items() if not k.startswith("FLIPSIDE_")}
    assert ours == {
        "PATH": "/bin",
        "A": "b",
        "DATA_DIR": f"{tmp_path}/.data",
        "HOME": f"{tmp_path}/.data/home",
        "MEMCACHED": "",
        "HOSTS": "localhost,board.localhost,127.0.0.1",
        "PRICE": "5$",
        "DEBUG": "1",
        "KIND": "board!",
        "PYTHONPATH": f"{tmp_path}/src:{tmp_path}",
    }
    assert values["FLIPSIDE_APP"] == "board"


def test_an_unknown_variable_names_the_key_and_suggests(tmp_path: Path) -> None:
    """Where it stands, and what was meant."""
    with pytest.raises(BadConfigError, match=r"`env: X:` uses \$DOMAIN, which") as caught:
        env.environment(here(tmp_path, "env: {X: $DOMAIN}\n"), {})
    assert "did you mean $DOMAINS?" in str(caught.value.next)
    with pytest.raises(BadConfigError, match="begins no name"):
        env.environment(here(tmp_path, 'env: {X: "5$"}\n'), {})


def test_secrets_are_made_once_and_kept_to_oneself(tmp_path: Path) -> None:
    """The same at each start; one's own value comes first."""
    app = here(tmp_path, "secrets: [SECRET_KEY, SALT]\n")
    first = env.environment(app, {"SALT": "mine"})
    assert env.environment(app, {"SALT": "mine"}) == first
    assert first["SALT"] == "mine"
    assert len(first["SECRET_KEY"]) >= 50
    assert stat.S_IMODE((tmp_path / ".data/secrets.json").stat().st_mode) == 0o600


def test_folders_are_made_and_kept_from_git(tmp_path: Path) -> None:
    """Folders that are data stand in the tree here."""
    env.make_folders(here(tmp_path, "data: [media/, app.db]\n"))
    assert (tmp_path / "media").is_dir()
    assert not (tmp_path / "app.db").exists()
    assert (tmp_path / ".data/.gitignore").read_text() == "*\n"


def test_config_files_are_made_but_never_overwritten(tmp_path: Path) -> None:
    """A developer's own stay as they are."""
    app = here(tmp_path, 'files: {conf/a.ini: "d=$DATA_DIR k=$KEY", b.ini: x}\n')
    (tmp_path / "b.ini").write_text("mine")
    said: list[str] = []
    env.write_files(app, {"KEY": "v"}, said.append)
    assert (tmp_path / "conf/a.ini").read_text() == f"d={tmp_path}/.data k=v"
    assert (tmp_path / "b.ini").read_text() == "mine"
    assert said == ["wrote conf/a.ini, which was not there: keep it out of git"]


def test_the_commands_of_the_venv(tmp_path: Path) -> None:
    """As uv takes them."""
    work, python = Path("/w"), Path("/v/bin/python")
    assert venv.venv_command("uv", "/usr/bin/python3.11", Path("/v")) == [
        *("uv", "venv", "--quiet", "--clear", "--python", "/usr/bin/python3.11", "/v")
    ]
    assert venv.install_command("uv", python, work, ["dev"], prerelease=True) == [
        *("uv", "pip", "install", "--quiet", "--python", "/v/bin/python"),
        *("--requirements", "/w/requirements.in", "--constraints", "/w/constraints.txt"),
        *("--overrides", "/w/overrides.txt", "--group", "dev", "--prerelease", "allow"),
    ]


@pytest.mark.parametrize(
    ("build", "wanted"),
    [
        ("{kind: wheel, extra: [attrs]}", ("-e .", "attrs")),
        ("{kind: index, requirement: sqlite-web==0.7.2}", ("sqlite-web==0.7.2",)),
        ("{kind: tree, requirements: [req.txt]}", ("flask",)),
        ("{kind: tree}", ("bottle",)),
    ],
)
def test_what_the_venv_holds(tmp_path: Path, build: str, wanted: tuple[str, ...]) -> None:
    """The code itself where it can be installed, else what it names."""
    (tmp_path / "req.txt").write_text("flask  # web\n")
    (tmp_path / "pyproject.toml").write_text(
        '[project]\nname = "x"\ndependencies = ["bottle"]\n[dependency-groups]\ndev = []\n'
    )
    app = here(tmp_path, f"build: {build}\n")
    request = venv.request(app)
    assert (request.requirements.wanted, request.python) == (wanted, own_python())
    assert venv.groups(app) == ["dev"]


def test_a_venv_of_another_python_is_not_touched(tmp_path: Path) -> None:
    """It may be the developer's own: they are told to remove it."""
    (tmp_path / ".venv/bin").mkdir(parents=True)
    (tmp_path / ".venv/bin/python").write_text("")
    (tmp_path / ".venv/pyvenv.cfg").write_text("version = 3.8.10\n")
    with pytest.raises(FlipsideError, match=r"\.venv has Python 3\.8") as caught:
        venv.prepare(here(tmp_path, "build: {kind: wheel}\n"), lambda _: None)
    assert caught.value.next == f"rm -r {tmp_path}/.venv"


def test_uwsgis_options(tmp_path: Path) -> None:
    """Ours, then the app's own; lazy-apps unless the app says otherwise."""
    app = here(tmp_path, "uwsgi: {threads: 4, harakiri: 30, lazy-apps: false, env-x: [a, b]}\n")
    assert server.options(app) == [
        ("http", "127.0.0.1:8000"),
        ("module", "flipside_develop:application"),
        ("pythonpath", f"{tmp_path}/.data/develop"),
        ("pythonpath", str(tmp_path)),
        ("chdir", str(tmp_path)),
        ("virtualenv", f"{tmp_path}/.venv"),
        ("binary-path", f"{tmp_path}/.venv/bin/python"),
        ("master", "true"),
        ("processes", "1"),
        ("threads", "4"),
        ("py-autoreload", "1"),
        ("die-on-term", "true"),
        ("vacuum", "true"),
        ("buffer-size", "32768"),
        ("harakiri", "30"),
        ("lazy-apps", "false"),
        ("env-x", "a"),
        ("env-x", "b"),
    ]
    assert ("lazy-apps", "true") in server.options(here(tmp_path))
    assert server.ini([("log-format", "%(uri) 5%")]) == "[uwsgi]\nlog-format = %%(uri) 5%%\n"


def test_the_command_that_starts_uwsgi(tmp_path: Path) -> None:
    """In a way that survives its own reload."""
    assert server.command(here(tmp_path), Path("/x/uwsgi.ini")) == [
        *(f"{tmp_path}/.venv/bin/python", "-c", "import pyuwsgi; pyuwsgi.run()"),
        *("--ini", "/x/uwsgi.ini"),
    ]


def test_static_files_come_from_where_they_are(tmp_path: Path) -> None:
    """Data of the tree lies in the tree here; other data in the data folder."""
    site = tmp_path / ".venv/lib/python3.11/site-packages"
    site.mkdir(parents=True)
    static = """
data: [media/]
static:
  - {url: /a/, path: assets}
  - {url: /m/, path: data:media/pictures}
  - {url: /d/, path: data:files}
  - {url: /s/, path: site-packages:pkg/static}
"""
    assert server.static_maps(here(tmp_path, static)) == [
        f"/a={tmp_path}/assets",
        f"/m={tmp_path}/media/pictures",
        f"/d={tmp_path}/.data/files",
        f"/s={site}/pkg/static",
    ]
    collected = static + "steps: {install: [django-admin collectstatic --noinput]}\n"
    assert [each[:2] for each in server.static_maps(here(tmp_path, collected))] == ["/m", "/d"]


def test_the_wrapper_names_the_callable(tmp_path: Path) -> None:
    """And is Python."""
    path = server.write(here(tmp_path), "board:create_app()")
    text = (path.parent / "flipside_develop.py").read_text()
    assert '"board:create_app()".partition(":")' in text
    compile(text, "flipside_develop.py", "exec")


def test_a_taken_port_is_refused_and_a_free_one_found() -> None:
    """Only the port that was asked for is an error."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(FlipsideError, match=f"port {port} is taken"):
            server.usable_port(port)
        assert server.usable_port(None) != port
    with pytest.raises(FlipsideError, match="port 99999 cannot be used"):
        server.usable_port(99999)


def test_what_is_missing_is_said_before_anything_is_made(tmp_path: Path) -> None:
    """No callable, no test command: an error, and no venv."""
    (tmp_path / "meta").mkdir()
    (tmp_path / "meta/bare").mkdir()
    (tmp_path / "meta/bare/meta.yml").write_text("description: nothing\n")
    (tmp_path / ".flipside-app").write_text("name: board\ntemplate: bare\n")
    app = load_app(tmp_path, tmp_path / "meta")
    with pytest.raises(FlipsideError, match="does not say what to serve"):
        run_app(app, None, print)
    with pytest.raises(FlipsideError, match="does not say how to test it") as caught:
        run_tests(app, [], print)
    assert "commands:" in str(caught.value.next)
    assert not (tmp_path / ".venv").exists()
    assert not (tmp_path / ".data").exists()


def test_arguments_reach_the_test_command_as_they_are() -> None:
    """Spaces and quotes too."""
    assert test_command("pytest -q", ["-k", "a b"]) == [
        *("sh", "-c", 'pytest -q "$@"', "sh", "-k", "a b")
    ]
