"""Expected call-backs of each hour of the week as SVG: one band for each day, against what the callers can do.

Only attributes and classes, as in webapp.clinic.charts. The table beside it has the same numbers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape

GUTTER, WIDTH, HIGH, STEP = 84, 872, 44, 60


@dataclass(frozen=True)
class Hour:
    """One hour of the week: calls expected by the new version and by the one in force; `capacity` is None without a
    roster. None where the period that was replayed says nothing.
    """

    hour: int
    draft: float | None
    against: float | None
    high: float | None
    capacity: float | None

    @property
    def is_over(self) -> bool:
        return self.draft is not None and self.capacity is not None and self.draft > self.capacity


@dataclass(frozen=True)
class Day:
    name: str
    hours: Sequence[Hour]


def drawn(days: Sequence[Day], title: str) -> Markup:
    """`days` all have the same hours."""
    highest = max((value for day in days for hour in day.hours for value in _values(hour)), default=0) or 1
    parts = [part for number, day in enumerate(days) for part in _band(day, 8 + number * STEP, highest)]
    bottom = 8 + len(days) * STEP
    if days:
        step = WIDTH / len(days[0].hours)
        parts += [
            _text(GUTTER + number * step + step / 2, bottom + 4, f"{hour.hour:02}", middle=True)
            for number, hour in enumerate(days[0].hours)
        ]
    start = Markup('<svg direction="ltr" viewBox="0 0 {} {}" role="img"><title>{}</title>')
    drawing = start.format(GUTTER + WIDTH + 4, bottom + 12, title) + Markup("").join(escape(part) for part in parts)
    return drawing + Markup("</svg>")


def _values(hour: Hour) -> list[float]:
    return [value for value in (hour.draft, hour.against, hour.capacity) if value is not None]


def _band(day: Day, top: float, highest: float) -> list[Markup]:
    step, foot = WIDTH / len(day.hours), top + HIGH
    parts = [_text(0, top + 28, day.name), _path("vd-chart__axis", f"M{GUTTER} {foot}h{WIDTH}")]
    for number, hour in enumerate(day.hours):
        left = GUTTER + number * step
        if hour.draft:
            parts.append(_bar(hour.is_over, left + 3, foot - _tall(hour.draft, highest), step - 6, foot))
        if hour.against:
            parts.append(_level("vd-chart__before", left + 3, foot - _tall(hour.against, highest), step - 6))
        if hour.capacity:
            parts.append(_level("vd-chart__threshold", left, foot - _tall(hour.capacity, highest), step))
    return parts


def _tall(value: float, highest: float) -> float:
    return HIGH * value / highest


def _bar(over: bool, x: float, y: float, width: float, foot: float) -> Markup:
    css = "vd-chart__bar--over" if over else "vd-chart__bar"
    drawn = Markup('<rect class="{}" x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}"/>')
    return drawn.format(css, x, y, width, max(foot - y, 0.5))


def _level(css: str, x: float, y: float, width: float) -> Markup:
    return _path(css, f"M{x:.1f} {y:.1f}h{width:.1f}")


def _path(css: str, drawn: str) -> Markup:
    return Markup('<path class="{}" d="{}"/>').format(css, drawn)


def _text(x: float, y: float, content: str, *, middle: bool = False) -> Markup:
    css = "vd-chart__value" if middle else "vd-chart__label"
    return Markup('<text class="{}" x="{:.1f}" y="{:.1f}">{}</text>').format(css, x, y, _held(content))


def _held(content: str) -> str:
    return f"\u2068{content}\u2069" if any("\u0590" <= letter <= "\u08ff" for letter in content) else content
