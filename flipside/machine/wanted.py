"""What an environment is meant to be: a release, its config laid out, and every value of its env."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from string import Template
from typing import Any

from flipside.errors import BadConfigError, SecretError
from flipside.machine import cache, users
from flipside.machine.layout import Layout
from flipside.machine.merge import merge
from flipside.machine.sandbox import DEFAULTS

_KEPT = ("LANG", "TZ", "SSL_CERT_FILE")


@dataclass(frozen=True)
class Wanted:
    """One environment of an app as it is meant to be.

    Attributes:
        layout: Where everything lies.
        app: The app's name.
        env: The environment's name.
        manifest: The release's manifest.
        config: Its ``.flipside-app``, the environment's own values laid over.
        values: Variables set by `app.config`, and secrets; they win.
        settings: The platform's parameter map: ``domain``, ``nginx:http_port``.
        unreadable: What is wrong with its secrets, in words.
    """

    layout: Layout
    app: str
    env: str
    manifest: dict[str, Any]
    config: dict[str, Any]
    values: dict[str, str]
    settings: dict[str, Any]
    unreadable: Sequence[str] = ()

    @property
    def release(self) -> str:
        """Return the release's id."""
        return str(self.manifest["id"])

    @property
    def release_dir(self) -> Path:
        """Return where the release is installed, or will be."""
        return self.layout.release(self.app, self.env, self.release)

    @property
    def cwd(self) -> Path:
        """Return the working directory of everything that the app runs."""
        return self.release_dir / "tree" / (self.config["wsgi"].get("chdir") or ".")

    @property
    def pythonpath(self) -> list[Path]:
        """Return the folders of the tree that are on ``sys.path``."""
        folders = self.config["wsgi"].get("pythonpath") or []
        return [(self.release_dir / "tree" / folder).resolve() for folder in folders]

    @property
    def domains(self) -> list[str]:
        """Return the host names that the environment answers to, its own first."""
        label = self.app if self.env == "production" else f"{self.env}.{self.app}"
        own = f"{label}.{self.settings.get('domain', 'localhost')}"
        return list(dict.fromkeys([*(self.config.get("domains") or []), own]))

    @property
    def user(self) -> users.Account | None:
        """Return the user that the app runs as, None where one user runs everything."""
        return users.account(self.layout, self.app)

    @property
    def resources(self) -> dict[str, Any]:
        """Return what its processes may use; only a machine with systemd sees to it."""
        return {**DEFAULTS, **(self.config.get("resources") or {})}

    @property
    def origins(self) -> list[str]:
        """Return the origins (scheme, host, port) of `domains`, as browsers send them."""
        nginx = self.settings.get("nginx", {})
        if nginx.get("tls"):
            return [f"https://{domain}" for domain in self.domains]
        port = nginx.get("public_port") or nginx.get("http_port", 80)
        suffix = "" if port == 80 else f":{port}"
        return [f"http://{domain}{suffix}" for domain in self.domains]

    @property
    def url(self) -> str:
        """Return where people find it: on this machine, the name that resolves here."""
        return self.origins[-1] + "/"


def laid_out(config: dict[str, Any], env: str) -> dict[str, Any]:
    """Return a manifest's config with one environment's values laid over."""
    base = {key: value for key, value in config.items() if key != "environments"}
    own = (config.get("environments") or {}).get(env) or {}
    return merge(base, own)


def variables(wanted: Wanted) -> dict[str, str]:
    """Return the platform's variables, which env values and config files may name."""
    layout, app, env = wanted.layout, wanted.app, wanted.env
    return {
        "APP": app,
        "ENVIRONMENT": env,
        "RELEASE": wanted.release,
        "DATA_DIR": str(layout.data(app, env)),
        "HOME": str(layout.home(app, env)),
        "TREE": str(wanted.release_dir / "tree"),
        "VENV": str(wanted.release_dir / "venv"),
        "STATIC_ROOT": str(wanted.release_dir / "tree/static"),
        "DOMAINS": ",".join(wanted.domains),
        "ORIGINS": ",".join(wanted.origins),
        "URL": wanted.url,
        "MEMCACHED": str(layout.memcached),
        "CACHE_PREFIX": cache.prefix(layout, app, env),
    }


def environment(wanted: Wanted) -> dict[str, str]:
    """Return the whole environment of the app's processes.

    Raises:
        BadConfigError: If a value names a variable that the platform does not have.
        SecretError: If a secret cannot be opened.
    """
    if wanted.unreadable:
        raise SecretError("\n".join(wanted.unreadable), next="flipside secret.check")
    known = variables(wanted)
    venv = known["VENV"]
    result = {name: os.environ[name] for name in _KEPT if name in os.environ}
    result |= {f"FLIPSIDE_{name}": value for name, value in known.items()}
    result |= {name: known[name] for name in ("DATA_DIR", "HOME", "MEMCACHED")}
    result["FLIPSIDE_ROOT"] = str(wanted.layout.root)
    result["VIRTUAL_ENV"] = venv
    result["PATH"] = f"{venv}/bin:/usr/local/bin:/usr/bin:/bin"
    if wanted.pythonpath:
        result["PYTHONPATH"] = ":".join(map(str, wanted.pythonpath))
    for name, value in (wanted.config.get("env") or {}).items():
        result[name] = filled(f"env: {name}", str(value), known)
    return result | wanted.values


def files(wanted: Wanted, env: dict[str, str]) -> dict[str, str]:
    """Return the config files of the tree: path to content, variables filled in."""
    known = {**variables(wanted), **env}
    texts = wanted.config.get("files") or {}
    return {path: filled(f"files: {path}", text, known) for path, text in texts.items()}


def filled(where: str, text: str, known: dict[str, str]) -> str:
    """Return ``text`` with each ``$NAME`` and ``${NAME}`` filled in; ``$$`` is a ``$``.

    Raises:
        BadConfigError: If a name is unknown, or a ``$`` stands alone.
    """
    try:
        return Template(text).substitute(known)
    except KeyError as error:
        what = f"no variable is named ${error.args[0]}"
        raise BadConfigError(what, where, f"use one of: {', '.join(sorted(known))}") from None
    except ValueError:
        raise BadConfigError("a `$` stands alone", where, "write `$$` for a `$`") from None
