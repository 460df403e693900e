"""A patient's fortnight, across the night in which the clocks of Paris change (29 March 2026)."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from questionnaires.models import Response
from records import audit_check
from records.models.audit import AuditEntry
from tests.scenarios.fortnight import HOUR, Fortnight, utc
from triage import protocols
from triage.assess import reassess
from triage.models import Alert, Assessment, Callback, ProtocolVersion

pytestmark = pytest.mark.drill

MINUTES = timedelta(minutes=1)
AFTER = 20 * MINUTES
BEATS = (5, 6, 7, 9, 10, 11, 12, 13, 14, 15, 16, 18, 22)
SILENT_DAY, WORST_DAY, LAST_DAY = utc(3, 22), utc(3, 27), utc(4, 2)

EXPECTED = [
    ("2026-03-21", "morning", utc(3, 21, 7), "answered"),
    ("2026-03-22", "morning", utc(3, 22, 7), "missed"),
    ("2026-03-23", "morning", utc(3, 23, 7), "answered"),  # day 6 of illness: twice a day from here
    ("2026-03-23", "afternoon", utc(3, 23, 14), "answered"),
    ("2026-03-24", "morning", utc(3, 24, 7), "answered"),
    ("2026-03-24", "afternoon", utc(3, 24, 14), "answered"),
    ("2026-03-25", "morning", utc(3, 25, 7), "answered"),
    ("2026-03-25", "afternoon", utc(3, 25, 14), "answered"),
    ("2026-03-26", "morning", utc(3, 26, 7), "answered"),
    ("2026-03-26", "afternoon", utc(3, 26, 14), "answered"),
    ("2026-03-27", "morning", utc(3, 27, 7), "answered"),
    ("2026-03-27", "extra-1", utc(3, 27, 11, 30), "answered"),
    ("2026-03-27", "afternoon", utc(3, 27, 14), "answered"),
    ("2026-03-28", "morning", utc(3, 28, 7), "answered"),
    ("2026-03-28", "afternoon", utc(3, 28, 14), "answered"),
    ("2026-03-29", "morning", utc(3, 29, 6), "answered"),  # 08:00 by the new clock; day 12, the last of two
    ("2026-03-29", "afternoon", utc(3, 29, 13), "answered"),
    ("2026-03-30", "morning", utc(3, 30, 6), "answered"),
    ("2026-03-31", "morning", utc(3, 31, 6), "answered"),
    ("2026-04-01", "morning", utc(4, 1, 6), "answered"),
    ("2026-04-02", "morning", utc(4, 2, 6), "answered"),
]


def test_a_fortnight_from_the_first_text_to_the_last(session: Session, engine: sa.Engine) -> None:
    life = Fortnight(session, engine)
    live(life)

    assert [(c.local_on.isoformat(), c.slot, c.opens_at, c.state) for c in life.checkins()] == EXPECTED
    assert_the_texts_are_those_that_are_owed(life)
    assert_two_reasons_to_call_were_each_closed(life)
    assert_every_answer_was_assessed_and_can_be_assessed_again(life)
    assert_the_trail_tells_the_story(life)


def live(life: Fortnight) -> None:
    """Fourteen days, beat by beat; then two more in which nothing may happen."""
    life.beat_through(utc(3, 20, 9), utc(3, 20, 10))
    life.begin(utc(3, 20, 10, 30))
    now = utc(3, 20, 11)
    while now <= LAST_DAY + timedelta(days=2):
        life.beat(now)
        if any(c.opens_at <= now < c.opens_at + HOUR and c.state == "open" for c in life.checkins()):
            asked(life, now)
        if now == SILENT_DAY + 11 * HOUR:
            assert life.call(now + 3 * MINUTES, "advice") == now + 120 * MINUTES
        now += HOUR
        while now.hour not in BEATS:
            now += HOUR


def asked(life: Fortnight, now: datetime) -> None:
    """Answers twenty minutes after the text, but for the silent day; on the worst day the oxygen is low."""
    if now == SILENT_DAY + 7 * HOUR:
        return
    if now != WORST_DAY + 7 * HOUR:
        assert life.answer(now + AFTER).level == "green"
        return
    receipt = life.answer(now + AFTER, spo2="91", breathlessness="unusual-effort", temperature="38,9")
    assert (receipt.level, receipt.call_15) == ("red", True)
    assert life.call(now + AFTER + 2 * MINUTES, "extra-checkin", {"hours": 4}) == now + AFTER + 10 * MINUTES


def assert_the_texts_are_those_that_are_owed(life: Fortnight) -> None:
    texts, checkins = life.messages(), life.checkins()
    missed = next(c for c in checkins if c.state == "missed")
    owed = {f"invite:{life.enrolment.public_id}:{int(utc(3, 20, 9).timestamp())}": utc(3, 20, 9)}
    owed |= {f"checkin:{c.public_id}": c.opens_at for c in checkins}
    owed |= {f"reminder:{missed.public_id}:{n}": missed.opens_at + n * 2 * HOUR for n in (1, 2)}

    assert {text.key for text in texts if text.status == "delivered"} == set(owed)
    late = {text.key: text.sent_at - owed[text.key] for text in texts if text.key in owed}
    assert {key for key, wait in late.items() if wait} == {
        f"checkin:{c.public_id}" for c in checkins if c.slot == "extra-1"
    }, "only the extra check-in, asked for between two beats, waits for the next one"
    assert all(text.sent_at <= utc(4, 2, 6) for text in texts if text.sent_at), "nothing after the last check-in"
    assert {text.status for text in texts} <= {"delivered", "dropped"}


def assert_two_reasons_to_call_were_each_closed(life: Fortnight) -> None:
    life.session.expire_all()
    alerts = life.session.scalars(sa.select(Alert).order_by(Alert.raised_at)).all()
    calls = life.session.scalars(sa.select(Callback).order_by(Callback.opened_at)).all()

    assert [(alert.kind, alert.rank, alert.raised_at) for alert in alerts] == [
        ("silence", 20, SILENT_DAY + 11 * HOUR),
        ("answers", 40, WORST_DAY + 7 * HOUR + AFTER),
    ]
    assert [(call.state, call.first_called_at - call.opened_at) for call in calls] == [
        ("closed", 5 * MINUTES),
        ("closed", 4 * MINUTES),
    ]
    assert life.most_open == 1


def assert_every_answer_was_assessed_and_can_be_assessed_again(life: Fortnight) -> None:
    session = life.session
    found = session.execute(
        sa.select(Response, Assessment).outerjoin(Assessment, Assessment.response_id == Response.id)
    ).all()

    assert Counter(assessment.level for _, assessment in found) == {"green": 19, "red": 1}
    for _, assessment in found:
        version = session.get_one(ProtocolVersion, assessment.protocol_version_id)
        protocol = protocols.compiled(session, version_id=version.id, digest=version.digest)
        again = reassess(
            protocol,
            facts=assessment.facts,
            own_limits=assessment.limits,
            occasion=assessment.explanation["occasion"],
        )
        assert (again.level.code, again.explanation) == (assessment.level, assessment.explanation)


def assert_the_trail_tells_the_story(life: Fortnight) -> None:
    session, enrolment = life.session, life.enrolment
    session.refresh(enrolment)
    rows = session.scalars(
        sa.select(AuditEntry.canonical).where(AuditEntry.subject_id == enrolment.public_id).order_by(AuditEntry.number)
    )
    acts = Counter(row.decode().split('"action":"', 1)[1].split('"', 1)[0] for row in rows)

    assert (enrolment.state, enrolment.end_reason) == ("discharged", "completed")
    assert enrolment.ended_at == utc(4, 2, 22), "the first hour of 3 April in Paris"
    assert audit_check.verify(session).problems == []
    assert acts == {
        "enrolment.made": 1,
        "enrolment.invited": 1,
        "enrolment.activated": 1,
        "answers.submitted": 20,
        "callback.claimed": 2,
        "callback.attempted": 2,
        "callback.disposed": 2,
        "enrolment.discharged": 1,
    }
