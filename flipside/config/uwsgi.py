"""`uwsgi`: processes, threads, and any other option of uwsgi but those that are the platform's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import ConfigDict, Field, PlainValidator, model_validator

from flipside.config.base import Part

_ADVICE = {
    "nginx talks to the platform's own socket: see `domains` and `nginx`": (
        "socket uwsgi-socket http http-socket http11-socket https https-socket fastcgi-socket"
        " scgi-socket chmod-socket chown-socket"
    ),
    "use `wsgi.callable`": "module wsgi wsgi-file file callable mount",
    "use `wsgi.chdir`": "chdir",
    "use `wsgi.pythonpath`": "pythonpath python-path pp",
    "use `env`": "env",
    "use `uwsgi.processes`": "workers",
    "the release has its own: see `build.requirements` and `build.extra`": (
        "virtualenv venv home pyhome"
    ),
    "the app's log is the platform's: see `flipside app.logs`": (
        "daemonize daemonize2 logto logto2 logger req-logger"
    ),
    "the platform starts and stops the app: see `flipside app.restart`": (
        "master pidfile pidfile2 safe-pidfile safe-pidfile2 master-fifo"
    ),
    "the platform reads it itself: see `flipside app.status`": "stats stats-server",
    "the platform gives the app its user": "uid gid",
    "use `resources.idle_minutes`": "idle die-on-idle",
}
OWNED = {option: advice for advice, options in _ADVICE.items() for option in options.split()}

Scalar = bool | int | float | str
Value = Scalar | list[Scalar]


@dataclass(frozen=True)
class _Owned:
    """An option that is not the app's to set, in the place of its value."""

    advice: str


def _option(value: Any) -> Value:
    if isinstance(value, _Owned):
        msg = f"is not the app's to set: {value.advice}"
        raise ValueError(msg)  # noqa: TRY004 - pydantic turns a ValueError into its own error
    values = value if isinstance(value, list) else [value]
    if not all(isinstance(each, Scalar) for each in values):
        msg = "must be text, a number, true or false, or a list of these"
        raise ValueError(msg)
    if any("\n" in each or "\0" in each for each in values if isinstance(each, str)):
        msg = "must be one line of text"
        raise ValueError(msg)
    return value  # type: ignore[no-any-return]


class UwsgiConfig(Part):
    """uwsgi's options: these two, and any that the platform does not set itself."""

    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[str, Annotated[Any, PlainValidator(_option)]] = Field(init=False)

    processes: int = Field(default=1, ge=1, le=256, description="Worker processes")
    threads: int = Field(default=2, ge=1, le=1024, description="Threads in each process")

    @model_validator(mode="before")
    @classmethod
    def _only_the_apps_own(cls, data: Any) -> Any:
        if not isinstance(data, Mapping):
            return data
        advice = {key: OWNED.get(str(key).replace("_", "-")) for key in data}
        return {key: _Owned(advice[key] or "") if advice[key] else data[key] for key in data}

    @property
    def options(self) -> dict[str, Value]:
        """Return the options beyond `processes` and `threads`, as written."""
        return dict(self.__pydantic_extra__ or {})
