"""Wherever the worker dies, a patient gets one text at most, and the message ends somewhere."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session, sessionmaker

from notifications import outbox, receipts, reminders, settling
from notifications.delivery import deliver_batch
from notifications.handover import Delivery
from notifications.models import MessageStatus
from notifications.providers import LookUp, LookUpKind, Outcome, OutcomeKind, Text
from questionnaires.models import Checkin
from records.models import Contact
from tests.notifications.conftest import OPENS, URL, Killed, Scripted, answers, only

Beat = Callable[..., dict[str, int]]
LATER = OPENS + outbox.SENDING_LASTS + timedelta(seconds=1)


def outcome_told(session: Session, checkin: Checkin) -> list[str]:
    told = sa.select(Contact.outcome).where(Contact.about == checkin.public_id).order_by(Contact.at, Contact.id)
    return list(session.scalars(told))


def test_sending_is_on_disk_before_the_provider_is_called_and_no_transaction_is_open(
    session: Session, sessions: sessionmaker[Session], checkin: Checkin, provider: Scripted, beat: Beat
) -> None:
    seen: list[tuple[str, int]] = []

    def look(text: Text) -> Outcome:
        with sessions() as other:
            message = only(other)
            seen.append((message.status, message.tries))
            assert other.get(type(message), message.id, with_for_update={"nowait": True}) is not None
        return provider.take(text)

    provider.next.append(look)
    beat(OPENS)
    assert seen == [("sending", 1)]


def test_a_worker_killed_after_claiming_loses_nothing(
    session: Session, sessions: sessionmaker[Session], checkin: Checkin, provider: Scripted, beat: Beat
) -> None:
    reminders.owe(session, now=OPENS)
    outbox.claim(session, worker="killed", now=OPENS)
    session.commit()
    assert beat(OPENS + timedelta(minutes=1)) == {}
    assert beat(OPENS + outbox.CLAIM_LASTS) == {"released": 1, "accepted": 1}
    assert len(provider.taken) == 1


@pytest.mark.parametrize("taken_over", [True, False])
def test_a_worker_killed_while_sending_leaves_a_doubt_and_never_a_second_text(
    session: Session, checkin: Checkin, provider: Scripted, beat: Beat, taken_over: bool
) -> None:
    provider.next.append(provider.dies_after_taking_over if taken_over else provider.dies_before_taking_over)
    with pytest.raises(Killed):
        beat(OPENS)
    assert only(session).status == "sending"
    assert beat(OPENS + timedelta(seconds=30)) == {}
    beat(LATER)
    expected = ("accepted", "sent") if taken_over else ("unknown", "unknown")
    assert (only(session).status, outcome_told(session, checkin)[-1]) == expected
    for minute in range(3, 100, 8):
        beat(OPENS + timedelta(minutes=minute))
    assert len(provider.taken) == (1 if taken_over else 0)
    message = only(session)
    if taken_over:
        assert (message.status, message.provider_id) == ("accepted", f"SM{message.public_id.hex}")
    else:
        assert (message.status, message.reason) == ("unknown-final", "not-at-provider")
        assert outcome_told(session, checkin) == ["unknown"]


def test_the_provider_is_asked_with_the_very_text_that_was_sent(
    session: Session, checkin: Checkin, provider: Scripted, beat: Beat
) -> None:
    provider.next.append(provider.dies_after_taking_over)
    with pytest.raises(Killed):
        beat(OPENS)
    beat(LATER)
    assert provider.asked == provider.taken


def test_a_lost_answer_is_looked_up_after_a_minute(
    session: Session, checkin: Checkin, provider: Scripted, beat: Beat
) -> None:
    provider.next.append(provider.loses_its_answer)
    assert beat(OPENS) == {"owed": 1, "unknown": 1}
    assert outcome_told(session, checkin) == ["unknown"]
    assert beat(OPENS + settling.FIRST_LOOK_AFTER - timedelta(seconds=1)) == {}
    assert beat(OPENS + settling.FIRST_LOOK_AFTER) == {"looked-up-accepted": 1}
    assert outcome_told(session, checkin) == ["sent"]


def test_absence_is_believed_only_after_ten_minutes(
    session: Session, checkin: Checkin, provider: Scripted, beat: Beat
) -> None:
    provider.next.append(answers(OutcomeKind.UNKNOWN, "ReadTimeout"))
    beat(OPENS)
    assert beat(OPENS + timedelta(minutes=5)) == {"looked-up-unknown": 1}
    assert beat(OPENS + timedelta(minutes=10)) == {"looked-up-unknown-final": 1}


def test_a_provider_that_cannot_be_asked_ends_the_doubt_as_a_doubt(
    session: Session, checkin: Checkin, provider: Scripted, beat: Beat
) -> None:
    provider.next.append(provider.loses_its_answer)
    provider.known = LookUp(LookUpKind.IMPOSSIBLE)
    beat(OPENS)
    beat(OPENS + timedelta(minutes=5))
    message = only(session)
    assert (message.status, message.reason) == ("unknown-final", "no-look-up")
    assert len(provider.taken) == 1


def test_looking_up_is_given_up_after_a_day(session: Session, checkin: Checkin, provider: Scripted, beat: Beat) -> None:
    provider.next.append(provider.loses_its_answer)
    provider.known = LookUp(LookUpKind.UNABLE)
    beat(OPENS)
    checkin.state = "answered"
    session.commit()
    beat(OPENS + timedelta(hours=23))
    assert only(session).status == "unknown"
    beat(OPENS + timedelta(hours=24))
    assert (only(session).status, only(session).reason) == ("unknown-final", "provider-unreachable")


def test_a_provider_that_fails_unforeseen_is_a_doubt_and_the_next_text_goes_out(
    session: Session, checkin: Checkin, provider: Scripted, beat: Beat
) -> None:
    def fails(_: Text) -> Outcome:
        raise KeyError("unforeseen")

    provider.next.append(fails)
    assert beat(OPENS) == {"owed": 1, "unknown": 1}
    assert only(session).reason == "KeyError"


def test_a_claim_that_was_taken_back_is_not_sent_by_its_first_holder(
    session: Session, sessions: sessionmaker[Session], checkin: Checkin, provider: Scripted
) -> None:
    reminders.owe(session, now=OPENS)
    claim = outbox.claim(session, worker="slow", now=OPENS)
    session.commit()
    late = OPENS + outbox.CLAIM_LASTS
    outbox.release_leases(session, now=late)
    session.commit()
    deliver_batch(Delivery(sessions, provider, URL, lambda: late), worker="other")
    assert not outbox.start_sending(session, message_ids=claim.message_ids, token=claim.token, provider="slow", at=late)
    assert len(provider.taken) == 1


def test_two_workers_that_take_claims_back_at_once_do_not_wait_for_each_other(
    session: Session, sessions: sessionmaker[Session], checkin: Checkin
) -> None:
    reminders.owe(session, now=OPENS)
    outbox.claim(session, worker="gone", now=OPENS)
    session.commit()
    late = OPENS + outbox.CLAIM_LASTS
    assert outbox.release_leases(session, now=late) == 1

    with sessions() as other:
        other.execute(sa.text("SET LOCAL lock_timeout = '50ms'"))
        assert outbox.release_leases(other, now=late) == 0


def test_a_claim_that_another_worker_holds_is_not_started_by_its_first_holder(
    session: Session, checkin: Checkin
) -> None:
    reminders.owe(session, now=OPENS)
    first = outbox.claim(session, worker="w", now=OPENS)
    late = OPENS + outbox.CLAIM_LASTS
    outbox.release_leases(session, now=late)
    second = outbox.claim(session, worker="w", now=late)
    started = [
        outbox.start_sending(session, message_ids=second.message_ids, token=claim.token, provider="p", at=late)
        for claim in (first, second)
    ]
    assert started == [frozenset(), frozenset(second.message_ids)]


@pytest.mark.parametrize("kind", [OutcomeKind.ACCEPTED, OutcomeKind.RETRY, OutcomeKind.UNKNOWN, OutcomeKind.REFUSED])
def test_a_receipt_that_overtakes_the_answer_is_not_undone(
    session: Session,
    sessions: sessionmaker[Session],
    checkin: Checkin,
    provider: Scripted,
    beat: Beat,
    kind: OutcomeKind,
) -> None:
    def delivered_meanwhile(text: Text) -> Outcome:
        with sessions.begin() as other:
            receipts.apply(
                other,
                message_public_id=text.message_public_id,
                provider_status="delivered",
                error_code=None,
                now=OPENS,
            )
        provider.take(text)
        return Outcome(kind, provider_id="SM1")

    provider.next.append(delivered_meanwhile)
    beat(OPENS)
    beat(OPENS + timedelta(minutes=5))
    message = only(session)
    assert (message.status, message.provider_id) == (MessageStatus.DELIVERED, "SM1")
    assert outcome_told(session, checkin) == ["delivered"]
    assert len(provider.taken) == 1
