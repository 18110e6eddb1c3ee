"""The configuration files of Salt's master and minion, as plain mappings.

Every setting that differs from Salt's default says why. Times and sizes are as Salt documents
them: https://docs.saltproject.io/en/latest/ref/configuration/
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

MINION_ID = "platform"


@dataclass(frozen=True)
class SaltPaths:
    """Where Salt lives on a machine: ``root`` for files, ``run`` for sockets."""

    root: PurePosixPath
    run: PurePosixPath

    @property
    def etc(self) -> PurePosixPath:
        """Return the folder of both configuration folders."""
        return self.root / "etc/salt"

    def config_dir(self, role: str) -> PurePosixPath:
        """Return the configuration folder of ``role``, ``master`` or ``minion``."""
        return self.etc / role

    def pki(self, role: str) -> PurePosixPath:
        """Return the key folder of ``role``."""
        return self.etc / "pki" / role


def environment(root: PurePosixPath) -> dict[str, str]:
    """Return the environment of all that the platform starts."""
    return {
        "FLIPSIDE_ROOT": str(root),
        "PATH": f"{root}/venv/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        "LANG": "C.UTF-8",
        "PYTHONPATH": f"{root}/lib",
        # Salt's processes keep their environment beside the titles that they write.
        "SPT_NOENV": "1",
    }


def _common(paths: SaltPaths, role: str, user: str) -> dict[str, Any]:
    var = paths.root / "var" / role
    return {
        "user": user,
        # Salt prefixes every path that lies elsewhere with its root_dir; the sockets do lie elsewhere.
        "root_dir": "/",
        "pki_dir": str(paths.pki(role)),
        "cachedir": str(var / "cache"),
        "sock_dir": str(paths.run / role),
        "sqlite_queue_dir": str(var / "queue"),
        "pidfile": str(paths.run / f"{role}.pid"),
        # Whoever runs Salt passes its standard error on to rsyslog.
        "log_file": "/dev/null",
        "key_logfile": "/dev/null",
        "log_level": "warning",
        "log_level_logfile": "quiet",
        "extension_modules": str(var / "extmods"),
        "enable_gpu_grains": False,
        "enable_fqdns_grains": False,
    }


def master_config(paths: SaltPaths, ports: dict[str, int], user: str) -> dict[str, Any]:
    """Return the master's configuration.

    Args:
        paths: Where Salt lives.
        ports: ``publish`` and ``ret``, TCP ports on the loopback.
        user: The Unix user that the master runs as.
    """
    srv = paths.root / "srv"
    return _common(paths, "master", user) | {
        "interface": "127.0.0.1",
        "publish_port": ports["publish"],
        "ret_port": ports["ret"],
        "file_roots": {"base": [str(srv / "salt")]},
        "pillar_roots": {"base": [str(srv / "pillar-own"), str(srv / "pillar")]},
        "pillar_source_merging_strategy": "recurse",
        # Where the renderer of secrets is found, and where that finds the key.
        "render_dirs": [str(srv / "salt/_renderers")],
        "flipside": {"root": str(paths.root)},
        "ext_pillar": [{"flipside_apps": {"root": str(paths.root)}}],
        # The ext_pillar is read where it was put; nothing has to be synced to the master.
        "pillar_dirs": [str(srv / "salt/_pillar")],
        "auto_accept": False,
        "open_mode": False,
        # One worker carries one machine: 170 MB of PSS instead of 383 with Salt's five.
        "worker_threads": 1,
        # No copy of pillar, and so of no secret, in the master's cache.
        "minion_data_cache": False,
        "job_cache": True,
        "keep_jobs_seconds": 86400,
        "timeout": 10,
        "gather_job_timeout": 10,
    }


def minion_config(
    paths: SaltPaths,
    ports: dict[str, int],
    user: str,
    grains: dict[str, Any],
    providers: dict[str, str],
) -> dict[str, Any]:
    """Return the minion's configuration.

    Args:
        paths: Where Salt lives.
        ports: ``publish`` and ``ret``, the master's TCP ports.
        user: The Unix user that the minion runs as.
        grains: Static grains; the states read ``flipside`` among them.
        providers: Which module stands for a virtual one; without a word Salt may mix the functions
            of several, and start the distribution's own daemons.
    """
    return _common(paths, "minion", user) | {
        "id": MINION_ID,
        "master": "127.0.0.1",
        "master_port": ports["ret"],
        "publish_port": ports["publish"],
        "grains": grains,
        # 0.6 s instead of 1.6 s for a highstate that changes nothing; modules are synced on change.
        "autoload_dynamic_modules": False,
        "providers": providers,
        "grains_cache": True,
        "mine_enabled": False,
        "acceptance_wait_time": 1,
        "random_reauth_delay": 1,
        "recon_default": 200,
        "recon_max": 2000,
    }
