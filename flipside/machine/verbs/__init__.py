"""The verbs that a laptop may call on a machine: JSON-ready arguments in, JSON-ready results out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flipside.machine.verbs import apps, deploys, platform, power, releases, salt, secrets

VERBS: dict[str, Callable[..., Any]] = {
    "acknowledge": platform.acknowledge,
    "add_key": secrets.add_key,
    "adopt": releases.adopt,
    "app_status": apps.app_status,
    "apply": salt.apply,
    "apps": apps.apps,
    "audit": releases.audit,
    "config": power.config,
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
    "seal_anew": secrets.seal_anew,
    "start": power.start,
    "stop": power.stop,
    "take_sheets": secrets.take_sheets,
    "version": platform.version,
    "wait_for_minion": salt.wait_for_minion,
}
