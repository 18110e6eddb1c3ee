"""The model of `.flipside-app`."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BeforeValidator, Field, field_validator, model_serializer

from flipside.config.base import (
    AsWritten,
    BeneathTree,
    Command,
    EnvName,
    EnvValue,
    HostName,
    Label,
    Line,
    Part,
    matching,
)
from flipside.config.build import BuildConfig
from flipside.config.resources import ResourcesConfig
from flipside.config.rules import not_nested, unique
from flipside.config.serve import HealthConfig, NginxConfig, StaticConfig, WsgiConfig
from flipside.config.uwsgi import UwsgiConfig
from flipside.machine.merge import merge

Version = Annotated[
    str,
    AsWritten,
    matching(r"[A-Za-z0-9][A-Za-z0-9._+]{0,63}", "letters, digits, `.`, `_` and `+`, as 1.2"),
]
CommandName = Annotated[
    str, matching(r"[a-z][a-z0-9_-]*", "lowercase letters, digits, `-` and `_`, as `test`")
]
DEVELOPMENT = "development"
"""The environment of `app.run`, on a developer's own computer."""
Keep = Annotated[int, Field(ge=1, le=1000)]


class StepConfig(Part):
    """One command, run in the working directory with the app's own env."""

    run: Command = Field(description="The command")
    unless: Command | None = Field(
        default=None, description="A command whose exit status 0 says that there is nothing to do"
    )
    timeout: int = Field(default=300, ge=1, description="Seconds after which the step has failed")


def _step(value: Any) -> Any:
    return {"run": value} if isinstance(value, str) else value


Step = Annotated[StepConfig, BeforeValidator(_step)]


class StepsConfig(Part):
    """Commands before a release goes live, in order."""

    install: list[Step] = Field(
        default_factory=list,
        description="Commands run once per release, while its tree may be written",
    )
    deploy: list[Step] = Field(
        default_factory=list,
        description="Commands run at each deploy, with the data held still and restored on failure",
    )


class EnvironmentConfig(Part):
    """What one environment has otherwise."""

    env: dict[EnvName, EnvValue] | None = Field(
        default=None, description="Laid over the app's `env`"
    )
    domains: list[HostName] | None = Field(
        default=None, description="Instead of the app's `domains`"
    )
    uwsgi: UwsgiConfig | None = Field(default=None, description="Laid over the app's `uwsgi`")
    resources: ResourcesConfig | None = Field(
        default=None, description="Laid over the app's `resources`"
    )
    nginx: NginxConfig | None = Field(default=None, description="Laid over the app's `nginx`")
    health: HealthConfig | None = Field(default=None, description="Laid over the app's `health`")
    keep: Keep | None = Field(default=None, description="Instead of the app's `keep`")

    @model_serializer
    def _only_written(self) -> dict[str, Any]:
        """Leave out what was not written: a default would overrule the app's own value."""
        values = {name: getattr(self, name) for name in type(self).model_fields}
        return {
            name: value.model_dump(mode="json", exclude_unset=True)
            if isinstance(value, Part)
            else value
            for name, value in values.items()
            if value is not None
        }


class AppConfig(Part):
    """An app, as its `.flipside-app` and its template describe it."""

    name: Label = Field(description="The app's name, a DNS label")
    template: Line = Field(
        default="python-wsgi", description="The app template whose defaults apply"
    )
    platform: Line | None = Field(
        default=None, description="Folder or file of the platform, relative to this file"
    )
    version: Version | None = Field(
        default=None, description="The app's version; the wheel's own if absent, 0 for a tree"
    )
    build: BuildConfig = Field(
        default_factory=BuildConfig, description="What a release is made from"
    )
    wsgi: WsgiConfig = Field(
        default_factory=WsgiConfig, description="The WSGI application within the code"
    )
    env: dict[EnvName, EnvValue] = Field(
        default_factory=dict,
        description="Environment variables; $NAME is one of the platform's variables, $$ a $",
    )
    secrets: list[EnvName] = Field(
        default_factory=list,
        description="Secrets generated at the first deploy unless set",
    )
    files: dict[BeneathTree, str] = Field(
        default_factory=dict,
        description="Config files of the tree, made from the env: path and text with $NAME",
    )
    data: list[BeneathTree] = Field(
        default_factory=list,
        description="Paths of the tree kept in the data directory; a trailing / is a folder",
    )
    steps: StepsConfig = Field(
        default_factory=StepsConfig, description="Commands before a release goes live, in order"
    )
    static: list[StaticConfig] = Field(
        default_factory=list, description="Files that nginx serves by itself"
    )
    health: HealthConfig = Field(
        default_factory=HealthConfig,
        description="The request that a new release must answer before it gets any traffic",
    )
    uwsgi: UwsgiConfig = Field(
        default_factory=UwsgiConfig, description="processes, threads, and any other uwsgi option"
    )
    resources: ResourcesConfig = Field(
        default_factory=ResourcesConfig, description="What it may use of its machine"
    )
    nginx: NginxConfig = Field(
        default_factory=NginxConfig, description="What the app's site in nginx has of its own"
    )
    domains: list[HostName] = Field(
        default_factory=list,
        description="The app's host names; <app>.<the platform's domain> if absent",
    )
    keep: Keep | None = Field(
        default=None, description="Releases kept; as many as the platform's if absent"
    )
    commands: dict[CommandName, Command] = Field(
        default_factory=dict,
        description="Commands by name, run with the app's env; test is flipside app.test's",
    )
    environments: dict[Label, EnvironmentConfig] = Field(
        default_factory=dict,
        description="By environment: env, domains, uwsgi, resources, nginx, health, keep laid over the above",
    )

    _unique = field_validator("secrets", "domains")(unique)
    _not_nested = field_validator("data")(not_nested)

    @field_validator("static")
    @classmethod
    def _one_place_per_url(cls, value: list[StaticConfig]) -> list[StaticConfig]:
        unique([static.url for static in value])
        return value

    def for_environment(self, env: str) -> AppConfig:
        """Return the config with `environments.<env>` laid over it.

        Mappings are merged, lists replaced. An environment without an entry is as it is. The
        result has no `environments` of its own.
        """
        laid = self.model_dump(mode="json", exclude={"environments"}, exclude_unset=True)
        over = self.environments.get(env)
        if over:
            laid = merge(laid, over.model_dump(mode="json"))
        return AppConfig.model_validate(laid)
