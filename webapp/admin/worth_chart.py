"""The trade-off of a limit as SVG: alerts a week along, patients seen before their event upwards, a mark a value.

Only attributes and classes, as in webapp.clinic.charts. The table beside it has the same numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import floor, log10

from markupsafe import Markup, escape

LEFT, TOP, WIDE, HIGH = 56, 24, 560, 260


@dataclass(frozen=True)
class Mark:
    """One value of the limit: shares from 0 to 1; `told` is always written beside it, others where there is room."""

    label: str
    alerts: float
    share: float
    low: float
    high: float
    is_present: bool
    is_told: bool
    fits: bool


def drawn(marks: Sequence[Mark], *, title: str, along: str, upwards: str, number: Callable[[float], str]) -> Markup:
    """`along` and `upwards` name the axes; `number` writes a tick."""
    ticks = _ticks(max((mark.alerts for mark in marks), default=0))
    most = ticks[-1]
    ordered = sorted(marks, key=lambda mark: (mark.alerts, mark.share))
    parts = [*_grid(ticks, most, along, upwards, number), _line(ordered, most)]
    parts += [_whisker(mark, most) for mark in ordered] + [_point(mark, most) for mark in ordered]
    parts += _labels(ordered, most)
    start = Markup('<svg direction="ltr" viewBox="0 0 {} {}" role="img"><title>{}</title>')
    return start.format(LEFT + WIDE + 24, TOP + HIGH + 56, title) + Markup("").join(parts) + Markup("</svg>")


def _ticks(most: float) -> list[float]:
    """Four to eight round numbers from 0 to the first that holds everything."""
    if most <= 0:
        return [0.0, 1.0]
    step = 10.0 ** floor(log10(most))
    step = next(one for one in (step / 5, step / 2, step, step * 2) if most / one <= 8)
    return [number * step for number in range(int(most / step - 1e-9) + 2)]


def _x(alerts: float, most: float) -> float:
    return round(LEFT + WIDE * alerts / most, 1)


def _y(share: float) -> float:
    return round(TOP + HIGH * (1 - share), 1)


def _grid(
    ticks: Sequence[float], most: float, along: str, upwards: str, number: Callable[[float], str]
) -> list[Markup]:
    parts = [_text("vd-chart__label", 0, 12, upwards)]
    for share in (0, 0.25, 0.5, 0.75, 1):
        parts.append(_path("vd-chart__axis", f"M{LEFT} {_y(share)}h{WIDE}"))
        parts.append(_text("vd-chart__label", 4, _y(share) + 4, f"{share * 100:.0f}\u00a0%"))
    parts += [_text("vd-chart__value", _x(tick, most), TOP + HIGH + 20, number(tick)) for tick in ticks]
    return [*parts, _text("vd-chart__label", LEFT, TOP + HIGH + 44, along)]


def _line(marks: Sequence[Mark], most: float) -> Markup:
    points = " ".join(f"{_x(mark.alerts, most)},{_y(mark.share)}" for mark in marks)
    return Markup('<polyline class="vd-chart__line" points="{}"/>').format(points)


def _whisker(mark: Mark, most: float) -> Markup:
    """The interval; that of the present value stands out."""
    css = "vd-chart__before" if mark.is_present else "vd-chart__axis"
    return _path(css, f"M{_x(mark.alerts, most)} {_y(mark.low)}V{_y(mark.high)}")


def _point(mark: Mark, most: float) -> Markup:
    """A triangle is the present value, a ring one that the order between limits does not allow."""
    x, y = _x(mark.alerts, most), _y(mark.share)
    if mark.is_present:
        return _path("vd-chart__point--beyond", f"M{x} {round(y - 7, 1)}l6 11h-12z")
    css = "vd-chart__point" if mark.fits else "vd-chart__line"
    return Markup('<circle class="{}" cx="{}" cy="{}" r="3.5"/>').format(css, x, y)


def _labels(marks: Sequence[Mark], most: float) -> list[Markup]:
    """Values under their marks: those told of first, the others where nothing is written yet."""
    parts, taken = [], list[tuple[float, float]]()
    for mark in sorted(marks, key=lambda one: (not one.is_present, not one.is_told)):
        x, y = _x(mark.alerts, most), min(_y(mark.share) + 20, TOP + HIGH - 4)
        if mark.is_present or mark.is_told or all(abs(x - at) > 34 or abs(y - high) > 14 for at, high in taken):
            taken.append((x, y))
            parts.append(_haloed(x, y, mark.label))
    return parts


def _text(css: str, x: float, y: float, content: str) -> Markup:
    return Markup('<text class="{}" x="{}" y="{}">{}</text>').format(css, x, y, _held(content))


def _haloed(x: float, y: float, content: str) -> Markup:
    text = Markup(
        '<text class="vd-chart__value" x="{}" y="{}" stroke="#fff" stroke-width="4" paint-order="stroke">{}</text>'
    )
    return text.format(x, y, _held(content))


def _held(content: str) -> Markup:
    """Words of a right-to-left language keep their own order in a drawing that runs from the left."""
    is_turned = any("\u0590" <= letter <= "\u08ff" for letter in content)
    return escape(f"\u2068{content}\u2069" if is_turned else content)


def _path(css: str, d: str) -> Markup:
    return Markup('<path class="{}" d="{}"/>').format(css, d)
