"""`app.publish` of changed code with unchanged dependencies, beside building the wheel alone."""

from __future__ import annotations

import itertools
import sys
from pathlib import Path

from bench import App, Result, alone, median, quiet, touch


def measure(app: App) -> list[Result]:
    """Publish five changes; build the wheel of five more."""
    counter = itertools.count()
    wheels = app.platform.folder / "wheels"

    def publish() -> None:
        touch(app, next(counter))
        app.publish()

    def build() -> None:
        touch(app, next(counter))
        uv = str(Path(sys.executable).with_name("uv"))
        quiet([uv, "build", "--wheel", "-q", "-o", str(wheels), str(app.folder)])

    ours, other = median(publish), median(build)
    return [Result("app.publish", ours, "s", 3, "uv build --wheel", other)]


if __name__ == "__main__":
    alone(measure)
