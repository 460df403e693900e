"""The queue as its page shows it: rows in words, with a small curve, waiting times, and counts."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from markupsafe import Markup

from records import texts
from records.patients import Identity, years_between
from triage import reasons
from triage.callbacks import Point, QueuePage, QueueRow
from triage.documents import Document
from triage.levels import Level
from webapp.clinic import charts, limits, measures
from webapp.extensions import translator

WEEK = timedelta(days=7)
MOST_REASONS = 2
A_DAY_MISSED = timedelta(hours=36)
"""Two values further apart than this had at least one unanswered check-in between them."""


@dataclass(frozen=True)
class Row:
    """One patient to call. `since` and `due` are seconds since 1970, for the script that lets them run."""

    public_id: uuid.UUID
    enrolment_id: uuid.UUID
    version: str
    level: Level
    family_name: str
    given_name: str
    age: int
    day_of_illness: int | None
    reason: str
    for_physician: bool
    spark: Markup | None
    spo2: str | None
    temperature: str | None
    since: int
    due: int
    is_late: bool
    waiting: str
    left: str
    try_again_at: datetime | None
    language: str
    language_name: str
    owner: str | None
    is_mine: bool


@dataclass(frozen=True)
class Board:
    rows: list[Row]
    counts: list[tuple[Level, int]]
    total: int
    now: int


def board(page: QueuePage, *, document: Document | None, language: str, now: datetime) -> Board:
    levels = [(Level.from_code(code), count) for code, count in page.counts.by_level.items() if count]
    measured = {measure.link_id: measure for measure in measures.of(document)} if document else {}
    found = {
        link_id: limits.thresholds(document, {}, measure.fact.name) if document else ()
        for link_id, measure in measured.items()
    }
    rows = [_row(row, measured, found, language, now) for row in page.rows]
    return Board(rows, levels, page.counts.total, int(now.timestamp()))


def _row(
    row: QueueRow,
    measured: Mapping[str, measures.Measure],
    found: Mapping[str, Sequence[charts.Threshold]],
    language: str,
    now: datetime,
) -> Row:
    person: Identity = row.identity()
    return Row(
        public_id=row.public_id,
        enrolment_id=row.enrolment,
        version=f"{row.version}.{int(row.late)}.{row.claimed_by or ''}",
        level=Level.from_code(row.level),
        family_name=person.family_name,
        given_name=person.given_name,
        age=years_between(person.birth_date, now.date()),
        day_of_illness=row.illness_day,
        reason=_reason(row, language),
        for_physician=row.for_physician,
        spark=_spark(row.course, measured.get("spo2"), found.get("spo2", ()), language, now),
        spo2=_last(row, measured.get("spo2"), language),
        temperature=_last(row, measured.get("temperature"), language),
        since=int(row.opened_at.timestamp()),
        due=int(row.due_at.timestamp()),
        is_late=row.late,
        waiting=wait(now - row.opened_at),
        left=wait(row.due_at - now),
        try_again_at=row.next_try_at if row.next_try_at and row.next_try_at > now else None,
        language=row.language,
        language_name=texts.LANGUAGES.get(row.language, row.language),
        owner=row.claimed_by,
        is_mine=row.claimed_by_me,
    )


def _reason(row: QueueRow, language: str) -> str:
    """The gravest and newest sentences, and how many more there are: a row stays low, the file says all."""
    newest = sorted(row.alerts, key=lambda alert: alert["raised_at"], reverse=True)
    words = reasons.all_words(newest, language)
    told = " · ".join(words[:MOST_REASONS])
    more = len(words) - MOST_REASONS
    return f"{told} · {translator().ngettext('1 more', '%(num)s more', more)}" if more > 0 else told


def _last(row: QueueRow, measure: measures.Measure | None, language: str) -> str | None:
    """The value of the last answers; none when they do not hold it, however old a known value may be."""
    value = measure.value(row.latest) if measure and row.latest else None
    return measure.show(value, language) if measure and value is not None else None


def _spark(
    course: Sequence[Point],
    measure: measures.Measure | None,
    found: Sequence[charts.Threshold],
    language: str,
    now: datetime,
) -> Markup | None:
    if measure is None or not course:
        return None
    lowest, highest = measures.RANGES[measure.link_id]
    series = charts.Series("", "", lowest, highest, tuple(found)[:1], _with_gaps(course))
    first, last = measure.show(course[0].value, language), measure.show(course[-1].value, language)
    title = translator().gettext("SpO2 over 7 days: from %(first)s to %(last)s %%", first=first, last=last)
    return charts.spark(series, title, now - WEEK, now)


def _with_gaps(course: Sequence[Point]) -> list[tuple[datetime, Decimal | None]]:
    points: list[tuple[datetime, Decimal | None]] = []
    for point in course:
        if points and point.at - points[-1][0] > A_DAY_MISSED:
            points.append((points[-1][0] + (point.at - points[-1][0]) / 2, None))
        points.append((point.at, point.value))
    return points


def wait(span: timedelta) -> str:
    """A waiting time as people read it: 12 min, 2 h 05, 3 days."""
    minutes = max(0, int(span.total_seconds()) // 60)
    if minutes < 60:
        return f"{minutes}\u00a0min"
    if minutes < 2 * 24 * 60:
        return f"{minutes // 60}\u00a0h\u00a0{minutes % 60:02}"
    return translator().ngettext("%(num)s day", "%(num)s days", minutes // (24 * 60))
