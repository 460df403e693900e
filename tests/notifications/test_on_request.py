"""What a patient asks for just now: a code, and a reminder an hour later. Neither in place of the follow-up's texts."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from notifications import departures, on_request
from notifications.models import Purpose
from notifications.on_request import LATER, NoHourLeft, NoText, NothingToRemind
from notifications.policy import Drop
from questionnaires.models import Checkin, CheckinState
from records import contacts, second_factor
from records.audit import Actor
from records.models import AnswersBy, AuditEntry, Enrolment, OptOut
from tests import factories
from tests.notifications.conftest import OPENS, SILENT, Scripted, make_checkin, messages
from triage.models import Alert, AlertKind

Beat = Callable[..., dict[str, int]]
HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
NIGHT = datetime.fromisoformat("2026-03-11T03:00:00+01:00")


def patient_of(enrolment: Enrolment) -> Actor:
    return Actor.patient(enrolment.patient)


def enrolment_of(session: Session, checkin: Checkin) -> Enrolment:
    return session.get_one(Enrolment, checkin.enrolment_id)


def put_off(session: Session, checkin: Checkin, now: datetime) -> datetime:
    enrolment = enrolment_of(session, checkin)
    at = on_request.remind_later(session, enrolment=enrolment, checkin=checkin, actor=patient_of(enrolment), now=now)
    session.commit()
    return at


def a_day(beat: Beat, start: datetime, end: datetime) -> None:
    while start <= end:
        beat(start)
        start += 10 * MINUTE


def sent(session: Session) -> dict[str, datetime | None]:
    return {message.purpose: message.sent_at for message in messages(session).values()}


def test_a_code_leaves_at_once_also_at_night_and_opens_what_was_asked_for(
    session: Session, beat: Beat, provider: Scripted
) -> None:
    enrolment = factories.make_enrolment(session)
    on_request.send_code(session, enrolment=enrolment, now=NIGHT)
    session.commit()

    beat(NIGHT)

    (text,) = provider.taken
    code = re.search(r"\b[0-9]{6}\b", text.body)
    assert code is not None
    assert code[0] == second_factor.code_for(text.message_public_id) == text.link
    assert text.expires_at == NIGHT + second_factor.CODE_LASTS
    assert "http" not in text.body


def test_a_code_whose_time_is_over_never_leaves(session: Session, beat: Beat, provider: Scripted) -> None:
    on_request.send_code(session, enrolment=factories.make_enrolment(session), now=OPENS)
    session.commit()

    beat(OPENS + second_factor.CODE_LASTS)

    assert provider.taken == []
    assert [message.status for message in messages(session).values()] == ["expired"]


@pytest.mark.parametrize(
    ("state", "changed", "why"),
    [
        ("paused", {}, Drop.PAUSED),
        ("discharged", {}, Drop.DISCHARGED),
        ("active", {"phone": "+33199001234"}, Drop.LANDLINE),
    ],
)
def test_a_code_that_could_not_leave_is_refused_with_what_to_do(
    session: Session, state: str, changed: dict[str, str], why: Drop
) -> None:
    enrolment = factories.make_enrolment(session, state, **changed)

    with pytest.raises(NoText, match="centre") as refused:
        on_request.send_code(session, enrolment=enrolment, now=OPENS)

    assert refused.value.why is why


def test_no_code_ever_goes_to_a_number_that_asked_for_silence(session: Session) -> None:
    enrolment = factories.make_enrolment(session, phone="+33639981234")
    contacts.opt_out(session, phone="+33639981234", now=OPENS, source="sms")

    with pytest.raises(NoText, match="START"):
        on_request.send_code(session, enrolment=enrolment, now=OPENS)


def test_stop_between_asking_and_sending_is_obeyed(session: Session, beat: Beat, provider: Scripted) -> None:
    on_request.send_code(session, enrolment=factories.make_enrolment(session, phone="+33639981234"), now=OPENS)
    contacts.opt_out(session, phone="+33639981234", now=OPENS, source="sms")
    session.commit()

    beat(OPENS)

    assert provider.taken == []


def test_texts_that_were_asked_for_take_none_of_the_days_other_texts(
    session: Session, checkin: Checkin, beat: Beat, provider: Scripted
) -> None:
    enrolment = enrolment_of(session, checkin)
    for n in range(6):
        now = OPENS - HOUR + n * 2 * MINUTE
        on_request.send_code(session, enrolment=enrolment, now=now)
        session.commit()
        beat(now)
    assert len(provider.taken) == 6

    beat(OPENS)

    assert sent(session)["checkin"] == OPENS


def test_the_reminder_comes_an_hour_later_once_and_in_place_of_the_first(
    session: Session, checkin: Checkin, beat: Beat
) -> None:
    beat(OPENS)
    at = put_off(session, checkin, OPENS + 30 * MINUTE)
    a_day(beat, OPENS + 40 * MINUTE, SILENT)

    assert at == OPENS + 30 * MINUTE + LATER
    assert sent(session) == {
        "checkin": OPENS,
        "asked-reminder": at,
        "first-reminder": None,
        "second-reminder": SILENT,
    }


def test_after_the_first_reminder_another_can_be_asked_for(session: Session, checkin: Checkin, beat: Beat) -> None:
    a_day(beat, OPENS, OPENS + 2 * HOUR)
    at = put_off(session, checkin, OPENS + 2 * HOUR + 10 * MINUTE)
    a_day(beat, OPENS + 2 * HOUR + 20 * MINUTE, SILENT)

    assert sent(session)["first-reminder"] == OPENS + 2 * HOUR
    assert sent(session)["asked-reminder"] == at


def test_pressed_again_the_same_reminder_waits_longer(session: Session, checkin: Checkin) -> None:
    put_off(session, checkin, OPENS)
    at = put_off(session, checkin, OPENS + 10 * MINUTE)

    (message,) = [one for one in messages(session).values() if one.purpose == Purpose.ASKED_REMINDER]
    assert message.next_try_at == at
    assert message.key == f"reminder:{checkin.public_id}:asked:1"


def test_once_it_has_left_another_has_a_key_of_its_own(session: Session, checkin: Checkin, beat: Beat) -> None:
    at = put_off(session, checkin, OPENS)
    beat(at)
    put_off(session, checkin, at + 10 * MINUTE)

    asked = [key for key in messages(session) if ":asked:" in key]
    assert asked == [f"reminder:{checkin.public_id}:asked:{n}" for n in (1, 2)]


def test_whoever_answers_meanwhile_is_not_reminded(
    session: Session, checkin: Checkin, beat: Beat, provider: Scripted
) -> None:
    at = put_off(session, checkin, OPENS)
    checkin.state, checkin.closed_at = CheckinState.ANSWERED, OPENS + MINUTE
    session.commit()

    beat(at)

    assert provider.taken == []


def test_the_hour_of_silence_stays_where_it_is(session: Session, checkin: Checkin) -> None:
    put_off(session, checkin, OPENS)

    session.refresh(checkin)
    assert (checkin.closes_at, checkin.remind_at) == (SILENT, OPENS + LATER)


@pytest.mark.parametrize("late", [LATER, timedelta(0)])
def test_within_the_last_hour_there_is_nothing_to_put_off(session: Session, checkin: Checkin, late: timedelta) -> None:
    with pytest.raises(NoHourLeft):
        put_off(session, checkin, SILENT - late)
    session.rollback()
    assert put_off(session, checkin, SILENT - LATER - MINUTE) == SILENT - MINUTE


def test_nobody_is_promised_a_reminder_at_night(session: Session) -> None:
    evening = OPENS.replace(hour=18)
    checkin = make_checkin(session, factories.make_enrolment(session), opens_at=evening, slot="evening")
    session.commit()

    assert put_off(session, checkin, OPENS.replace(hour=19, minute=59)).hour == 20
    with pytest.raises(NoHourLeft):
        put_off(session, checkin, OPENS.replace(hour=20))


@pytest.mark.parametrize("state", [CheckinState.ANSWERED, CheckinState.MISSED, CheckinState.CANCELLED])
def test_what_is_over_is_not_put_off(session: Session, checkin: Checkin, state: CheckinState) -> None:
    checkin.state, checkin.closed_at = state, OPENS
    session.commit()

    with pytest.raises(NothingToRemind):
        put_off(session, checkin, OPENS)


def test_whoever_is_asked_otherwise_is_told_that_no_text_would_come(session: Session, checkin: Checkin) -> None:
    enrolment_of(session, checkin).answers_by = AnswersBy.STAFF
    session.commit()

    with pytest.raises(NoText, match="not asked by text"):
        put_off(session, checkin, OPENS)


def stop(session: Session, enrolment: Enrolment, now: datetime = OPENS) -> bool:
    done = departures.stop(session, enrolment=enrolment, actor=patient_of(enrolment), now=now)
    session.commit()
    return done


def test_stopping_by_the_page_is_what_stop_by_text_is(session: Session) -> None:
    enrolment = factories.make_enrolment(session, phone="+33639981234")

    assert stop(session, enrolment)

    assert contacts.opted_out(session, phone="+33639981234")
    assert session.scalars(sa.select(Alert.kind)).all() == [AlertKind.OPTED_OUT]
    assert session.scalars(sa.select(OptOut.source)).one() == f"page:{enrolment.public_id}"
    kept = session.scalars(sa.select(AuditEntry.canonical).where(AuditEntry.subject_id == enrolment.public_id))
    said = [bytes(one).decode() for one in kept if b"patient.stopped" in bytes(one)]
    assert len(said) == 1
    assert str(enrolment.patient.public_id) in said[0]


def test_stopping_twice_tells_the_staff_once(session: Session) -> None:
    enrolment = factories.make_enrolment(session)

    assert [stop(session, enrolment), stop(session, enrolment)] == [True, False]
    assert len(session.scalars(sa.select(Alert.id)).all()) == 1


def test_everybody_behind_the_number_is_told_to_the_staff(session: Session) -> None:
    mine, theirs = (factories.make_enrolment(session, phone="+33639981234") for _ in range(2))
    stop(session, mine)

    assert set(session.scalars(sa.select(Alert.enrolment_id))) == {mine.id, theirs.id}


@pytest.mark.parametrize(("source", "again"), [("page:x", True), ("sms", False), ("provider", False)])
def test_only_a_stop_made_on_a_page_is_undone_on_a_page(session: Session, source: str, again: bool) -> None:
    enrolment = factories.make_enrolment(session, phone="+33639981234")
    contacts.opt_out(session, phone="+33639981234", now=OPENS, source=source)

    started = departures.start_again(session, enrolment=enrolment, actor=patient_of(enrolment), now=OPENS)

    assert started is again
    assert contacts.opted_out(session, phone="+33639981234") is not again
