"""`platform.apply` that has nothing to change, beside Salt's own command line with test.ping."""

from __future__ import annotations

from bench import App, Result, alone, median


def measure(app: App) -> list[Result]:
    """Apply five times; ping five times."""
    ours = median(lambda: app.platform.flipside("platform.apply"))
    ping = median(lambda: app.platform.salt("test.ping"))
    return [Result("platform.apply without a change", ours, "s", 2, "salt '*' test.ping", ping)]


if __name__ == "__main__":
    alone(measure)
