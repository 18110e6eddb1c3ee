"""The model of `.flipside-platform`."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from flipside.config.base import HostName, Label, Line, Part, matching

Folder = Annotated[str, matching(r"/[^\0\n]*", "an absolute path, as /tmp/fs")]
# No hyphen first: ssh would take it for an option.
SshHost = Annotated[
    str,
    matching(r"([\w.][\w.-]*@)?[\w.:][\w.:%-]*", "as ssh knows it: root@example.org, or an alias"),
]


class PlatformConfig(Part):
    """A platform: one Salt master with its minions."""

    name: Label = Field(description="The platform's name, a DNS label; the folder's if absent")
    target: Label = Field(
        default="local", description="Where the platform lives; `local` is this machine"
    )
    host: SshHost | None = Field(
        default=None,
        description="The machine of the target `host`: user@address, or an alias in ~/.ssh/config",
    )
    port: int | None = Field(
        default=None, ge=1, le=65535, description="Its ssh port; what ssh would take if absent"
    )
    identity: Line | None = Field(
        default=None,
        description="The private key that opens it, relative to this file; ssh's own choice if absent",
    )
    provider: Literal["docker", "libvirt", "virtualbox"] = Field(
        default="virtualbox", description="What the target `vagrant` makes its machine with"
    )
    domain: HostName = Field(default="localhost", description="Apps are <app>.<domain>")
    http_port: int | None = Field(
        default=None,
        ge=1,
        le=65535,
        description="nginx's port; if absent a free one is chosen at the bootstrap and remembered",
    )
    runtime: Folder | None = Field(
        default=None, description="Short folder for sockets, as their paths end at 107 bytes"
    )
    highstate_minutes: int = Field(
        default=15, ge=1, le=10080, description="Minutes between two scheduled highstates"
    )
    keep: int = Field(
        default=5, ge=1, le=1000, description="Releases kept of an app that does not say"
    )

    @model_validator(mode="after")
    def _host_with_its_target(self) -> PlatformConfig:
        if self.target == "host" and not self.host:
            msg = "`target: host` needs `host`, as ssh knows the machine: root@example.org"
            raise ValueError(msg)
        return self
