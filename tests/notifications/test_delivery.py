"""From the outbox to the provider: claimed before it is sent, checked again, settled once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session, sessionmaker

from notifications import reminders
from notifications.providers import Outcome, Text
from questionnaires.models import Checkin
from records import contacts, doors, patients
from records.models import Contact, EndReason, Enrolment, EnrolmentState, Patient
from tests import factories
from tests.notifications.conftest import OPENS, URL, Scripted, make_checkin, messages, only

Beat = Callable[..., dict[str, int]]
MINUTE = timedelta(minutes=1)


def contact(session: Session) -> Contact:
    session.rollback()
    return session.scalars(select(Contact)).one()


def test_a_due_text_is_sent_with_its_link_and_settled(
    session: Session, checkin: Checkin, provider: Scripted, beat: Beat
) -> None:
    assert beat(OPENS) == {"owed": 1, "accepted": 1}
    (text,) = provider.taken
    enrolment = session.get(Enrolment, checkin.enrolment_id)
    assert enrolment is not None
    assert text.to == patients.reveal(enrolment.patient).phone
    assert f"{URL}/q/{doors.make_link('checkin', checkin.public_id)} " in text.body
    message = only(session)
    assert text.callback_url == f"{URL}/hooks/twilio/status/{message.public_id}"
    assert (message.status, message.provider, message.tries) == ("accepted", "scripted", 1)
    assert message.provider_id == f"SM{message.public_id.hex}"
    assert beat(OPENS + MINUTE) == {}


def test_triage_can_read_what_was_tried(session: Session, checkin: Checkin, beat: Beat) -> None:
    beat(OPENS)
    told = contact(session)
    assert (told.source, told.about) == (only(session).public_id, checkin.public_id)
    assert (told.channel, told.purpose, told.outcome, told.at) == ("sms", "checkin", "sent", OPENS)


def test_an_invitation_carries_the_link_and_the_code(session: Session, provider: Scripted, beat: Beat) -> None:
    enrolment = factories.make_enrolment(session, EnrolmentState.INVITED)
    session.commit()
    beat(factories.NOW)
    (text,) = provider.taken
    assert f"/q/{doors.make_link('invite', enrolment.public_id)} " in text.body
    assert str(doors.code_of(enrolment)) in text.body
    assert contact(session).about == enrolment.public_id


def _answer(session: Session, checkin: Checkin) -> None:
    checkin.state = "answered"


def _pause(session: Session, checkin: Checkin) -> None:
    owner = factories.make_staff(session)
    values = {"state": "paused", "paused_at": OPENS, "pause_owner_id": owner.id, "pause_review_on": OPENS.date()}
    session.execute(update(Enrolment).values(values))


def _end(reason: EndReason) -> Callable[[Session, Checkin], None]:
    def end(session: Session, _: Checkin) -> None:
        session.execute(update(Enrolment).values(state="discharged", end_reason=reason, ended_at=OPENS))

    return end


def _opt_out(session: Session, checkin: Checkin) -> None:
    enrolment = session.get(Enrolment, checkin.enrolment_id)
    assert enrolment is not None
    phone = patients.reveal(enrolment.patient).phone
    assert phone is not None
    contacts.opt_out(session, phone=phone, now=OPENS, source="test")


def _lose_phone(session: Session, _: Checkin) -> None:
    session.execute(update(Patient).values(phone=None))


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (_answer, "answered"),
        (_pause, "paused"),
        (_end(EndReason.ADMITTED), "admitted"),
        (_end(EndReason.DECEASED), "deceased"),
        (_end(EndReason.WITHDREW), "withdrew"),
        (_end(EndReason.COMPLETED), "discharged"),
        (_opt_out, "opted-out"),
        (_lose_phone, "no-phone"),
    ],
)
def test_what_changed_since_it_was_owed_stops_a_text(
    session: Session,
    checkin: Checkin,
    provider: Scripted,
    beat: Beat,
    change: Callable[[Session, Checkin], None],
    reason: str,
) -> None:
    reminders.owe(session, now=OPENS)
    change(session, checkin)
    session.commit()
    assert beat(OPENS)["dropped"] == 1
    assert provider.taken == []
    message = only(session)
    assert (message.status, message.reason) == ("dropped", reason)
    assert contact(session).outcome == "not-sent"


def test_an_answer_given_while_a_batch_is_under_way_stops_its_reminder(
    session: Session, sessions: sessionmaker[Session], provider: Scripted, beat: Beat, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("notifications.delivery.FACTS_HOLD_FOR", 1)
    checkins = [make_checkin(session, factories.make_enrolment(session)) for _ in range(2)]
    last = checkins[1].id
    session.commit()

    def answered_meanwhile(text: Text) -> Outcome:
        with sessions.begin() as other:
            other.execute(update(Checkin).where(Checkin.id == last).values(state="answered"))
        return provider.take(text)

    provider.next.append(answered_meanwhile)
    assert beat(OPENS) == {"owed": 2, "accepted": 1, "dropped": 1}


def test_a_rehearsal_patient_is_never_handed_to_a_provider_that_reaches_people(
    session: Session, checkin: Checkin, beat: Beat
) -> None:
    real = Scripted(reaches_people=True)
    assert beat(OPENS, provider=real)["dropped"] == 1
    assert real.taken == []
    assert only(session).reason == "rehearsal"


def test_a_real_patient_is_written_to_by_a_real_provider(session: Session, beat: Beat) -> None:
    make_checkin(session, factories.make_enrolment(session, rehearsal=False))
    session.commit()
    real = Scripted(reaches_people=True)
    beat(OPENS, provider=real)
    assert [text.synthetic for text in real.taken] == [False]


def test_a_text_due_at_night_waits_for_the_morning_or_expires(session: Session, provider: Scripted, beat: Beat) -> None:
    night = datetime.fromisoformat("2026-03-11T23:30:00+01:00")
    enrolment = factories.make_enrolment(session, EnrolmentState.INVITED)
    enrolment.invited_at = night
    make_checkin(session, factories.make_enrolment(session), opens_at=night)
    session.commit()
    assert beat(night) == {"owed": 2, "postponed": 2}
    assert beat(night + 7 * 60 * MINUTE)["expired"] == 3
    assert provider.taken == []
    assert beat(night + 7.5 * 60 * MINUTE)["accepted"] == 1
    assert {m.purpose: m.status for m in messages(session).values()} == {
        "invitation": "accepted",
        "checkin": "expired",
        "first-reminder": "expired",
        "second-reminder": "expired",
    }


def test_an_expired_text_is_told_to_triage(session: Session, checkin: Checkin, beat: Beat) -> None:
    reminders.owe(session, now=OPENS)
    checkin.state = "missed"
    session.commit()
    assert beat(OPENS + timedelta(hours=2)) == {"expired": 1}
    assert contact(session).outcome == "not-sent"


@pytest.mark.parametrize("changed", [{"state": EnrolmentState.DISCHARGED, "end_reason": EndReason.DECEASED}])
def test_who_died_while_the_texts_of_a_batch_were_going_out_gets_none(
    session: Session, provider: Scripted, beat: Beat, changed: dict[str, object]
) -> None:
    first, second = (make_checkin(session, factories.make_enrolment(session)) for _ in range(2))
    session.commit()

    def meanwhile(text: Text) -> Outcome:
        others = Enrolment.id.in_([first.enrolment_id, second.enrolment_id])
        session.execute(update(Enrolment).where(others).values(next_checkin_at=None, **changed))
        session.commit()
        return provider.take(text)

    provider.next.append(meanwhile)

    beat(OPENS, lanes=1)
    assert len(provider.taken) == 1
    beat(OPENS + 11 * MINUTE)

    assert len(provider.taken) == 1
    assert sorted((m.status, m.reason) for m in messages(session).values()) == [
        ("accepted", None),
        ("dropped", "deceased"),
    ]


def test_a_silent_patient_asked_twice_a_day_is_still_asked_the_next_morning_also_when_clocks_go_forward(
    session: Session, provider: Scripted, beat: Beat
) -> None:
    enrolment = factories.make_enrolment(session)
    saturday = datetime.fromisoformat("2026-03-28T08:00:00+01:00")
    for opens_at in (saturday, saturday + timedelta(hours=7)):
        made = make_checkin(session, enrolment, opens_at=opens_at, slot=f"at {opens_at.hour}")
        session.commit()
        for wait in (0, 2, 4):
            beat(opens_at + timedelta(hours=wait) - MINUTE)
            beat(opens_at + timedelta(hours=wait))
        session.execute(update(Checkin).where(Checkin.id == made.id).values(state="missed"))
        session.commit()
    assert len(provider.taken) == 6
    sunday = datetime.fromisoformat("2026-03-29T08:00:00+02:00")
    make_checkin(session, enrolment, opens_at=sunday)
    session.commit()

    assert beat(sunday) == {"owed": 1, "accepted": 1}
