"""Say why a release does not serve, when its logs may hold nothing (see `applog`)."""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from flipside.machine.applog import last_words, settled, trouble
from flipside.machine.health import accepts, variables

_PROBE = Path(__file__).with_name("probe.py")
# How long the app is asked again, in seconds: at most, and beyond its own health timeout.
_SECONDS = 18.0
_MORE = 3.0
# After which nothing of it runs any more.
SECONDS = int(_SECONDS + _MORE)
_DENIED = re.compile(r"\[Errno (?:13|30)\] [^:\n]+: '([^'\n]+)'")


def explain(  # noqa: PLR0913, PLR0917 - all that is known of one start, asked for once
    release_dir: Path,
    env: Mapping[str, str],
    cwd: Path,
    callable: str,  # noqa: A002 - the configuration's own word
    pythonpath: Sequence[str],
    probe: Mapping[str, Any],
    host: str,
    log_file: Path,
    log_offset: int,
    lead: Sequence[str] = (),
) -> str:
    """Return why a generation failed its health check, for people to read; never raises.

    First what the app logged; with no traceback there, what happens when the callable is imported
    and asked for the health path in a process of its own, by the release's Python.

    Args:
        release_dir: The release: ``venv/`` and ``tree/`` are below it.
        env: The generation's whole environment.
        cwd: The app's working directory.
        callable: ``module:name``, as uwsgi takes it.
        pythonpath: Folders put on ``sys.path``, absolute or relative to the tree.
        probe: ``path``, ``method``, ``status`` of the health check.
        host: What to send as ``Host``.
        log_file: The app's log, shared by all its generations.
        log_offset: Its size in bytes when this generation was started.
        lead: Words put before the command that asks, which confine it.
    """
    tree = release_dir / "tree"
    log, logged = settled(log_file, log_offset, release_dir)
    if logged:
        return _join(logged, _denied(logged, tree, cwd))
    order = {
        "callable": callable,
        "pythonpath": [str(tree / folder) for folder in pythonpath],
        "tree": str(tree),
        "vars": variables(host, str(probe.get("method", "GET")), str(probe["path"])),
        # What hung once will hang again: then it tells where.
        "seconds": min(_SECONDS, float(probe["timeout"]) + _MORE),
    }
    found = _run_probe(release_dir / "venv/bin/python", env, cwd, order, lead)
    said = trouble(log) or (last_words(log) if not found.get("errors") else "")
    return _join(_tell(found, probe, tree, cwd), said) or "the app gave no reason"


def _run_probe(
    python: Path,
    env: Mapping[str, str],
    cwd: Path,
    order: Mapping[str, Any],
    lead: Sequence[str],
) -> dict[str, Any]:
    """Return the probe's report; with only ``stderr`` when it came to no end."""
    try:
        done = subprocess.run(
            [*lead, str(python), "-B", str(_PROBE), json.dumps(order)],
            cwd=cwd,
            env=dict(env),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
            timeout=order["seconds"] + 2,
            start_new_session=True,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return {"stderr": str(error)}
    stderr = done.stderr.decode("utf-8", "replace").strip()
    try:
        return {**json.loads(done.stdout), "stderr": stderr}
    except ValueError:
        return {"stderr": stderr or f"it ended with status {done.returncode}"}


def _tell(found: Mapping[str, Any], probe: Mapping[str, Any], tree: Path, cwd: Path) -> str:
    if "imported" not in found:
        return "asked in a process of its own, the app did not answer:\n" + _last(found["stderr"])
    text = _join(*found["errors"][-2:]) or _answer(found, probe)
    writes = _writes(found["writes"], tree)
    return _join(text, _uwsgi_only(text), writes or _denied(text, tree, cwd))


def _answer(found: Mapping[str, Any], probe: Mapping[str, Any]) -> str:
    """Return what the app answered without an exception, and what it logged meanwhile."""
    status = found["status"]
    if status is None:
        return "the app returned without calling start_response"
    number = int(status[:3]) if status[:3].isdigit() else 0
    good = accepts(list(probe["status"]), number)
    where = " when asked outside uwsgi" if good else ""
    return _join(f"the app answers {probe['path']} with {status}{where}", *found["log"][-5:])


def _uwsgi_only(text: str) -> str:
    if "No module named 'uwsgi'" not in text:
        return ""
    return "(uwsgi is a module only inside uwsgi, and this was asked outside)"


def _denied(text: str, tree: Path, cwd: Path) -> str:
    """Return advice for errors that name a path of the tree which could not be written."""
    roots = {str(tree), str(tree.resolve())}
    paths = [
        path[len(root) + 1 :]
        for named in _DENIED.findall(text)
        for path in [os.path.normpath(cwd / named)]
        for root in roots
        if path.startswith(root + "/")
    ]
    return _writes(paths, tree)


def _writes(paths: Sequence[str], tree: Path) -> str:
    """Return advice for paths of the tree, relative to it, that the app writes."""
    if not paths:
        return ""
    entries = ", ".join(f"`{entry}`" for entry in sorted({_entry(path, tree) for path in paths}))
    return (
        f"the app writes to its own tree, which is read-only: {tree / paths[0]}\n"
        f"add {entries} to `data:` in .flipside-app"
    )


def _entry(path: str, tree: Path) -> str:
    """Return what to put in `data:`: the folder, or the file where the folder holds code."""
    folder = path if path.endswith("/") else f"{Path(path).parent}/"
    code = folder == "./" or any((tree / folder).glob("*.py"))
    return path if code else folder


def _last(text: str) -> str:
    return "\n".join(text.splitlines()[-40:])


def _join(*parts: str) -> str:
    return "\n".join(part for part in parts if part)
