"""The environment of an app that runs in its own folder."""

from __future__ import annotations

import difflib
import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from string import Template

from flipside.config.app import DEVELOPMENT, AppConfig
from flipside.config.load import LoadedApp
from flipside.errors import BadConfigError
from flipside.secrets import value

DATA = ".data"
SECRETS = "secrets.json"
NOT_OURS = ("VIRTUAL_ENV", "PYTHONHOME", "PYTHONPATH")
"""Of whoever starts us: they would lead the app's Python into another environment."""


@dataclass(frozen=True)
class Here:
    """An app in its own folder.

    Args:
        app: The app.
        data: What the app writes goes beneath this folder.
        port: The port that it serves; None when it does not.
    """

    app: LoadedApp
    data: Path
    port: int | None

    @cached_property
    def config(self) -> AppConfig:
        """The app's config, with what `environments: development:` lays over it."""
        return self.app.config.for_environment(DEVELOPMENT)

    @property
    def folder(self) -> Path:
        """The app's folder, which is its tree."""
        return self.app.folder

    @property
    def cwd(self) -> Path:
        """Where the app and its commands run."""
        return self.folder / self.config.wsgi.chdir

    @property
    def venv(self) -> Path:
        """The app's virtual environment."""
        return self.folder / ".venv"

    @property
    def domains(self) -> list[str]:
        """The names that the app answers to."""
        return ["localhost", f"{self.config.name}.localhost", "127.0.0.1"]

    @property
    def url(self) -> str:
        """The address to visit."""
        return self._origin(self.domains[0])

    @property
    def origins(self) -> list[str]:
        """The addresses that forms may come from."""
        return [self._origin(domain) for domain in self.domains]

    def _origin(self, domain: str) -> str:
        return f"http://{domain}" + (f":{self.port}" if self.port else "")


def variables(here: Here) -> dict[str, str]:
    """Return what the platform's variables are here; there is no memcached."""
    return {
        "DATA_DIR": str(here.data),
        "HOME": str(here.data / "home"),
        "TREE": str(here.folder),
        "VENV": str(here.venv),
        "DOMAINS": ",".join(here.domains),
        "ORIGINS": ",".join(here.origins),
        "URL": here.url,
        "MEMCACHED": "",
        "CACHE_PREFIX": f"{here.config.name}.{DEVELOPMENT}",
        "APP": here.config.name,
        "ENVIRONMENT": DEVELOPMENT,
        "RELEASE": DEVELOPMENT,
        "STATIC_ROOT": str(here.folder / "static"),
    }


def environment(here: Here, outer: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return the app's whole environment.

    Later ones win: whoever started us, generated secrets, the platform's variables, `env:`,
    DEBUG=1, `env:` of `environments: development:`.

    Args:
        here: The app.
        outer: The environment of whoever started us; this process's own if None.
    """
    outer = os.environ if outer is None else outer
    known = variables(here)
    inherited = {k: v for k, v in outer.items() if not k.startswith("UWSGI_") and k not in NOT_OURS}
    wanted = [name for name in here.config.secrets if not outer.get(name)]
    over = here.app.config.environments.get(DEVELOPMENT)
    env = here.app.config.env | {"DEBUG": "1"} | ((over and over.env) or {})
    values = inherited | generated(here.folder / DATA / SECRETS, wanted)
    values |= {f"FLIPSIDE_{name}": value for name, value in known.items()}
    values |= {name: known[name] for name in ("DATA_DIR", "HOME", "MEMCACHED")}
    values |= {k: expanded(v, known, f"`env: {k}:`", here.app.path) for k, v in env.items()}
    if here.config.build.kind == "tree":
        folders = [str(here.folder / each) for each in here.config.wsgi.pythonpath]
        values["PYTHONPATH"] = os.pathsep.join(os.path.normpath(each) for each in folders)
    return values


def on_path(values: Mapping[str, str], here: Here) -> dict[str, str]:
    """Return the environment with the app's own programs first on PATH."""
    path = f"{here.venv / 'bin'}{os.pathsep}{values.get('PATH') or os.defpath}"
    return {**values, "PATH": path, "VIRTUAL_ENV": str(here.venv)}


def expanded(text: str, known: Mapping[str, str], key: str, path: Path) -> str:
    """Return the text with each `$NAME` and `${NAME}` filled in; `$$` is a `$`.

    Raises:
        BadConfigError: A name is unknown, or a `$` stands alone.
    """
    try:
        return Template(text).substitute(known)
    except KeyError as error:
        name = str(error.args[0])
        close = difflib.get_close_matches(name, known, n=1)
        hint = f"did you mean ${close[0]}? a plain $ is written $$" if close else "write $$ for a $"
        raise BadConfigError(f"{key} uses ${name}, which nothing sets", str(path), hint) from None
    except ValueError:
        what = f"{key} has a $ that begins no name"
        raise BadConfigError(what, str(path), "write $$ for a $") from None


def generated(path: Path, names: list[str]) -> dict[str, str]:
    """Return secrets for development, made once and kept in the file (0600)."""
    try:
        kept = json.loads(path.read_text())
    except (OSError, ValueError):
        kept = {}
    fresh = {name: value.generated() for name in names if name not in kept}
    if fresh:
        kept |= fresh
        path.parent.mkdir(parents=True, exist_ok=True)
        new = path.with_name(f".{path.name}.new")
        new.unlink(missing_ok=True)
        with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            json.dump(kept, file, indent=1)
        new.replace(path)
    return {name: kept[name] for name in names}


def make_folders(here: Here) -> None:
    """Make the folders that the app counts on: its data's, and those of the tree that are data."""
    top = here.folder / DATA
    (here.data / "home").mkdir(parents=True, exist_ok=True)
    ignore = top / ".gitignore"
    if not ignore.exists():
        ignore.write_text("*\n")
    for entry in here.config.data:
        if entry.endswith("/"):
            (here.folder / entry).mkdir(parents=True, exist_ok=True)


def write_files(here: Here, values: Mapping[str, str], narrate: Callable[[str], None]) -> None:
    """Write the config files of `files:` that are not there: a developer's own stay."""
    known = {**values, **variables(here)}
    for name, text in here.config.files.items():
        path = here.folder / name
        if path.exists():
            continue
        filled = expanded(text, known, f"`files: {name}:`", here.app.path)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(filled, "utf-8")
        narrate(f"wrote {name}, which was not there: keep it out of git")
