"""A row of the queue in words, with a small curve and its waiting time."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from functools import cached_property
from typing import Any

from markupsafe import Markup

from records import clock, texts
from records.models import DayZero
from records.patients import Identity, years_between
from triage import reasons
from triage.callbacks import BESIDE_COURSE, Point, QueueRow
from triage.documents import Document
from triage.levels import Level
from triage.models import AlertKind, NextStep
from webapp import choosing, formatting
from webapp.clinic import charts, days, limits, measures
from webapp.extensions import translator
from webapp.lazy import lazy

WEEK = timedelta(days=7)
MOST_REASONS = 2
A_DAY_MISSED = timedelta(hours=36)
"""Two values further apart than this had at least one unanswered check-in between them."""

ESCALATED = {
    "lead": lazy("Late: the lead was told"),
    "physician": lazy("Late: the physician on call was told"),
    "on-call": lazy("Whoever is on call was told"),
    "nobody": lazy("Late: nobody on call was found"),
    "answered": lazy("Late: somebody looks after it"),
}


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
    day: int | None
    counted_from: object
    programme: str
    reason: str
    for_physician: bool
    spark: Markup | None
    course: str | None
    course_name: object
    course_unit: str
    temperature: str | None
    since: int
    due: int
    is_late: bool
    waiting: str
    left: str
    next_step: str | None
    is_worse: bool
    is_folded: bool
    put_off_until: str | None
    escalated: object
    language: str
    needs_interpreter: bool
    language_name: str
    owner: str | None
    is_mine: bool


@dataclass(frozen=True)
class Lines:
    """What is measured in one programme, and where its rules draw lines."""

    document: Document | None

    @cached_property
    def measures(self) -> dict[str, measures.Measure]:
        return {one.link_id: one for one in measures.of(self.document)} if self.document else {}

    def limits(self, link_id: str) -> Sequence[charts.Threshold]:
        measure = self.measures.get(link_id)
        return limits.thresholds(self.document, {}, measure.fact.name) if self.document and measure else ()


def row(row: QueueRow, *, lines: Lines, several: bool, language: str, now: datetime, version: str) -> Row:
    """`several`: of a centre with more than one programme, whose rows name their own."""
    person: Identity = row.identity()
    followed, temperature = lines.measures.get(row.course_of), lines.measures.get(BESIDE_COURSE)
    return Row(
        public_id=row.public_id,
        enrolment_id=row.enrolment,
        version=version,
        level=Level.from_code(row.level),
        family_name=person.family_name,
        given_name=person.given_name,
        age=years_between(person.birth_date, now.date()),
        day=row.day,
        counted_from=days.COUNTED_FROM[DayZero(row.day_zero)],
        programme=choosing.name(row.programme, language) if several else "",
        reason=_reason(row, language),
        for_physician=row.for_physician,
        spark=_spark(row.course, followed, lines.limits(row.course_of), language, now),
        course=_last(row, followed, language),
        course_name=followed.name if followed else "",
        course_unit=followed.unit if followed else "",
        temperature=_last(row, temperature, language) if row.course_of != BESIDE_COURSE else None,
        since=int(row.opened_at.timestamp()),
        due=int(row.due_at.timestamp()),
        is_late=row.late,
        waiting=wait(now - row.opened_at),
        left=wait(row.due_at - now),
        next_step=_next_step(row, now),
        is_worse=row.worse,
        is_folded=row.folded,
        put_off_until=formatting.moment(row.snoozed_until, row.centre_zone) if row.snoozed_until else None,
        escalated=ESCALATED.get(row.escalated or ""),
        language=row.language,
        needs_interpreter=row.language != language,
        language_name=texts.LANGUAGES.get(row.language, row.language),
        owner=row.claimed_by,
        is_mine=row.claimed_by_me,
    )


def _next_step(row: QueueRow, now: datetime) -> str | None:
    """What is to be done next, where that is not simply to call the patient."""
    t = translator()
    if row.next_try_at is not None and row.next_try_at > now:
        at, zone, to_contact = row.next_try_at, row.centre_zone, row.next_step == NextStep.CALL_CONTACT
        if clock.local_day(at, zone) != clock.local_day(now, zone):
            day = formatting.moment(at, zone)
            if to_contact:
                return t.gettext("Call the emergency contact on %(moment)s", moment=day)
            return t.gettext("Call again on %(moment)s", moment=day)
        hour = formatting.hour(at, zone)
        if to_contact:
            return t.gettext("Call the emergency contact at %(hour)s", hour=hour)
        return t.gettext("Call again at %(hour)s", hour=hour)
    return t.gettext("Call the emergency contact") if row.next_step == NextStep.CALL_CONTACT else None


def _reason(row: QueueRow, language: str) -> str:
    """The gravest and newest sentences, and how many more there are: a row stays low, the file says all."""
    newest = sorted(map(_beside_badge, row.alerts), key=lambda alert: alert["raised_at"], reverse=True)
    words = reasons.all_words(newest, language)
    told = " · ".join(words[:MOST_REASONS])
    more = len(words) - MOST_REASONS
    return f"{told} · {translator().ngettext('1 more', '%(num)s more', more)}" if more > 0 else told


def _beside_badge(alert: Mapping[str, Any]) -> Mapping[str, Any]:
    """That nobody answered is what the row's badge says; why is what a caller has to know."""
    if not alert.get("cause") or alert["rank"] not in (Level.SILENT, Level.SILENT_URGENT):
        return alert
    return {**alert, "reasons": [reason for reason in alert["reasons"] if reason.get("code") != AlertKind.SILENCE]}


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
    lowest, highest = measures.drawn_between(measure.link_id, [point.value for point in course])
    series = charts.Series("", "", lowest, highest, tuple(found)[:1], _with_gaps(course))
    first, last = measure.show(course[0].value, language), measure.show(course[-1].value, language)
    title = _said_of_course(measure, first, last)
    return charts.spark(series, title, now - WEEK, now)


def _said_of_course(measure: measures.Measure, first: str, last: str) -> str:
    t = translator()
    if measure.link_id == "spo2":
        return t.gettext("SpO2 over 7 days: from %(first)s to %(last)s %%", first=first, last=last)
    return t.gettext(
        "%(measure)s over 7 days: from %(first)s to %(last)s", measure=measure.name, first=first, last=last
    )


def _with_gaps(course: Sequence[Point]) -> list[tuple[datetime, Decimal | None]]:
    points: list[tuple[datetime, Decimal | None]] = []
    for point in course:
        if points and point.at - points[-1][0] > A_DAY_MISSED:
            points.append((points[-1][0] + (point.at - points[-1][0]) / 2, None))
        points.append((point.at, point.value))
    return points


def wait(span: timedelta) -> str:
    """A waiting time as people read it: 12 min, 2 h 05, 3 days."""
    t = translator()
    minutes = max(0, int(span.total_seconds()) // 60)
    if minutes < 60:
        return t.gettext("%(minutes)s min", minutes=minutes)
    if minutes < 2 * 24 * 60:
        return t.gettext("%(hours)s h %(minutes)s", hours=minutes // 60, minutes=f"{minutes % 60:02}")
    return t.ngettext("%(num)s day", "%(num)s days", minutes // (24 * 60))
