"""What the next hours bring, in words and numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from records.texts import DECIMAL_COMMA
from triage.centre import forecast
from triage.centre.coming import Outlook
from triage.centre.duty import Watch
from triage.centre.forecast import Coming
from triage.levels import CALLED, Level
from webapp import formatting
from webapp.extensions import language, translator

NOTHING = "–"


@dataclass(frozen=True)
class Row:
    """One hour; numbers are texts."""

    begins: str
    ends: str
    levels: tuple[str, ...]
    calls: str
    tries: str
    opening: str
    ending: str
    callers: str
    capacity: str
    left: str
    overflows: bool
    is_open: bool


@dataclass(frozen=True)
class Hours:
    levels: tuple[Level, ...]
    rows: Sequence[Row]
    verdict: str
    is_bad: bool
    has_roster: bool
    pace: str | None
    waiting: int
    arrived: int
    usual: str | None
    watches: Sequence[Watch]


def page(found: Outlook, watches: Sequence[Watch], zone: str) -> Hours:
    """`watches` are of the reader's teams; the hours are of the whole centre."""
    teams = [one.team.id for one in watches]
    usual = found.arrivals.usual_total(teams)
    return Hours(
        levels=CALLED,
        rows=[_row(one, zone) for one in found.hours],
        verdict=verdict(found, zone),
        is_bad=forecast.first_overflow(found.hours) is not None,
        has_roster=found.has_roster,
        pace=None if found.pace is None else number(found.pace),
        waiting=found.waiting,
        arrived=found.arrivals.total(teams),
        usual=None if usual is None else number(usual),
        watches=watches,
    )


def verdict(found: Outlook, zone: str) -> str:
    """The hour in which calls begin to be left over, in words; or why nobody can say."""
    t = translator()
    if not found.has_roster:
        return t.gettext("Nobody has written down how many callers are at work, so nobody can say if they are enough.")
    if found.pace is None:
        return t.gettext("Too few calls have been made to say how many one caller makes in an hour.")
    if found.hours[0].expected is None:
        return t.gettext("The centre has not been at work for a week yet: what to expect is not known.")
    over = forecast.first_overflow(found.hours)
    if over is None:
        until = formatting.hour(found.hours[-1].ends, zone)
        return t.gettext(
            "Until %(hour)s the callers on the roster can make every call that is to be expected.", hour=until
        )
    return t.ngettext(
        "The queue overflows between %(begins)s and %(ends)s: about %(num)s call will be left over.",
        "The queue overflows between %(begins)s and %(ends)s: about %(num)s calls will be left over.",
        max(1, round(over.left or 0)),
        begins=formatting.hour(over.begins, zone),
        ends=formatting.hour(over.ends, zone),
    )


def _row(one: Coming, zone: str) -> Row:
    return Row(
        begins=formatting.hour(one.begins, zone),
        ends=formatting.hour(one.ends, zone),
        levels=tuple(number(None if one.expected is None else one.expected.get(level, 0)) for level in CALLED),
        calls=number(one.calls),
        tries=str(one.tries),
        opening=str(one.opening),
        ending=str(one.ending),
        callers=number(one.callers),
        capacity=number(one.capacity),
        left=number(one.left),
        overflows=one.overflows,
        is_open=one.is_open,
    )


def number(value: float | None) -> str:
    """One decimal below ten, none above."""
    if value is None:
        return NOTHING
    text = f"{value:.0f}" if value >= 9.95 or value == int(value) else f"{value:.1f}"
    return text.replace(".", ",") if language() in DECIMAL_COMMA else text
