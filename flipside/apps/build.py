"""An app's folder made into a release: wheels, tree, and the manifest that names them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from flipside.apps import modules
from flipside.apps.kinds import KINDS, Code, taken_from_index
from flipside.apps.lock import lock
from flipside.apps.manifest import manifest
from flipside.apps.resolve import Place, Request
from flipside.apps.run import run
from flipside.apps.tools import interpreter
from flipside.apps.wheels import dependency_wheels
from flipside.config import AppConfig
from flipside.errors import BuildError

Narrate = Callable[[str], None]
APP_FILE = ".flipside-app"


class App(Protocol):
    """A loaded `.flipside-app`: its config and the folder it lies in."""

    @property
    def config(self) -> AppConfig:
        """What the file says, with its template's defaults."""

    @property
    def folder(self) -> Path:
        """The app's folder."""


@dataclass(frozen=True)
class Built:
    """A release before it is published.

    Args:
        manifest: The release's manifest, all but `published`.
        files: Where the manifest's files lie, by SHA-256 (hex).
    """

    manifest: dict[str, Any]
    files: dict[str, Path]


def build(app: App, python: str, work: Path, narrate: Narrate, *, upgrade: bool = False) -> Built:
    """Build an app's release.

    Args:
        app: The app.
        python: Minor version of Python for apps that do not say, such as ``3.11``.
        work: A scratch folder; what is built lies in it until it is published.
        narrate: Told what happens, a line at a time.
        upgrade: Take the newest versions of the dependencies, whatever `.flipside-lock` says.

    Raises:
        BuildError: Any reason why there is no release; the folder is as before, but for what
            the app's own commands did and a newly written `.flipside-lock`.
    """
    config, folder = app.config, app.folder.resolve()
    callable_ = _callable(config)
    python = config.build.python or python
    place = Place(folder, work.resolve(), interpreter(python, folder))
    _run_before(config.build.before, folder, narrate)
    code = KINDS[config.build.kind](config, place, python, narrate)
    request = _request(config, code, python)
    pins = lock(request, place, narrate, upgrade=upgrade)
    wheels = dependency_wheels(pins, request, place, narrate)
    code = taken_from_index(code, config, wheels)
    what = "the tree" if code.tree else "the wheel"
    modules.check(callable_, code.modules | _of_files(config), what, wheels)
    return _built(config, python, code, wheels)


def _callable(config: AppConfig) -> str:
    if config.wsgi.callable:
        return config.wsgi.callable
    hint = "add `wsgi: callable: MODULE:NAME`, as guestbook.wsgi:application"
    raise BuildError("the app has no `wsgi: callable:`: nothing says what to serve", APP_FILE, hint)


def _of_files(config: AppConfig) -> set[str]:
    """Return the modules among the files that `files:` makes: some apps name no callable."""
    return modules.tree_modules(config.files, config.wsgi.chdir, config.wsgi.pythonpath)


def _run_before(commands: list[str], folder: Path, narrate: Narrate) -> None:
    for command in commands:
        narrate(f"running {command}")
        run(
            ["sh", "-c", command],
            folder,
            what=f"`{command}` of `build: before:`",
            hint=f"cd {folder} && {command}",
        )


def _request(config: AppConfig, code: Code, python: str) -> Request:
    wanted = code.requirements.plus(config.build.extra)
    index = config.build.index
    return Request(
        wanted.without_indexes() if index else wanted, python, tuple(config.build.drop), index
    )


def _built(config: AppConfig, python: str, code: Code, wheels: dict[Path, str]) -> Built:
    wheels = wheels | (dict([code.wheel]) if code.wheel else {})
    files = {digest: path for path, digest in wheels.items()}
    files |= {code.tree.sha256: code.tree.path} if code.tree else {}
    return Built(manifest(config, python, code, wheels), files)
