"""End an environment: its generations, its releases, and, only if told so, its data."""

from __future__ import annotations

import shutil
from contextlib import suppress
from typing import Any

from flipside.machine import generation as generations
from flipside.machine import seal, users
from flipside.machine.layout import Layout
from flipside.machine.lock import deploy_lock
from flipside.machine.services import Services


def exists(layout: Layout, app: str, env: str, *, data: bool) -> bool:
    """Return whether anything of an environment is here that is to go; its data only if ``data``."""
    folder = layout.app_dir(app, env)
    kept = set() if data else {layout.data(app, env).name, layout.lock(app, env).name}
    return folder.is_dir() and any(path.name not in kept for path in folder.iterdir())


def remove(services: Services, app: str, env: str, *, data: bool, by: str) -> dict[str, Any]:
    """Stop an environment and remove it.

    Args:
        services: Stops its generations.
        app: The app's name.
        env: Its environment.
        data: Whether its data goes, too.
        by: Who asked.

    Returns:
        ``{"kept": path of the data or None}``.

    Raises:
        LockedError: If somebody else is changing it.
    """
    layout = services.layout
    folder = layout.app_dir(app, env)
    with deploy_lock(layout.lock(app, env), by, "destroy"):
        for generation in generations.others(layout, app, env, None):
            services.stop(generation)
        if len(list(folder.parent.iterdir())) == 1:
            users.end_processes(layout, app)
        shutil.rmtree(layout.run_dir(app, env), ignore_errors=True)
        layout.current(app, env).unlink(missing_ok=True)
        kept = layout.data(app, env)
        for path in folder.iterdir():
            if path != layout.lock(app, env) and (data or path != kept):
                seal.remove(path) if path.is_dir() and not path.is_symlink() else path.unlink()
        shutil.rmtree(layout.log_dir(app, env), ignore_errors=True)
        full = kept.exists() and any(kept.iterdir())
        services.sweep(app, env, set())
        if not full:
            _forget(layout, app, env)
    return {"kept": str(kept) if full else None}


def _forget(layout: Layout, app: str, env: str) -> None:
    """Remove what is empty; whoever waits for the lock sees that its file is another one."""
    layout.lock(app, env).unlink(missing_ok=True)
    folder, run = layout.app_dir(app, env), layout.run_dir(app, env)
    for empty in (layout.data(app, env), folder, folder.parent, run.parent):
        with suppress(OSError):
            empty.rmdir()
    if not folder.parent.exists():
        users.remove(layout, app)
