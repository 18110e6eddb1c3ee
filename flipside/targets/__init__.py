"""Where platforms live: one module per target."""

from __future__ import annotations

import difflib
from importlib import import_module
from typing import TYPE_CHECKING

from flipside.errors import NotFoundError

if TYPE_CHECKING:
    from flipside.config import LoadedPlatform
    from flipside.targets.base import Target

# Each target's module and class; imported only when it is the one in hand.
TARGETS = {
    "docker": ("flipside.targets.docker.target", "Docker"),
    "host": ("flipside.targets.host.target", "Host"),
    "local": ("flipside.targets.local.target", "Local"),
    "vagrant": ("flipside.targets.vagrant.target", "Vagrant"),
}


def check_target(name: str, where: str | None = None) -> None:
    """Refuse a target that there is not.

    Args:
        name: The target's name.
        where: Who names it, for the error.

    Raises:
        NotFoundError: No target goes by that name; it lists those that there are.
    """
    if name in TARGETS:
        return
    close = difflib.get_close_matches(name, TARGETS, n=1)
    meant = f"did you mean `{close[0]}`? " if close else ""
    hint = f"{meant}targets: {', '.join(sorted(TARGETS))}"
    raise NotFoundError(f"no target `{name}`", where, hint)


def target_of(platform: LoadedPlatform) -> Target:
    """Return the target that a platform names.

    Raises:
        NotFoundError: There is no such target.
    """
    check_target(platform.config.target, str(platform.path))
    module, name = TARGETS[platform.config.target]
    target: Target = getattr(import_module(module), name)(platform)
    return target
