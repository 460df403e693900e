"""The hours of the week as squares, the fuller the darker, each with its number: the table below says the same."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from triage.centre.load import Load
from webapp.centre.hours_page import number
from webapp.extensions import translator

STEPS = 5
WIDE, HIGH, GUTTER, TOP = 36, 24, 56, 20
CELL = Markup(
    '<rect class="vd-heat__cell vd-heat__cell--{step}" x="{x}" y="{y}" width="{wide}" height="{high}"/>'
    '<text class="vd-heat__number vd-heat__number--{step}" x="{middle}" y="{base}" text-anchor="middle">{value}</text>'
)
LABEL = Markup('<text class="vd-chart__value" x="{x}" y="{y}"{anchor}>{text}</text>')
CENTRED = Markup(' text-anchor="middle"')


def strip(load: Load, days: Sequence[tuple[str, str]]) -> Markup | None:
    """None where nothing happened. Time runs from the left in every language, as in the other charts."""
    if not load.hours:
        return None
    most = max(load.opened.values(), default=0)
    parts = [
        LABEL.format(x=GUTTER // 2, y=TOP + row * HIGH + 17, anchor=CENTRED, text=short)
        for row, (short, _) in enumerate(days)
    ]
    for column, hour in enumerate(load.hours):
        x = GUTTER + column * WIDE
        parts.append(LABEL.format(x=x + WIDE // 2, y=14, anchor=CENTRED, text=f"{hour:02}"))
        parts += [_cell(load.opened.get((day, hour), 0), most, x, TOP + day * HIGH) for day in range(7)]
    title = translator().gettext("Patients who came into the queue, by hour of the week")
    size = {"wide": GUTTER + len(load.hours) * WIDE, "high": TOP + 7 * HIGH}
    start = Markup('<svg class="vd-heat" direction="ltr" width="{wide}" viewBox="0 0 {wide} {high}" role="img">')
    return start.format(**size) + Markup("<title>{}</title>").format(title) + Markup("").join(parts) + Markup("</svg>")


def _cell(value: float, most: float, x: int, y: int) -> Markup:
    step = 0 if not value or not most else max(1, round(STEPS * value / most))
    middle, base = x + WIDE // 2, y + 16
    shown = number(value) if value else ""
    return CELL.format(step=step, x=x, y=y, wide=WIDE - 2, high=HIGH - 2, middle=middle, base=base, value=shown)
