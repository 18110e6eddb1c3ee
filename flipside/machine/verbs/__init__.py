"""The verbs that a laptop may call on a machine: JSON-ready arguments in, JSON-ready results out."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from importlib import import_module
from typing import Any

from flipside.machine.verbs import apps, deploys, losses, platform, power, releases, salt, secrets


def backup_verb(module: str, name: str) -> Callable[..., Any]:
    """Return a verb of `flipside.machine.backup`, whose libraries the others need not wait for."""
    made: Callable[..., Any] = getattr(import_module(f"flipside.machine.backup.{module}"), name)
    return made


def _call(module: str, name: str, *context: Any, **arguments: Any) -> Any:
    return backup_verb(module, name)(*context, **arguments)


VERBS: dict[str, Callable[..., Any]] = {
    "acknowledge": platform.acknowledge,
    "add_key": secrets.add_key,
    "adopt": releases.adopt,
    "app_status": apps.app_status,
    "apply": salt.apply,
    "apps": apps.apps,
    "audit": releases.audit,
    "backup_drill": partial(_call, "verbs", "backup_drill"),
    "backup_export": partial(_call, "bring_back", "backup_export"),
    "backup_list": partial(_call, "verbs", "backup_list"),
    "backup_now": partial(_call, "verbs", "backup_now"),
    "backup_restore": partial(_call, "bring_back", "backup_restore"),
    "backup_status": partial(_call, "verbs", "backup_status"),
    "backup_verify": partial(_call, "verbs", "backup_verify"),
    "config": power.config,
    "discard_export": partial(_call, "bring_back", "discard_export"),
    "deploy": deploys.deploy,
    "destroy_app": apps.destroy_app,
    "doctor": platform.doctor,
    "keys": salt.preseed_keys,
    "missing": releases.missing,
    "platform_status": platform.platform_status,
    "public_keys": secrets.public_keys,
    "publish": releases.publish,
    "python": platform.python,
    "releases": releases.releases,
    "restart": power.restart,
    "restart_salt": salt.restart_salt,
    "retire_keys": secrets.retire_keys,
    "rollback": deploys.rollback,
    "rollback_losses": losses.rollback_losses,
    "seal_anew": secrets.seal_anew,
    "start": power.start,
    "stop": power.stop,
    "take_sheets": secrets.take_sheets,
    "version": platform.version,
    "wait_for_minion": salt.wait_for_minion,
}
