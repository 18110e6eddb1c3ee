"""A plot as SVG: lines over two logarithmic axes, readable on light and on dark."""

from __future__ import annotations

import math
from dataclasses import dataclass
from html import escape

WIDTH, HEIGHT = 720, 400
LEFT, RIGHT, TOP, BOTTOM = 60, WIDTH - 130, 40, HEIGHT - 40
MOST = 12
STEPS = [float(f"{digit}e{power}") for power in range(-6, 10) for digit in (1, 2, 5)]
# These stand out from white and from black.
COLOURS = ("#e8590c", "#228be6", "#2f9e44", "#be4bdb")
STYLE = (
    "text { font: 12px system-ui, sans-serif; fill: #333 } .title { font-weight: 600 }"
    " polyline { fill: none; stroke-width: 2 } line { stroke: #8885 }"
    " @media (prefers-color-scheme: dark) { text { fill: #ddd } }"
)


@dataclass(frozen=True)
class Series:
    """A line: its name, and its points."""

    name: str
    points: tuple[tuple[float, float], ...]


class _Axis:
    """Where values of a logarithmic axis lie, between two places of the picture."""

    def __init__(self, values: list[float], start: float, end: float) -> None:
        low = max(step for step in STEPS if step <= min(values))
        high = min(step for step in STEPS if step >= max(values) and step > low)
        ticks = [step for step in STEPS if low <= step <= high]
        whole = [step for step in ticks if math.log10(step).is_integer()]
        self.ticks = ticks if len(ticks) <= MOST else whole
        self._low, self._start = low, start
        self._scale = (end - start) / math.log10(high / low)

    def at(self, value: float) -> float:
        return round(self._start + math.log10(value / self._low) * self._scale, 1)


def plot(title: str, series: list[Series]) -> str:
    """Return the picture."""
    points = [point for each in series for point in each.points]
    across = _Axis([x for x, _ in points], LEFT, RIGHT)
    up = _Axis([y for _, y in points], BOTTOM, TOP)
    body = [f'<text class="title" x="{LEFT}" y="20">{escape(title)}</text>']
    for x, tick in ((across.at(tick), tick) for tick in across.ticks):
        body.append(f'<line x1="{x}" y1="{TOP}" x2="{x}" y2="{BOTTOM}"/>')
        body.append(f'<text x="{x}" y="{BOTTOM + 18}" text-anchor="middle">{tick:g}</text>')
    for y, tick in ((up.at(tick), tick) for tick in up.ticks):
        body.append(f'<line x1="{LEFT}" y1="{y}" x2="{RIGHT}" y2="{y}"/>')
        body.append(f'<text x="{LEFT - 8}" y="{y + 4}" text-anchor="end">{tick:g}</text>')
    for number, each in enumerate(series):
        body += _drawn(number, each, across, up)
    size = f'viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}"'
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img" aria-label="{escape(title)}">'
    )
    return "\n".join([head, f"<style>{STYLE}</style>", *body, "</svg>\n"])


def _drawn(number: int, series: Series, across: _Axis, up: _Axis) -> list[str]:
    """A line, its points, and its name in the legend."""
    colour, y = COLOURS[number], TOP + 12 + 20 * number
    places = [(across.at(x), up.at(y)) for x, y in series.points]
    way = " ".join(f"{x},{y}" for x, y in places)
    dots = [(x, y, 3) for x, y in places] + [(RIGHT + 16, y - 4, 5)]
    return [
        f'<polyline stroke="{colour}" points="{way}"/>',
        *(f'<circle fill="{colour}" cx="{x}" cy="{y}" r="{r}"/>' for x, y, r in dots),
        f'<text x="{RIGHT + 26}" y="{y}">{escape(series.name)}</text>',
    ]
