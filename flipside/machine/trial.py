"""Start a generation and see that it serves, before any visitor gets to it; or say why it does not."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from flipside.errors import DeployError
from flipside.machine import diagnose, health, linked, recovery, seal
from flipside.machine.applog import respawns
from flipside.machine.generation import Generation
from flipside.machine.narrate import Story
from flipside.machine.services import Services
from flipside.machine.traffic import size
from flipside.machine.wanted import Wanted


def start(wanted: Wanted, services: Services, story: Story, new: Generation) -> None:
    """Start a generation, and check it through its own socket.

    Args:
        wanted: What it was made from.
        services: Starts it.
        story: Is told the step.
        new: The generation.

    Raises:
        DeployError: If it does not become healthy; why, as far as its log and the app itself tell.
    """
    probe, log = wanted.config["health"], _log(wanted)
    offset = size(log)
    with story.step(f"Start generation {new.number} and check {probe['path']}"):
        recovery.make_run_dir(wanted.layout, wanted.app, wanted.env)
        services.start(new)

        def lives() -> bool:
            return services.alive(new) and respawns(log, offset) < 2

        try:
            health.wait_healthy(new.socket, probe, wanted.domains[0], lives)
            _refuse_written(wanted)
        except DeployError as error:
            reason = _explained(wanted, new, offset)
            raise DeployError(f"{error.what}\n{reason}", str(log), "flipside app.logs") from None
        for warning in _links(wanted):
            story.detail(warning)


def _log(wanted: Wanted) -> Path:
    return wanted.layout.log_dir(wanted.app, wanted.env) / "app.log"


def _refuse_written(wanted: Wanted) -> None:
    """An app that writes into its own tree would lose that at its next release."""
    written = seal.written(wanted.release_dir)
    if written:
        shown = ", ".join(path.removeprefix("tree/") for path in written[:5])
        raise DeployError(f"the app wrote to its own tree: {shown}: add that to `data:`")


def _links(wanted: Wanted) -> Iterator[str]:
    layout, names = wanted.layout, (wanted.app, wanted.env)
    for path in linked.dangling_one_day(layout.data(*names), layout.releases(*names)):
        advice = "make it anew in `steps: deploy:`, or serve it by `static: site-packages:`"
        yield f"{path} in the data is a link into a release, which goes: {advice}"


def _explained(wanted: Wanted, new: Generation, offset: int) -> str:
    return diagnose.explain(
        wanted.release_dir,
        new.variables,
        wanted.cwd,
        wanted.config["wsgi"]["callable"],
        [str(folder) for folder in wanted.pythonpath],
        wanted.config["health"],
        wanted.domains[0],
        _log(wanted),
        offset,
        _lead(new),
    )


def _lead(new: Generation) -> list[str]:
    if new.confined is None:
        return []
    limit = f"--property=RuntimeMaxSec={diagnose.SECONDS}"
    return new.confined.entering(new.path, "--pipe", limit)
