"""What a provider's refusal, a broken row, a cap or another worker does to the outbox; and the console."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session, sessionmaker

from notifications import outbox, reminders, settling
from notifications.models import ConsoleMessage, Message
from notifications.providers import OutcomeKind
from notifications.providers.console import ConsoleInProduction, ConsoleProvider, masked
from questionnaires.models import Checkin
from records import patients
from records.crypto import Sealed
from records.models import Contact, Enrolment, Patient
from tests import factories
from tests.notifications.conftest import OPENS, Scripted, answers, make_checkin, messages, only

Beat = Callable[..., dict[str, int]]
MINUTE = timedelta(minutes=1)


def contact(session: Session) -> Contact:
    session.rollback()
    return session.scalars(select(Contact)).one()


@pytest.mark.parametrize("tries", range(1, 9))
def test_a_refusal_for_now_waits_by_the_table(
    session: Session, checkin: Checkin, provider: Scripted, beat: Beat, tries: int
) -> None:
    provider.next.append(answers(OutcomeKind.RETRY, "twilio-20429"))
    reminders.owe(session, now=OPENS)
    session.execute(update(Message).values(tries=tries - 1))
    session.commit()
    assert beat(OPENS)["queued"] == 1
    message = only(session)
    wait = settling.BACK_OFF[min(tries, len(settling.BACK_OFF)) - 1]
    assert (message.status, message.reason, message.next_try_at) == ("queued", "twilio-20429", OPENS + wait)
    assert beat(OPENS + wait - timedelta(seconds=1)) == {}
    assert beat(OPENS + wait)["accepted"] == 1


def test_the_tries_end_when_the_text_expires(
    session: Session, checkin: Checkin, provider: Scripted, beat: Beat
) -> None:
    provider.next.extend([answers(OutcomeKind.RETRY, "twilio-20500")] * 50)
    for minute in range(125):
        beat(OPENS + minute * MINUTE)
    text = messages(session)[f"checkin:{checkin.public_id}"]
    assert (text.status, text.reason) == ("expired", "twilio-20500")
    assert provider.taken == []
    assert text.tries < 12


def test_a_final_refusal_is_told_to_triage_and_not_tried_again(
    session: Session, checkin: Checkin, provider: Scripted, beat: Beat
) -> None:
    provider.next.append(answers(OutcomeKind.REFUSED, "twilio-21614"))
    beat(OPENS)
    message = only(session)
    assert (message.status, message.reason) == ("refused", "twilio-21614")
    assert contact(session).outcome == "failed"
    assert beat(OPENS + 30 * MINUTE) == {}


def test_one_row_that_does_not_open_stops_nobody(session: Session, provider: Scripted, beat: Beat) -> None:
    broken, whole = (factories.make_enrolment(session) for _ in range(2))
    for enrolment in (broken, whole):
        make_checkin(session, enrolment)
    session.execute(
        update(Patient).where(Patient.id == broken.patient_id).values(phone=Sealed(bytes(whole.patient.phone or b"")))
    )
    session.commit()
    assert beat(OPENS) == {"owed": 2, "accepted": 1, "postponed": 1}
    waiting = [m for m in messages(session).values() if m.status == "queued"]
    assert [(m.enrolment_id, m.reason) for m in waiting] == [(broken.id, "not-written")]


def test_the_daily_cap_counts_every_text_that_may_have_gone_out(
    session: Session, provider: Scripted, beat: Beat
) -> None:
    enrolment = factories.make_enrolment(session)
    for n in range(8):
        make_checkin(session, enrolment, slot=f"extra-{n}")
    session.commit()
    assert beat(OPENS) == {"owed": 8, "accepted": 6, "dropped": 2}
    make_checkin(session, enrolment, opens_at=OPENS + timedelta(hours=2), slot="late")
    session.execute(update(Checkin).where(Checkin.slot != "late").values(state="answered"))
    session.commit()
    assert beat(OPENS + timedelta(hours=2))["dropped"] == 1


def test_two_workers_on_one_outbox_never_send_twice(
    session: Session, sessions: sessionmaker[Session], provider: Scripted, beat: Beat
) -> None:
    for _ in range(60):
        make_checkin(session, factories.make_enrolment(session))
    reminders.owe(session, now=OPENS)
    session.commit()
    together = threading.Barrier(3)
    failures: list[BaseException] = []

    def work(name: str) -> None:
        try:
            together.wait(30)
            for _ in range(5):
                beat(OPENS, worker=name)
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=work, args=(f"w{n}",)) for n in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert len(provider.messages) == len(set(provider.messages)) == 60
    assert {m.status for m in messages(session).values()} == {"accepted"}


def test_a_claim_is_given_to_one_worker_only(session: Session, sessions: sessionmaker[Session]) -> None:
    for _ in range(3):
        make_checkin(session, factories.make_enrolment(session))
    reminders.owe(session, now=OPENS)
    session.commit()
    with sessions() as one, sessions() as two:
        first = outbox.claim(one, worker="w", now=OPENS, limit=2)
        second = outbox.claim(two, worker="w", now=OPENS, limit=5)
        assert (len(first.message_ids), len(second.message_ids)) == (2, 1)
        assert not set(first.message_ids) & set(second.message_ids)
        assert first.token != second.token


def test_what_is_over_is_neither_claimed_nor_started(session: Session, checkin: Checkin) -> None:
    reminders.owe(session, now=OPENS)
    session.commit()
    over = only(session).expires_at
    assert outbox.claim(session, worker="w", now=over).message_ids == ()
    claim = outbox.claim(session, worker="w", now=over - MINUTE)

    started = [
        outbox.start_sending(session, message_ids=claim.message_ids, token=claim.token, provider="p", at=at)
        for at in (over, over - MINUTE)
    ]

    assert started == [frozenset(), frozenset(claim.message_ids)]


def test_the_console_prints_no_number_and_keeps_the_text_for_the_demonstration(
    session: Session,
    sessions: sessionmaker[Session],
    checkin: Checkin,
    beat: Beat,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert beat(OPENS, provider=ConsoleProvider(sessions)) == {"owed": 1, "delivered": 1}
    enrolment = session.get(Enrolment, checkin.enrolment_id)
    assert enrolment is not None
    phone = str(patients.reveal(enrolment.patient).phone)
    printed = capsys.readouterr().out
    assert phone not in printed
    assert "/q/" not in printed
    shown = session.scalars(select(ConsoleMessage)).one()
    assert shown.recipient == masked(phone) == f"+33{'•' * 7}{phone[-2:]}"
    assert "/q/" in shown.body


def test_the_console_refuses_production(sessions: sessionmaker[Session]) -> None:
    with pytest.raises(ConsoleInProduction):
        ConsoleProvider(sessions, production=True)
