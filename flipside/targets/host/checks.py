"""What can be checked of a machine's platform that does not answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flipside.errors import MachineError
from flipside.targets.machines import made

if TYPE_CHECKING:
    from flipside.targets.base import Machine

Check = dict[str, Any]


def checks(machine: Machine) -> list[Check]:
    """Return ``{"name", "ok", "detail", "next"}`` of each check, as the verb `doctor` does."""
    try:
        found = made.state(machine)
    except MachineError as error:
        return [_check("connection", ok=False, detail=error.what, advice=error.next)]
    where = str(machine.root)
    detail = where if found.made else f"{where} is not there, or half made"
    reached = _check("connection", ok=True, detail="commands run as root")
    platform = _check("platform", ok=found.made, detail=detail)
    units = [_check(name, ok=it == "active", detail=it) for name, it in found.units.items()]
    return [reached, platform, *units]


def _check(name: str, *, ok: bool, detail: str, advice: str | None = made.BOOTSTRAP) -> Check:
    return {"name": name, "ok": ok, "detail": detail, "next": None if ok else advice}
