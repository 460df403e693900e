"""A patient's answers over time: one chart, and the same numbers as a table."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from decimal import Decimal
from typing import Any

from babel.dates import format_date
from markupsafe import Markup
from sqlalchemy import select
from sqlalchemy.orm import Session

from questionnaires import responses, versions
from questionnaires.models import Checkin, CheckinState, QuestionnaireVersion, Response
from questionnaires.schema import Questionnaire
from questionnaires.score_words import scores_in_words
from records import clock
from records.models import Enrolment
from triage.documents import Document
from triage.levels import Level
from triage.models import Assessment
from webapp.clinic import charts, limits, measures, sources
from webapp.extensions import translator

DAYS = 14
MOST = 60


@dataclass(frozen=True)
class Cell:
    text: str
    is_beyond: bool = False


@dataclass(frozen=True)
class Row:
    """One response, or one check-in that nobody answered. `assessment` is the public id of what the rules said of it;
    `is_put_off` when its rule was put off, so that it raised no alert.
    """

    at: datetime
    level: Level | None
    is_missed: bool
    is_amendment: bool
    cells: list[Cell]
    others: list[str]
    response: Response | None = None
    assessment: uuid.UUID | None = None
    is_put_off: bool = False

    @property
    def is_elsewhere(self) -> bool:
        """By another door than the patient's own phone, or from somebody else than the patient."""
        return self.response is not None and not sources.is_plain(self.response)


@dataclass(frozen=True)
class Answers:
    chart: Markup
    measures: list[measures.Measure]
    rows: list[Row]


def over_time(
    session: Session,
    enrolment: Enrolment,
    *,
    document: Document,
    own_limits: Mapping[str, Decimal],
    language: str,
    now: datetime,
) -> Answers:
    """Newest first in the table; the chart shows the last two weeks at most."""
    answered = responses.history(session, enrolment_id=enrolment.id, limit=MOST)
    missed = _missed(session, enrolment)
    measured = measures.of(document)
    found = {measure.link_id: limits.thresholds(document, own_limits, measure.fact.name) for measure in measured}
    assessed = _assessed(session, answered)
    asked = _asked(session, answered)
    rows = [
        _row(response, assessed.get(response.id), measured, found, document, language, asked) for response in answered
    ]
    rows += [_silence(at, len(measured)) for at in missed]
    rows.sort(key=lambda row: row.at, reverse=True)
    points = sorted([(r.due_at, r) for r in answered] + [(at, None) for at in missed], key=lambda point: point[0])
    drawn = [_series(measure, found[measure.link_id], points, language) for measure in measured]
    chart = _chart(drawn, points, enrolment.zone, language, now)
    return Answers(chart, measured, rows)


def _missed(session: Session, enrolment: Enrolment) -> list[datetime]:
    query = select(Checkin.opens_at).where(Checkin.enrolment_id == enrolment.id, Checkin.state == CheckinState.MISSED)
    return list(session.scalars(query.order_by(Checkin.opens_at.desc()).limit(MOST)))


def _asked(session: Session, answered: list[Response]) -> dict[int, Questionnaire]:
    """By version: what was asked, which says how its scores are called."""
    wanted = {response.version_id for response in answered}
    query = select(QuestionnaireVersion.id, QuestionnaireVersion.digest).where(QuestionnaireVersion.id.in_(wanted))
    known = session.execute(query).all() if wanted else []
    return {row.id: versions.parsed_by(session, version_id=row.id, digest=row.digest) for row in known}


def _assessed(session: Session, answered: list[Response]) -> dict[int, Any]:
    wanted = (Assessment.response_id, Assessment.public_id, Assessment.level, Assessment.snoozed)
    query = select(*wanted).where(Assessment.response_id.in_([response.id for response in answered]))
    return {row.response_id: row for row in session.execute(query)}


def _row(
    response: Response,
    assessed: Any,
    measured: list[measures.Measure],
    found: Mapping[str, tuple[charts.Threshold, ...]],
    document: Document,
    language: str,
    asked: Mapping[int, Questionnaire],
) -> Row:
    scores = scores_in_words(asked[response.version_id], response.answers, language)
    return Row(
        at=response.due_at,
        level=Level.from_code(assessed.level) if assessed else None,
        is_missed=False,
        is_amendment=response.amends_id is not None,
        cells=[_cell(measure, found[measure.link_id], response, language) for measure in measured],
        others=scores + measures.others(document, response.answers, language),
        response=response,
        assessment=assessed.public_id if assessed else None,
        is_put_off=bool(assessed and assessed.snoozed),
    )


def _cell(
    measure: measures.Measure, thresholds: tuple[charts.Threshold, ...], response: Response, language: str
) -> Cell:
    value = measure.value(response.answers)
    if value is None:
        return Cell("–" if measure.link_id in response.answers else "")
    return Cell(measure.show(value, language), any(limit.is_beyond(value) for limit in thresholds))


def _silence(at: datetime, count: int) -> Row:
    return Row(at, None, True, False, [Cell("–")] * count, [])


def _series(
    measure: measures.Measure,
    thresholds: tuple[charts.Threshold, ...],
    points: list[tuple[datetime, Response | None]],
    language: str,
) -> charts.Series:
    values = [(at, measure.value(response.answers) if response else None) for at, response in points]
    lowest, highest = measures.drawn_between(measure.link_id, [value for _, value in values if value is not None])
    return charts.Series(
        measure.label(language), measure.unit, lowest, highest, thresholds, values, measure.fact.decimals
    )


def _chart(
    drawn: list[charts.Series],
    points: list[tuple[datetime, Response | None]],
    zone: str,
    language: str,
    now: datetime,
) -> Markup:
    last = clock.local_day(now, zone)
    first = max(clock.local_day(points[0][0], zone) if points else last, last - timedelta(days=DAYS - 1))
    starts = clock.instant(first, time(0), zone)
    ends = clock.instant(last + timedelta(days=1), time(0), zone)
    inside = [series.since(starts) for series in drawn]
    labels = [
        (at, format_date(day, "d MMM", locale=language))
        for at, day in charts.day_starts(first, last, lambda day: clock.instant(day, time(12), zone))
    ]
    title = translator().gettext("Measures over time, with their limits; the table has the same numbers")
    return charts.multiples(inside, title, starts, ends, labels, comma=language in measures.DECIMAL_COMMA)
