"""`resources`: what an app may use of its machine; see systemd.resource-control(5) for the limits."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from flipside.config.base import AsWritten, Part, matching
from flipside.machine.sandbox import DEFAULTS

Memory = Annotated[
    str, AsWritten, matching(r"[1-9][0-9]*[KMG]", "a size with its unit, as 512M or 1G")
]
Minutes = Annotated[int | float, Field(ge=0, le=10080)]


class ResourcesConfig(Part):
    """Limits of one environment's processes; on a local platform nobody sees to them."""

    memory: Memory = Field(
        default=DEFAULTS["memory"], description="Most memory; past it the app is killed and started"
    )
    cpu: int = Field(
        default=DEFAULTS["cpu"],
        ge=1,
        le=10000,
        description="Its share of the processors where they are short, beside others' 100",
    )
    tasks: int = Field(
        default=DEFAULTS["tasks"], ge=8, le=100_000, description="Most processes and threads"
    )
    network: bool = Field(
        default=DEFAULTS["network"], description="Whether it may connect to other machines"
    )
    idle_minutes: Minutes = Field(
        default=DEFAULTS["idle_minutes"],
        description="Minutes without a request after which it sleeps until the next; 0 for never",
    )
