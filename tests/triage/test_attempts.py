"""Calls as they are written down: what they lead to, whose they are, what is refused."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from records import clock
from records.models import Role
from tests.factories import NOW
from tests.triage.scene import ORANGE, RED, Scene, set_scene
from triage import callbacks
from triage.callbacks import planning
from triage.levels import Level
from triage.models import AlertKind, Attempt, CallbackEvent, EventKind
from triage.refusals import (
    CallbackClosed,
    CentreClosed,
    InPast,
    NothingPlanned,
    NotVerified,
    RedSoon,
    RedToday,
    Refused,
    SilenceToday,
    TakenBy,
    UnknownCode,
)

AT = NOW + timedelta(minutes=5)
WITH_RELATIVE = {"emergency_name": "Claire Petit", "emergency_phone": "+33612345678"}


@pytest.fixture
def scene(session: Session) -> Scene:
    made = set_scene(session, **WITH_RELATIVE)
    made.submit(ORANGE)
    return made


def called(scene: Scene, outcome: str = "no-answer", now: datetime = AT, **given) -> Attempt:
    about = {"callback": scene.callback().public_id, "staff": scene.person(), "outcome": outcome, "now": now}
    attempt = callbacks.add_attempt(scene.session, **(about | given))
    scene.session.commit()
    return attempt


def planned(scene: Scene, at: datetime, *, now: datetime) -> None:
    about = {"callback": scene.callback().public_id, "staff": scene.person()}
    planning.plan_try(scene.session, **about, at=at, now=now)
    scene.session.commit()


def after(number: int) -> datetime:
    return AT + timedelta(minutes=number)


def stands(scene: Scene) -> tuple[str, datetime | None, bool]:
    found = scene.callback()
    return found.next_step, found.next_try_at, found.for_physician


def verified(scene: Scene) -> list[bool | None]:
    return list(scene.session.scalars(sa.select(Attempt.verified).order_by(Attempt.id)))


def tries_told(scene: Scene) -> list[dict[str, object]]:
    query = sa.select(CallbackEvent).where(CallbackEvent.kind == EventKind.NEXT_TRY).order_by(CallbackEvent.id)
    return [event.details for event in scene.session.scalars(query)]


def test_a_patient_who_never_answers_is_tried_again_then_the_contact_then_a_physician_decides(scene: Scene):
    first = called(scene)
    assert (stands(scene), first.next_try_at) == (("call-patient", after(15), False), after(15))
    called(scene, "busy", after(15))
    assert stands(scene) == ("call-patient", after(45), False)
    called(scene, "voicemail", after(45))
    assert stands(scene) == ("call-contact", None, True)
    called(scene, "no-answer", after(46), called="contact")
    assert stands(scene) == ("physician", None, True)

    assert [alert.kind for alert in scene.alerts()] == [AlertKind.ANSWERS, AlertKind.UNREACHED]
    assert [told["step"] for told in tries_told(scene)] == ["call-patient", "call-patient", "call-contact", "physician"]
    assert tries_told(scene)[0]["at"] == after(15).isoformat()


def test_a_contact_called_in_vain_hands_it_to_the_physician_whatever_the_protocol_says(scene: Scene):
    called(scene, "wrong-number")
    assert stands(scene) == ("call-contact", None, False)

    called(scene, "busy", called="contact")

    assert stands(scene) == ("physician", None, True)
    assert scene.callback().rank == Level.RED
    assert "Several calls reached nobody" in str(
        callbacks.detail(scene.session, enrolment=scene.enrolment, language="en", now=AT)[0].alerts[0].words
    )


def test_calls_to_the_contact_are_not_counted_as_calls_to_the_patient(scene: Scene):
    called(scene)
    for minute in (1, 2):
        called(scene, "busy", after(minute), called="contact")

    raised = [alert for alert in scene.alerts() if alert.kind == AlertKind.UNREACHED]
    assert len(raised) == 1, "by the contact, not by the protocol's three calls"
    assert "failed_calls" not in str(raised[0].reasons)


def test_somebody_else_on_the_line_counts_as_nobody(scene: Scene):
    for minute in (0, 15, 45):
        called(scene, "reached", after(minute), verified=False)

    assert stands(scene) == ("call-contact", None, True)
    assert not any(verified(scene))


def test_somebody_reached_must_have_been_asked_for_name_and_date_of_birth(scene: Scene):
    with pytest.raises(NotVerified):
        called(scene, "reached")
    scene.session.rollback()
    assert scene.count(Attempt) == 0

    called(scene)
    called(scene, "reached", after(1), verified=True)

    assert stands(scene) == ("call-patient", None, False)
    assert verified(scene) == [None, True]


def test_a_tick_beside_a_call_that_nobody_took_says_nothing(scene: Scene):
    assert called(scene, "busy", verified=True).verified is None
    assert verified(scene) == [None]


def test_the_caller_may_say_when_to_try_again(scene: Scene):
    called(scene, next_try_at=after(100))
    assert stands(scene) == ("call-patient", after(100), False)

    planned(scene, after(120), now=after(1))

    assert stands(scene) == ("call-patient", after(120), False)
    assert [told["at"] for told in tries_told(scene)] == [after(100).isoformat(), after(120).isoformat()]


def test_somebody_reached_may_ask_to_be_called_later(scene: Scene):
    called(scene, "reached", verified=True, next_try_at=after(60))

    assert stands(scene) == ("call-patient", after(60), False)


NIGHT = datetime(2026, 3, 10, 23, 30, tzinfo=UTC)
BAD = [
    pytest.param({"next_try_at": AT}, InPast, id="now"),
    pytest.param({"next_try_at": AT - timedelta(hours=1)}, InPast, id="in the past"),
    pytest.param({"next_try_at": NIGHT}, CentreClosed, id="at night"),
    pytest.param({"called": "neighbour"}, UnknownCode, id="somebody unknown"),
]


@pytest.mark.parametrize(("given", "refusal"), BAD)
def test_what_cannot_be_is_refused_and_changes_nothing(scene: Scene, given, refusal: type[Refused]):
    with pytest.raises(refusal):
        called(scene, **given)
    scene.session.rollback()

    assert (scene.count(Attempt), stands(scene)) == (0, ("call-patient", None, False))


@pytest.mark.parametrize(("at", "refusal"), [(AT, InPast), (NIGHT, CentreClosed)])
def test_no_other_hour_is_planned_that_is_over_or_at_night(scene: Scene, at: datetime, refusal: type[Refused]):
    with pytest.raises(refusal):
        planned(scene, at, now=AT)


def test_a_worse_alert_between_the_call_and_its_writing_is_not_waited_past(scene: Scene):
    scene.submit(RED, now=after(10))

    called(scene, "no-answer", after(11), at=AT)

    assert stands(scene)[1] <= after(20), "the red one is due ten minutes after it came"


def test_a_worse_alert_wakes_a_try_that_was_planned(scene: Scene):
    called(scene, next_try_at=after(200))

    scene.submit(RED, now=after(10))

    assert stands(scene)[1] is None


def test_a_page_sent_an_hour_later_takes_the_call_again_and_is_written(scene: Scene):
    callbacks.claim(scene.session, callback=scene.callback().public_id, staff=scene.person(), now=NOW)

    called(scene, "no-answer", NOW + timedelta(hours=1))

    found = scene.callback()
    assert (found.claimed_by_id, found.claim_ends_at) == (scene.person().id, NOW + timedelta(hours=1, minutes=15))


def test_a_page_of_before_it_got_worse_does_not_say_that_the_worse_was_seen(scene: Scene):
    callbacks.claim(scene.session, callback=scene.callback().public_id, staff=scene.person(), now=AT)
    scene.submit(RED, now=after(1))

    called(scene, "no-answer", after(10))

    found = scene.callback()
    assert (found.claimed_by_id, found.worsened_at, found.claim_ends_at) == (scene.person().id, after(1), after(12))


@pytest.mark.parametrize(("red", "refused"), [(True, True), (False, False)])
def test_a_red_is_not_put_off_until_tomorrow(session: Session, red: bool, refused: bool):
    scene = set_scene(session)
    scene.submit(RED if red else ORANGE)
    tomorrow = AT + timedelta(hours=22)
    if not refused:
        assert called(scene, next_try_at=tomorrow).next_try_at == tomorrow
        return

    with pytest.raises(RedToday):
        called(scene, next_try_at=tomorrow)
    with pytest.raises(RedToday):
        planned(scene, tomorrow, now=AT)


@pytest.mark.parametrize(
    ("rank", "outcome", "hours_before_closing", "refused"),
    [
        (Level.SILENT_URGENT, "no-answer", 3, True),
        (Level.SILENT_URGENT, "no-answer", 0.5, False),
        (Level.SILENT_URGENT, "reached", 3, False),
        (Level.SILENT, "no-answer", 3, False),
    ],
)
def test_a_silence_at_risk_whom_nobody_reached_is_not_put_off_until_tomorrow(
    session: Session, rank: Level, outcome: str, hours_before_closing: float, refused: bool
):
    scene = set_scene(session)
    centre = scene.programme
    now = clock.instant(NOW.date(), centre.closes, centre.zone) - timedelta(hours=hours_before_closing)
    tomorrow = clock.instant(NOW.date() + timedelta(days=1), centre.opens, centre.zone)
    silence = {"kind": AlertKind.SILENCE, "rank": rank, "key": "one", "reasons": [{"code": "silence"}]}
    callbacks.raise_alert(scene.session, enrolment=scene.enrolment, **silence, now=now)
    scene.session.commit()
    said = {"verified": True if outcome == "reached" else None, "next_try_at": tomorrow}

    if refused:
        with pytest.raises(SilenceToday):
            called(scene, outcome, now, **said)
        return
    assert called(scene, outcome, now, **said).next_try_at == tomorrow


def test_a_red_whom_nobody_reached_is_not_put_off_for_longer_than_an_hour(session: Session):
    scene = set_scene(session)
    scene.submit(RED)

    with pytest.raises(RedSoon):
        called(scene, next_try_at=after(61))
    scene.session.rollback()
    called(scene, next_try_at=after(60))
    with pytest.raises(RedSoon):
        planned(scene, after(120), now=after(1))
    scene.session.rollback()
    called(scene, "reached", after(10), verified=True, next_try_at=after(180))
    planned(scene, after(200), now=after(11))

    assert stands(scene)[1] == after(200), "whoever was spoken with may be called again in the afternoon"


def test_a_page_from_before_it_got_worse_does_not_put_the_worse_off(scene: Scene):
    """The claim had run out before the red came, so nothing but the woken try tells of it."""
    called(scene, next_try_at=after(100))
    scene.submit(RED, now=after(60))

    with pytest.raises(NothingPlanned):
        planned(scene, after(110), now=after(90))


def test_another_red_wakes_a_red_whose_try_was_planned(session: Session):
    scene = set_scene(session)
    scene.submit(RED)
    called(scene, next_try_at=after(50))

    scene.submit(RED, now=after(10))

    assert stands(scene)[1] is None


def test_a_page_sent_an_hour_later_is_refused_when_somebody_else_has_the_call(scene: Scene):
    other = scene.another()
    callbacks.claim(scene.session, callback=scene.callback().public_id, staff=other, now=NOW + timedelta(minutes=50))
    scene.session.commit()

    with pytest.raises(TakenBy) as refused:
        called(scene, "no-answer", NOW + timedelta(hours=1))

    assert refused.value.name == other.name
    scene.session.rollback()
    assert scene.count(Attempt) == 0


def test_nothing_is_planned_for_a_call_back_that_was_closed(scene: Scene):
    public_id = scene.callback().public_id
    seen = [alert.public_id for alert in scene.alerts()]
    about = {"callback": public_id, "staff": scene.person(Role.PHYSICIAN), "now": AT}
    callbacks.dispose(scene.session, kind="technical", seen_alerts=seen, **about)
    scene.session.commit()

    with pytest.raises(CallbackClosed):
        planning.plan_try(scene.session, at=after(60), **about)
