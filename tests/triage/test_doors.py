"""Answers by other doors than the patient's phone: who gave them, who typed them, and when they were true."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from questionnaires.models import Checkin, CheckinState, Door, Informant, Response
from records.audit import Actor
from records.models import AnswersBy, AuditEntry
from tests.factories import NOW
from tests.triage.scene import RED, WELL, Scene, set_scene
from triage import intake, jobs
from triage.intake import Receipt

LATER = NOW + timedelta(days=2)


def stored(scene: Scene, receipt: Receipt) -> Response:
    return scene.session.scalars(select(Response).where(Response.public_id == receipt.response)).one()


def sheet(
    scene: Scene, answers: dict, *, at: datetime, now: datetime = LATER, checkin: Checkin | None = None
) -> Receipt:
    """A sheet of paper, filled in `at` and typed `now`."""
    named = {"checkin": checkin.public_id} if checkin else {}
    return scene.submit(answers, door=Door.PAPER, completed_at=at, now=now, **named)


def test_who_answered_and_who_typed_are_kept_with_the_answers_and_audited(scene: Scene):
    caller = scene.person()
    submission = scene.submission(door=Door.STAFF, informant=Informant.CARER, recorded_by_id=caller.id)

    receipt = intake.submit(scene.session, submission=submission, actor=Actor.staff(caller), now=NOW)
    scene.session.commit()

    kept = stored(scene, receipt)
    assert (kept.door, kept.informant, kept.recorded_by_id) == ("staff", "carer", caller.id)
    entry = scene.session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc()).limit(1)).one()
    assert b'"informant":"carer"' in entry.canonical
    assert str(caller.public_id).encode() in entry.canonical


def test_a_sheet_of_paper_stands_in_the_history_where_it_was_filled_in(scene: Scene):
    at = NOW + timedelta(hours=3)

    receipt = sheet(scene, WELL, at=at)

    kept = stored(scene, receipt)
    assert (kept.checkin_id, kept.due_at, kept.completed_at, kept.received_at) == (None, at, at, LATER)


def test_a_sheet_of_yesterday_does_not_answer_todays_check_in(scene: Scene):
    today = scene.checkin(opens_at=LATER - timedelta(hours=1))

    receipt = sheet(scene, WELL, at=NOW)

    scene.session.refresh(today)
    assert today.state == CheckinState.OPEN
    assert stored(scene, receipt).checkin_id is None


def test_a_sheet_filled_in_since_the_check_in_opened_answers_it(scene: Scene):
    today = scene.checkin(opens_at=LATER - timedelta(hours=1))

    sheet(scene, WELL, at=LATER - timedelta(minutes=20))

    scene.session.refresh(today)
    assert today.state == CheckinState.ANSWERED


def test_a_sheet_is_compared_with_what_came_before_it_and_not_with_what_was_typed_before(session: Session):
    """A first SpO2 of 94 is red; after a normal one it is orange."""
    scene = set_scene(session, has_oximeter=True)
    low, normal = ({**WELL, "spo2": [{"integer": value}]} for value in (94, 98))
    scene.submit(normal, now=NOW + timedelta(days=1))

    assert sheet(scene, low, at=NOW).level == "red"
    assert sheet(scene, low, at=NOW + timedelta(days=1, hours=1)).level == "orange"


def test_a_late_red_on_paper_alerts_and_a_late_green_closes_no_silence(scene: Scene):
    missed = scene.checkin(state=CheckinState.MISSED, closed_at=NOW + timedelta(hours=4))
    jobs.raise_silences(scene.session, now=NOW + timedelta(hours=4))
    scene.session.commit()

    green = sheet(scene, WELL, at=NOW + timedelta(hours=1), checkin=missed)
    assert (green.late, [alert.kind for alert in scene.alerts()]) == (True, ["silence"])

    sheet(scene, RED, at=NOW + timedelta(hours=1), checkin=missed)
    assert [alert.kind for alert in scene.alerts()] == ["silence", "answers"]


@pytest.mark.parametrize(
    ("typed", "missed"), [(NOW, 1), (NOW - timedelta(days=2), 2)], ids=["of the day", "an old one"]
)
def test_typing_an_old_sheet_does_not_make_a_silence_shorter(scene: Scene, typed: datetime, missed: int):
    """Two check-ins were missed; a sheet of the first one's day is heard then, an older one changes nothing."""
    days = [NOW, NOW + timedelta(days=1)]
    first, _ = [scene.checkin(opens_at=at, state=CheckinState.MISSED, closed_at=at + timedelta(hours=4)) for at in days]
    sheet(scene, WELL, at=typed + timedelta(hours=1), checkin=first if typed == NOW else None)

    read = scene.session.connection().exec_driver_sql(
        f"SELECT {jobs.history.MISSED.format(until='now()')} FROM enrolments e"
    )

    assert read.scalar_one() == missed


def test_nobody_waits_for_a_text_to_somebody_who_is_telephoned(scene: Scene):
    scene.enrolment.answers_by = AnswersBy.STAFF
    scene.checkin(state=CheckinState.MISSED, closed_at=NOW + timedelta(hours=4))
    scene.session.commit()

    jobs.raise_silences(scene.session, now=NOW + timedelta(hours=4))

    (alert,) = scene.alerts()
    assert alert.cause == "asked-otherwise"
