"""A patient asks to be called: one orange request at a time, in the call-back that stands."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from records.audit import Actor
from records.models import AuditEntry, Enrolment
from tests.factories import NOW, make_enrolment
from triage import asked, reasons
from triage.levels import Level
from triage.models import Alert, AlertKind, Callback

SHUT = NOW.replace(hour=22)


def ask(session: Session, enrolment: Enrolment, why: str = "worse", *, now: object = NOW) -> Alert:
    actor = Actor.patient(enrolment.patient)
    found = asked.ask_for_call(session, enrolment=enrolment, why=why, actor=actor, now=now)  # type: ignore[arg-type]
    session.commit()
    return found


@pytest.mark.parametrize("state", ["active", "paused", "discharged"])
def test_a_request_is_an_orange_call_back_within_its_target(session: Session, state: str) -> None:
    enrolment = make_enrolment(session, state)
    request = ask(session, enrolment)

    callback = session.scalars(sa.select(Callback)).one()
    assert (request.kind, request.rank, callback.rank) == (AlertKind.ASKED, Level.ORANGE, Level.ORANGE)
    assert request.due_at == NOW + timedelta(minutes=enrolment.programme.orange_minutes)


def test_outside_hours_it_is_due_after_the_next_opening(session: Session) -> None:
    request = ask(session, make_enrolment(session), now=SHUT)

    assert request.due_at == SHUT.replace(hour=7) + timedelta(days=1, minutes=120), "08:00 in Paris, and two hours"


def test_asking_again_while_one_stands_adds_nothing(session: Session) -> None:
    enrolment = make_enrolment(session)

    assert ask(session, enrolment).id == ask(session, enrolment, "question").id
    assert session.scalar(sa.select(sa.func.count()).select_from(Alert)) == 1


def test_once_it_is_dealt_with_another_may_be_asked_for(session: Session) -> None:
    enrolment = make_enrolment(session)
    first = ask(session, enrolment)
    first.closed_at = NOW
    session.commit()

    assert ask(session, enrolment).id != first.id


@pytest.mark.parametrize("why", [*asked.Why, "", "nonsense"])
def test_the_caller_reads_why_in_words(session: Session, why: str) -> None:
    request = ask(session, make_enrolment(session), why)

    for language in ("en", "fr", "ar"):
        (said,) = reasons.words({"reasons": request.reasons}, language)
        assert said
        assert "asked-" not in said
    assert "without saying why" in reasons.words({"reasons": request.reasons}, "en")[0] or why in set(asked.Why)


def test_it_is_an_act_of_the_patient_written_once(session: Session) -> None:
    enrolment = make_enrolment(session)
    ask(session, enrolment)
    ask(session, enrolment)

    kept = session.scalars(sa.select(AuditEntry.canonical).where(AuditEntry.subject_id == enrolment.public_id))
    acts = [bytes(one).decode() for one in kept]
    mine = [act for act in acts if "patient.asked-to-be-called" in act]
    assert len(mine) == 1
    assert str(enrolment.patient.public_id) in mine[0]


def test_two_requests_at_once_are_one(session: Session, engine: sa.Engine) -> None:
    enrolment = make_enrolment(session)
    known, barrier = enrolment.id, threading.Barrier(2, timeout=10)
    session.commit()

    def press() -> None:
        with Session(engine) as own:
            mine = own.get_one(Enrolment, known)
            barrier.wait()
            ask(own, mine)

    threads = [threading.Thread(target=press) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)

    assert session.scalar(sa.select(sa.func.count()).select_from(Alert)) == 1
    assert session.scalar(sa.select(sa.func.count()).select_from(Callback)) == 1
