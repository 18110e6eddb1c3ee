"""`app.rollback`, beside the start of a bare uwsgi of the same release until /up answers."""

from __future__ import annotations

import itertools

from bare import serving
from bench import App, Result, alone, median, touch, variables


def measure(app: App) -> list[Result]:
    """Go back and forth between two releases."""
    before = app.status["release"]
    touch(app, 0)
    turns = itertools.cycle((before, app.ship()))
    ours = median(lambda: app.flipside("app.rollback", "--to", next(turns)))
    env = variables(app)
    release = app.place() / "current/release"

    def bare() -> None:
        with serving(release / "venv", release / "tree", env):
            pass

    return [Result("app.rollback", ours, "s", 2, "start of a bare uwsgi until /up", median(bare))]


if __name__ == "__main__":
    alone(measure)
