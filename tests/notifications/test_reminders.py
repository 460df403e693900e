"""What is owed, and until when."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from notifications import reminders
from notifications.models import Message
from questionnaires.models import Checkin
from records import enrolment
from records.audit import SYSTEM
from records.models import Enrolment, EnrolmentState
from tests import factories
from tests.notifications.conftest import OPENS, SILENT, make_checkin, messages

HOUR = timedelta(hours=1)


def owed(session: Session, now: datetime) -> dict[str, Message]:
    reminders.owe(session, now=now)
    session.commit()
    return {message.purpose: message for message in messages(session).values()}


def test_a_check_in_owes_its_text_when_it_opens_and_not_before(session: Session, checkin: Checkin) -> None:
    assert owed(session, OPENS - timedelta(seconds=1)) == {}
    text = owed(session, OPENS)["checkin"]
    assert text.key == f"checkin:{checkin.public_id}"
    assert (text.next_try_at, text.expires_at) == (OPENS, OPENS + 2 * HOUR)


def test_reminders_are_owed_at_two_and_four_hours_and_end_when_they_mean_nothing(
    session: Session, checkin: Checkin
) -> None:
    assert set(owed(session, OPENS + 2 * HOUR - timedelta(seconds=1))) == {"checkin"}
    first = owed(session, OPENS + 2 * HOUR)["first-reminder"]
    assert (first.next_try_at, first.expires_at) == (OPENS + 2 * HOUR, SILENT)
    assert "second-reminder" not in owed(session, SILENT - HOUR - timedelta(seconds=1))
    second = owed(session, SILENT - HOUR)["second-reminder"]
    assert (second.next_try_at, second.expires_at) == (SILENT, SILENT + HOUR)


def test_owing_again_owes_nothing_new(session: Session, checkin: Checkin) -> None:
    first = reminders.owe(session, now=SILENT - HOUR)
    assert (first, reminders.owe(session, now=SILENT - HOUR)) == (3, 0)


@pytest.mark.parametrize("state", ["answered", "missed", "cancelled"])
def test_a_check_in_that_is_over_owes_nothing(session: Session, checkin: Checkin, state: str) -> None:
    checkin.state = state
    session.commit()
    assert owed(session, OPENS + 2 * HOUR) == {}


@pytest.mark.parametrize("state", [EnrolmentState.PAUSED, EnrolmentState.DISCHARGED])
def test_nothing_is_owed_to_somebody_who_is_not_followed_now(session: Session, state: EnrolmentState) -> None:
    make_checkin(session, factories.make_enrolment(session, state))
    session.commit()
    assert owed(session, OPENS) == {}


def test_a_short_check_in_ends_its_text_when_it_closes(session: Session) -> None:
    make_checkin(session, factories.make_enrolment(session), slot="extra-1", closes_at=OPENS + HOUR)
    session.commit()
    assert owed(session, OPENS + HOUR - timedelta(seconds=1))["checkin"].expires_at == OPENS + HOUR
    assert set(owed(session, OPENS + 2 * HOUR)) == {"checkin"}


def test_an_invited_patient_is_owed_one_invitation_for_a_day(session: Session) -> None:
    enrolment = factories.make_enrolment(session, EnrolmentState.INVITED)
    session.commit()
    invited_at = enrolment.invited_at
    assert invited_at is not None
    text = owed(session, invited_at)["invitation"]
    assert text.expires_at == invited_at + timedelta(hours=24)
    assert reminders.owe(session, now=invited_at + HOUR) == 0


def test_an_invitation_that_was_written_down_is_not_owed_again(session: Session) -> None:
    enrolment = factories.make_enrolment(session, EnrolmentState.INVITED)
    session.commit()
    assert reminders.owe(session, now=factories.NOW) == 1

    enrolment.invitation_told_at = None  # as an older version of the service left it

    assert reminders.owe(session, now=factories.NOW + HOUR) == 0
    session.refresh(enrolment)
    assert enrolment.invitation_told_at == enrolment.invited_at


def test_invitations_are_written_down_in_portions_and_past_what_another_worker_holds(
    session: Session, sessions: sessionmaker[Session]
) -> None:
    held, *others = [factories.make_enrolment(session, EnrolmentState.INVITED) for _ in range(4)]
    session.commit()

    with sessions() as other:
        other.get_one(Enrolment, held.id, with_for_update={"of": Enrolment})
        portions = [reminders.owe(session, now=factories.NOW, limit=2) for _ in range(3)]
    session.commit()

    assert portions == [2, 1, 0]
    assert {message.enrolment_id for message in session.scalars(select(Message))} == {one.id for one in others}
    assert reminders.owe(session, now=factories.NOW) == 1


def test_inviting_again_is_another_text(session: Session) -> None:
    enrolment = factories.make_enrolment(session, EnrolmentState.INVITED)
    session.commit()
    assert reminders.owe(session, now=factories.NOW) == 1
    enrolment.invited_at = factories.NOW + HOUR
    session.flush()
    assert reminders.owe(session, now=factories.NOW + HOUR) == 1


def test_after_an_outage_nothing_old_goes_out(
    session: Session, checkin: Checkin, provider: object, beat: Callable[..., dict[str, int]]
) -> None:
    counts = beat(SILENT - timedelta(minutes=30))
    assert (counts["owed"], counts["expired"], counts["accepted"]) == (3, 1, 1)
    assert {m.purpose: m.status for m in messages(session).values()} == {
        "checkin": "expired",
        "first-reminder": "accepted",
        "second-reminder": "queued",
    }


def test_a_whole_morning_sends_each_text_once(
    session: Session, checkin: Checkin, provider: object, beat: Callable[..., dict[str, int]]
) -> None:
    for minute in range(-10, 6 * 60, 10):
        now = OPENS + timedelta(minutes=minute)
        if now >= SILENT and checkin.state == "open":
            checkin.state, checkin.closed_at = "missed", now
            session.commit()
        beat(now)
    sent = {m.purpose: m.sent_at for m in messages(session).values()}
    assert sent == {"checkin": OPENS, "first-reminder": OPENS + 2 * HOUR, "second-reminder": SILENT}
    assert len(provider.taken) == 3  # type: ignore[attr-defined]


def test_an_invitation_sent_again_owes_another_text(session: Session) -> None:
    invited = factories.make_enrolment(session, EnrolmentState.INVITED)
    first = owed(session, invited.invited_at)["invitation"].key
    enrolment.invite_again(session, enrolment=invited, actor=SYSTEM, now=invited.invited_at + HOUR)

    assert reminders.owe(session, now=invited.invited_at) == 1
    keys = session.scalars(select(Message.key)).all()
    assert len(set(keys)) == 2
    assert first in keys
