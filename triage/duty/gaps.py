"""The hours of a rota that nobody covers. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from records import clock
from records.models import Programme
from triage.models import Duty, Shift
from triage.targets import open_on

Span = tuple[datetime, datetime]


@dataclass(frozen=True, slots=True)
class Gap:
    """Hours in which nobody has this duty."""

    duty: Duty
    from_at: datetime
    until_at: datetime


def gaps(
    shifts: Sequence[Shift], programmes: Sequence[Programme], *, from_at: datetime, until_at: datetime
) -> list[Gap]:
    """Hours in which a programme is closed and nobody is on call, and hours in which one is open and nobody leads, in
    order. Leads are wanted only where any shift of theirs stands in that time: a supervisor leads otherwise. Pure.
    """
    closed = _merged([span for one in programmes for span in _closed(one, from_at, until_at)])
    found = [Gap(Duty.ON_CALL, *span) for span in _without(closed, shifts, Duty.ON_CALL)]
    if any(shift.duty == Duty.LEAD for shift in shifts):
        watched = _merged([span for one in programmes for span in _open(one, from_at, until_at)])
        found += [Gap(Duty.LEAD, *span) for span in _without(watched, shifts, Duty.LEAD)]
    return sorted(found, key=lambda gap: (gap.from_at, gap.duty))


def _open(programme: Programme, from_at: datetime, until_at: datetime) -> list[Span]:
    days = clock.days(
        clock.local_day(from_at, programme.zone) - timedelta(days=1), clock.local_day(until_at, programme.zone)
    )
    spans = [open_on(programme, day) for day in days]
    return [
        (max(begins, from_at), min(ends, until_at)) for begins, ends in spans if begins < until_at and ends > from_at
    ]


def _closed(programme: Programme, from_at: datetime, until_at: datetime) -> list[Span]:
    return _rest([(from_at, until_at)], _open(programme, from_at, until_at))


def _without(wanted: Sequence[Span], shifts: Sequence[Shift], duty: Duty) -> list[Span]:
    covered = _merged(
        [(one.from_at, one.until_at) for one in shifts if one.duty == duty and one.staff.disabled_at is None]
    )
    return _rest(wanted, covered)


def _merged(spans: Sequence[Span]) -> list[Span]:
    merged: list[Span] = []
    for begins, ends in sorted(spans):
        if merged and begins <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], ends))
        elif begins < ends:
            merged.append((begins, ends))
    return merged


def _rest(spans: Sequence[Span], taken: Sequence[Span]) -> list[Span]:
    """What of `spans` none of `taken`, in order, covers."""
    left = []
    for begins, ends in spans:
        for other_begins, other_ends in taken:
            if other_ends <= begins or other_begins >= ends:
                continue
            if other_begins > begins:
                left.append((begins, other_begins))
            begins = max(begins, other_ends)
        if begins < ends:
            left.append((begins, ends))
    return left
