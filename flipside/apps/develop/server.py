"""uwsgi, serving an app from its own folder."""

from __future__ import annotations

import errno
import socket
from pathlib import Path

from flipside.apps.develop.env import DATA, Here
from flipside.config.load import LoadedApp
from flipside.config.serve import StaticConfig
from flipside.errors import FlipsideError

ADDRESS = "127.0.0.1"
PORTS = range(8000, 8100)
START = "import pyuwsgi; pyuwsgi.run()"
MODULE = "flipside_develop"
WRAPPER = Path(__file__).with_name("wrapper.py.txt")

Option = tuple[str, str]


def callable_of(app: LoadedApp) -> str:
    """Return the app's WSGI callable.

    Raises:
        FlipsideError: The app names none.
    """
    if app.config.wsgi.callable:
        return app.config.wsgi.callable
    hint = "add `wsgi: {callable: MODULE:NAME}`, as guestbook.wsgi:application"
    raise FlipsideError("the app does not say what to serve", str(app.path), hint)


def usable_port(port: int | None) -> int:
    """Return the port, or the first free one of 8000 to 8099 and then of any.

    Raises:
        FlipsideError: The port is taken, or not to be had.
    """
    if port is None:
        return next((each for each in PORTS if _refused(each) is None), None) or _any_port()
    refused = _refused(port)
    if refused is None:
        return port
    what = f"port {port} is taken" if refused == errno.EADDRINUSE else f"port {port} cannot be used"
    raise FlipsideError(what, f"{ADDRESS}:{port}", "flipside app.run, and a free one is chosen")


def _refused(port: int) -> int | None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((ADDRESS, port))
        except OverflowError:
            return errno.EINVAL
        except OSError as error:
            return error.errno
    return None


def _any_port() -> int:
    with socket.socket() as probe:
        probe.bind((ADDRESS, 0))
        return int(probe.getsockname()[1])


def command(here: Here, ini: Path) -> list[str]:
    """Return the command that starts uwsgi. Another one would not survive its own reload."""
    return [str(here.venv / "bin" / "python"), "-c", START, "--ini", str(ini)]


def options(here: Here) -> list[Option]:
    """Return uwsgi's options: ours for development, then the app's own."""
    uwsgi = here.config.uwsgi
    ours: list[Option] = [
        ("http", f"{ADDRESS}:{here.port}"),
        ("module", f"{MODULE}:application"),
        ("pythonpath", str(_work(here))),
        *(("pythonpath", str(folder)) for folder in _pythonpath(here)),
        ("chdir", str(here.cwd)),
        ("virtualenv", str(here.venv)),
        ("binary-path", str(here.venv / "bin" / "python")),
        ("master", "true"),
        ("processes", str(uwsgi.processes)),
        ("threads", str(uwsgi.threads)),
        ("py-autoreload", "1"),
        ("die-on-term", "true"),
        ("vacuum", "true"),
        ("buffer-size", "32768"),
        *(("static-map", each) for each in static_maps(here)),
    ]
    own = uwsgi.options
    theirs = [(key, text) for key, value in own.items() for text in _texts(value)]
    if "lazy-apps" not in own:
        ours.append(("lazy-apps", "true"))
    return ours + theirs


def _work(here: Here) -> Path:
    return here.folder / DATA / "develop"


def _pythonpath(here: Here) -> list[Path]:
    if here.config.build.kind != "tree":
        return []
    return [here.folder / each for each in here.config.wsgi.pythonpath]


def _texts(value: object) -> list[str]:
    values = value if isinstance(value, list) else [value]
    return [str(each).lower() if isinstance(each, bool) else str(each) for each in values]


def static_maps(here: Here) -> list[str]:
    """Return what uwsgi serves by itself, as `URL=FOLDER`.

    Where a step collects static files, Django serves them instead: what was once collected
    would hide what is written now.
    """
    collected = any("collectstatic" in step.run for step in here.config.steps.install)
    entries = [e for e in here.config.static if e.path.startswith("data:") or not collected]
    return [f"{entry.url.rstrip('/') or '/'}={_static_folder(here, entry)}" for entry in entries]


def _static_folder(here: Here, entry: StaticConfig) -> Path:
    place, _, path = entry.path.partition(":")
    if place == "site-packages":
        return next(here.venv.glob("lib/python3*/site-packages"), here.venv) / path
    # Paths of the tree that are data stay in the tree here, where nothing is linked.
    linked = [each.rstrip("/") for each in here.config.data]
    in_tree = place == "tree" or any(f"{path}/".startswith(f"{each}/") for each in linked)
    return (here.folder if in_tree else here.data) / path


def ini(options: list[Option]) -> str:
    """Return uwsgi's configuration; a `%` would begin one of its magic variables."""
    lines = [f"{key} = {value.replace('%', '%%')}" for key, value in options]
    return "\n".join(["[uwsgi]", *lines, ""])


def write(here: Here, callable_: str) -> Path:
    """Write uwsgi's configuration, and the module that it loads; return the former's path."""
    work = _work(here)
    work.mkdir(parents=True, exist_ok=True)
    wrapper = WRAPPER.read_text("utf-8")
    (work / f"{MODULE}.py").write_text(wrapper.replace("MODULE:NAME", callable_), "utf-8")
    path = work / "uwsgi.ini"
    path.write_text(ini(options(here)), "utf-8")
    return path
