"""Import a WSGI callable and request one path, telling every exception on the way.

Runs as a script in the *release's* Python, which may be older or newer than ours, with the app's
environment: standard library only, nothing of flipside. Takes a JSON object as its argument
(``callable``, ``pythonpath``, ``tree``, ``vars``, ``seconds``) and prints one as its last act
(``imported``, ``status``, ``errors``, ``log``, ``writes``); what the app prints goes to stderr.
"""

from __future__ import annotations

import faulthandler
import importlib
import io
import json
import logging
import os
import sys
import traceback
from collections.abc import Callable
from typing import Any

ERRORS: list[str] = []
LOG: list[str] = []
WRITES: list[str] = []
OWN = (
    __file__,
    importlib.__file__,
    "<frozen importlib._bootstrap>",
    "<frozen importlib._bootstrap_external>",
)


def main(order: dict[str, Any]) -> dict[str, Any]:
    """Do what an order says; return the report."""
    faulthandler.dump_traceback_later(order["seconds"], exit=True)
    sys.argv = ["uwsgi"]
    sys.path[:1] = [os.getcwd()] + order["pythonpath"]
    sys.addaudithook(watch(os.path.realpath(order["tree"])))
    app = load(order["callable"])
    status = call(app, order["vars"]) if app else None
    faulthandler.cancel_dump_traceback_later()
    return {
        "imported": app is not None,
        "status": status,
        "errors": list(dict.fromkeys(ERRORS)),
        "log": LOG[-20:],
        "writes": list(dict.fromkeys(WRITES)),
    }


def load(name: str) -> Callable[..., Any] | None:
    """Return the callable as uwsgi would find it; None when it cannot be."""
    module, _, attribute = name.partition(":")
    attribute = attribute or "application"
    try:
        found: Callable[..., Any] = getattr(
            importlib.import_module(module), attribute.replace("()", "")
        )
        made: Callable[..., Any] = found() if attribute.endswith("()") else found
    except BaseException as error:  # noqa: BLE001 - SystemExit, too, kills a uwsgi worker
        tell(error)
        return None
    return made


def call(app: Callable[..., Any], variables: dict[str, str]) -> str | None:
    """Request a path; return the status line, None when the app raised or started no answer."""
    listen()
    environ: dict[str, Any] = dict(variables)
    environ.update(
        {
            "SCRIPT_NAME": "",
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": "https",
            "wsgi.input": io.BytesIO(),
            "wsgi.errors": sys.stderr,
            "wsgi.multithread": True,
            "wsgi.multiprocess": True,
            "wsgi.run_once": False,
        }
    )
    started: list[str] = []

    def start_response(status: str, _: Any, exc_info: Any = None) -> Callable[..., None]:
        del exc_info  # PEP 3333 lets the app pass it by name
        started.append(status)
        return LOG.append

    try:
        body = app(environ, start_response)
        for _ in body:
            pass
        getattr(body, "close", lambda: None)()
    except BaseException as error:  # noqa: BLE001 - as above
        tell(error)
        return None
    return started[-1] if started else None


def tell(error: BaseException | None) -> None:
    """Note an exception, without this file's frames."""
    if error is None:
        return
    trace = error.__traceback__
    while trace and trace.tb_frame.f_code.co_filename in OWN:
        trace = trace.tb_next
    ERRORS.append("".join(traceback.format_exception(type(error), error, trace)).strip())


class Listener(logging.Handler):
    """Notes the exceptions that a framework logs before it answers 500."""

    def emit(self, record: logging.LogRecord) -> None:
        """Keep a record's exception, or its message."""
        if record.exc_info and record.exc_info[1]:
            tell(record.exc_info[1])
        elif record.levelno >= logging.WARNING:
            LOG.append(f"{record.name}: {record.getMessage()}")


def listen() -> None:
    """Hear of exceptions that the app's frameworks swallow."""
    logging.getLogger().addHandler(Listener())
    django = sys.modules.get("django.core.signals")
    flask = sys.modules.get("flask.signals") or sys.modules.get("flask")
    if django:
        django.got_request_exception.connect(lambda **_: tell(sys.exc_info()[1]), weak=False)
        logging.getLogger("django").addHandler(Listener())
    if flask and hasattr(flask, "got_request_exception"):
        flask.got_request_exception.connect(lambda _, exception, **__: tell(exception), weak=False)


def database(name: str) -> str:
    """Return the path of a database that SQLite may write, "" when it is none."""
    if name.startswith("file:"):
        name, _, query = name[len("file:") :].partition("?")
        if any(word in query for word in ("mode=memory", "mode=ro", "immutable")):
            return ""
        name = name.removeprefix("//")
    return "" if name.startswith(":") else name


def watch(tree: str) -> Callable[[str, tuple[Any, ...]], None]:
    """Return an audit hook that notes what is written below a folder."""

    def hook(event: str, args: tuple[Any, ...]) -> None:
        if event == "open" and isinstance(args[0], (str, bytes)):
            if (args[2] or 0) & (os.O_WRONLY | os.O_RDWR | os.O_CREAT):
                note(args[0])
        elif event in ("os.mkdir", "os.remove", "os.truncate"):
            note(args[0], "/" if event == "os.mkdir" else "")
        elif event == "os.rename":
            note(args[1])
        elif event == "sqlite3.connect":
            note(database(str(args[0])))

    def note(path: Any, suffix: str = "") -> None:
        if isinstance(path, (str, bytes)) and path:
            real = os.path.realpath(os.fsdecode(path))
            if real.startswith(tree + os.sep) and "__pycache__" not in real:
                WRITES.append(real[len(tree) + 1 :] + suffix)

    return hook


if __name__ == "__main__":
    out = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    report = main(json.loads(sys.argv[1]))
    out.write(json.dumps(report))
    out.close()
    sys.stderr.flush()
    os._exit(0)  # threads that the app started must not keep us
