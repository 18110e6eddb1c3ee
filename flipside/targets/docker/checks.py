"""What can be checked of a platform in a container that does not answer."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from flipside.errors import MachineError
from flipside.targets.docker import boot, commands, engine
from flipside.targets.docker.engine import BOOTSTRAP
from flipside.targets.host.checks import checks as machine_checks
from flipside.targets.machines.container import Container
from flipside.targets.machines.remote import Remote

Check = dict[str, Any]


def checks(box: boot.Box) -> list[Check]:
    """Return ``{"name", "ok", "detail", "next"}`` of each check, as the verb `doctor` does."""
    try:
        engine.run(commands.version())
    except MachineError as error:
        return [_check("docker", ok=False, detail=error.what, advice=error.next)]
    return [_check("docker", ok=True, detail="answers"), *_container(box)]


def _check(name: str, *, ok: bool, detail: str, advice: str | None = BOOTSTRAP) -> Check:
    return {"name": name, "ok": ok, "detail": detail, "next": None if ok else advice}


def _container(box: boot.Box) -> Iterator[Check]:
    try:
        container = boot.found(box)
    except MachineError as error:
        yield _check("container", ok=False, detail=error.what, advice=error.next)
        return
    if container is None:
        yield _check("container", ok=False, detail=f"{box.name} is not there")
    elif not container.running:
        yield _check("container", ok=False, detail=f"{box.name} is stopped")
    else:
        yield _check("container", ok=True, detail=f"{box.name} runs at port {container.port}")
        yield from _inside(box)


def _inside(box: boot.Box) -> Iterator[Check]:
    said = engine.run(commands.execute(box.name, commands.state())).strip()
    yield _check("systemd", ok=said in boot.READY, detail=said)
    yield from machine_checks(Remote(Container(box.name)))
