"""The verbs that a laptop may call on a machine: JSON-ready arguments in, JSON-ready results out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flipside.machine.verbs import (
    apps,
    backups,
    bring_back,
    deploys,
    losses,
    platform,
    power,
    releases,
    salt,
    secrets,
)

VERBS: dict[str, Callable[..., Any]] = {
    "acknowledge": platform.acknowledge,
    "add_key": secrets.add_key,
    "adopt": releases.adopt,
    "app_status": apps.app_status,
    "apply": salt.apply,
    "apps": apps.apps,
    "audit": releases.audit,
    "backup_drill": backups.backup_drill,
    "backup_export": bring_back.backup_export,
    "backup_list": backups.backup_list,
    "backup_now": backups.backup_now,
    "backup_restore": bring_back.backup_restore,
    "backup_status": backups.backup_status,
    "backup_verify": backups.backup_verify,
    "config": power.config,
    "discard_export": bring_back.discard_export,
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
