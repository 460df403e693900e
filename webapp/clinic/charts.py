"""Small charts as SVG: fixed clinical ranges, dashed limits, gaps drawn as gaps, a shape for a value beyond a limit.

Only attributes and classes, so that they pass a policy without inline style. Numbers are written for the reader. Time
runs from left to right in every language, as on the monitors that clinicians know; an attribute says so, for a rule of
the sheet would be mirrored with it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal

from markupsafe import Markup, escape

Points = Sequence[tuple[datetime, Decimal | None]]
"""(when, value or None for "asked and not known"), oldest first."""


@dataclass(frozen=True)
class Threshold:
    """A limit and the side on which a value is beyond it: operator is one of < <= > >=."""

    operator: str
    value: Decimal

    def is_beyond(self, value: Decimal) -> bool:
        match self.operator:
            case "<":
                return value < self.value
            case "<=":
                return value <= self.value
            case ">":
                return value > self.value
        return value >= self.value


@dataclass(frozen=True)
class Series:
    """One measure over time; `lowest` and `highest` are the fixed range drawn, whatever the values are."""

    label: str
    unit: str
    lowest: Decimal
    highest: Decimal
    thresholds: tuple[Threshold, ...]
    points: Points
    decimals: int = 0

    def since(self, starts: datetime) -> Series:
        return replace(self, points=[(at, value) for at, value in self.points if at >= starts])

    def show(self, value: Decimal, comma: bool) -> str:
        text = f"{value:.{self.decimals}f}"
        return text.replace(".", ",") if comma else text

    def is_beyond(self, value: Decimal) -> bool:
        return any(threshold.is_beyond(value) for threshold in self.thresholds)


@dataclass(frozen=True)
class Frame:
    """Where a series is drawn and which time it spans."""

    left: float
    top: float
    width: float
    height: float
    starts: datetime
    ends: datetime

    def x(self, at: datetime) -> float:
        span = (self.ends - self.starts).total_seconds() or 1
        return round(self.left + self.width * (at - self.starts).total_seconds() / span, 1)

    def y(self, value: Decimal, series: Series) -> float:
        inside = min(max(value, series.lowest), series.highest)
        share = float((inside - series.lowest) / (series.highest - series.lowest))
        return round(self.top + self.height * (1 - share), 1)


def spark(series: Series, title: str, starts: datetime, ends: datetime) -> Markup:
    """A line as high as a word; only its last value has a mark. `title` says in words what it shows."""
    frame = Frame(4, 4, 96, 20, starts, ends)
    parts = [*_thresholds(series, frame), *_lines(series, frame)]
    known = [(at, value) for at, value in series.points if value is not None]
    if known:
        parts.append(_mark(series, frame, *known[-1]))
    return _svg("vd-spark", 104, 28, title, parts)


def multiples(
    all_series: Sequence[Series],
    title: str,
    starts: datetime,
    ends: datetime,
    days: Sequence[tuple[datetime, str]],
    *,
    comma: bool,
) -> Markup:
    """The series one under the other on one time axis. `days` are the axis' labels and where they stand."""
    parts: list[Markup] = []
    gutter, width, height, step = 170, 448, 64, 104
    for number, series in enumerate(all_series):
        frame = Frame(gutter, 26 + number * step, width, height, starts, ends)
        parts += _panel(series, frame, comma)
    bottom = 26 + len(all_series) * step
    frame = Frame(gutter, bottom, width, 0, starts, ends)
    parts += [_text("vd-chart__value", frame.x(at), bottom - 4, label) for at, label in days]
    return _svg(None, 640, bottom + 4, title, parts)


def _panel(series: Series, frame: Frame, comma: bool) -> list[Markup]:
    limits = "  ".join(f"{_SIGNS[limit.operator]} {series.show(limit.value, comma)}" for limit in series.thresholds)
    unit = f"{series.unit}   {limits}" if series.unit else limits
    return [
        _text("vd-chart__label", 0, frame.top + 20, series.label),
        _text("vd-chart__label", 0, frame.top + 38, unit),
        _rule("vd-chart__axis", frame, frame.top + frame.height),
        *_thresholds(series, frame),
        *_lines(series, frame),
        *_gaps(series, frame),
        *(_mark(series, frame, at, value) for at, value in series.points if value is not None),
        *_values(series, frame, comma),
    ]


_SIGNS = {"<": "<", "<=": "≤", ">": ">", ">=": "≥"}


def _thresholds(series: Series, frame: Frame) -> list[Markup]:
    inside = [limit for limit in series.thresholds if series.lowest <= limit.value <= series.highest]
    return [_rule("vd-chart__threshold", frame, frame.y(limit.value, series)) for limit in inside]


def _lines(series: Series, frame: Frame) -> list[Markup]:
    """One line for each run of known values: nothing is drawn across a gap."""
    runs: list[list[str]] = [[]]
    for at, value in series.points:
        if value is None:
            runs.append([])
        else:
            runs[-1].append(f"{frame.x(at)},{frame.y(value, series)}")
    return [
        Markup('<polyline class="vd-chart__line" points="{}"/>').format(" ".join(run)) for run in runs if len(run) > 1
    ]


def _gaps(series: Series, frame: Frame) -> list[Markup]:
    """A dotted upright where an answer was due and the value is not known."""
    line = Markup('<path class="vd-chart__gap" d="M{x} {top}V{bottom}"/>')
    missing = [at for at, value in series.points if value is None]
    return [line.format(x=frame.x(at), top=frame.top, bottom=frame.top + frame.height) for at in missing]


def _mark(series: Series, frame: Frame, at: datetime, value: Decimal) -> Markup:
    x, y = frame.x(at), frame.y(value, series)
    if series.is_beyond(value):
        return Markup('<path class="vd-chart__point--beyond" d="M{} {}l5 9h-10z"/>').format(x, round(y - 6, 1))
    return Markup('<circle class="vd-chart__point" cx="{}" cy="{}" r="3.5"/>').format(x, y)


def _values(series: Series, frame: Frame, comma: bool) -> list[Markup]:
    """The number over each point that has room for it; the last one always."""
    known = [(frame.x(at), value) for at, value in series.points if value is not None]
    texts: list[Markup] = []
    free_until = float("inf")
    for x, value in reversed(known):
        if x <= free_until:
            texts.append(_haloed(x, frame.y(value, series) - 9, series.show(value, comma)))
            free_until = x - 36
    return texts


def _rule(css: str, frame: Frame, y: float) -> Markup:
    return Markup('<path class="{}" d="M{} {}h{}"/>').format(css, frame.left, y, frame.width)


def _text(css: str, x: float, y: float, content: str) -> Markup:
    return Markup('<text class="{}" x="{}" y="{}">{}</text>').format(css, x, y, _held(content))


def _held(content: str) -> str:
    """Words of a right-to-left language keep their own order in a drawing that runs from the left."""
    return f"\u2068{content}\u2069" if any("\u0590" <= letter <= "\u08ff" for letter in content) else content


def _haloed(x: float, y: float, content: str) -> Markup:
    """White around the number, so that it stays readable across a line."""
    text = Markup(
        '<text class="vd-chart__value" x="{}" y="{}" stroke="#fff" stroke-width="4" paint-order="stroke">{}</text>'
    )
    return text.format(x, y, content)


def _svg(css: str | None, width: int, height: int, title: str, parts: Sequence[Markup]) -> Markup:
    named = Markup(' class="{}"').format(css) if css else Markup("")
    start = Markup('<svg{} direction="ltr" viewBox="0 0 {} {}" role="img"><title>{}</title>').format(
        named, width, height, title
    )
    return start + Markup("").join(escape(part) for part in parts) + Markup("</svg>")


def day_starts(first: date, last: date, at: Callable[[date], datetime], most: int = 10) -> list[tuple[datetime, date]]:
    """Every day, or every second, third … one so that at most `most` stand on the axis."""
    count = (last - first).days + 1
    every = -(-count // most)
    days = [last - timedelta(days=n) for n in range(0, count, every)]
    return [(at(day), day) for day in reversed(days)]
