"""The code before the history: six digits, once, for ten minutes, of this follow-up and of no other."""

from __future__ import annotations

import threading
import uuid
from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from records import doors, housekeeping, second_factor
from records.models import AuditEntry, Enrolment, EnteredBy, PatientCode, PatientSession
from records.second_factor import AGAIN_AFTER, CODE_LASTS, OPEN_FOR, CodeJustSent, TooManyCodes
from records.throttles import LIMITS, Door, TooManyTries
from tests.factories import NOW, make_enrolment

SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)
SEED = uuid.UUID("0b8f3c52-6a5e-4f0e-9f59-0a8d4f2f7c11")


@pytest.fixture
def enrolment(session: Session) -> Enrolment:
    return make_enrolment(session)


def come_in(session: Session, enrolment: Enrolment, by: EnteredBy = EnteredBy.CHECKIN) -> PatientSession:
    token = doors.start_session(session, enrolment=enrolment, now=NOW, entered_by=by)
    found = doors.session_of(session, token=token, now=NOW)
    assert found is not None
    session.commit()
    return found


def send(session: Session, enrolment: Enrolment, *, now: object = NOW) -> str:
    seed = uuid.uuid4()
    second_factor.issue(session, enrolment=enrolment, seed=seed, now=now)  # type: ignore[arg-type]
    session.commit()
    return second_factor.code_for(seed)


def wrong(code: str) -> str:
    return f"{(int(code) + 1) % 10**6:06}"


def opens(session: Session, visit: PatientSession, typed: str, *, now: object = NOW) -> bool:
    opened = second_factor.open_history(session, patient_session=visit, typed=typed, now=now)  # type: ignore[arg-type]
    session.commit()
    return opened


def is_open(session: Session, visit: PatientSession, now: object) -> bool:
    session.refresh(visit)
    return second_factor.is_open(visit, now)  # type: ignore[arg-type]


def test_the_code_opens_the_history_for_a_quarter_of_an_hour(session: Session, enrolment: Enrolment) -> None:
    visit = come_in(session, enrolment)
    code = send(session, enrolment)

    assert not is_open(session, visit, NOW)
    assert opens(session, visit, code)
    assert is_open(session, visit, NOW)
    assert is_open(session, visit, NOW + OPEN_FOR - SECOND)
    assert not is_open(session, visit, NOW + OPEN_FOR)


def test_a_code_is_six_digits_and_the_same_each_time_its_text_is_written(migrated_app: Flask) -> None:
    codes = [second_factor.code_for(uuid.UUID(int=n)) for n in range(2000)]

    assert all(len(code) == 6 and code.isascii() and code.isdigit() for code in codes)
    assert len(set(codes)) > 1950, "spread over the million"
    assert second_factor.code_for(SEED) == second_factor.code_for(SEED)


@pytest.mark.parametrize("typed", ["{} ", "{:.3} {:.3}", " {:.3}-{:.3}"])
def test_a_code_may_be_typed_in_groups(session: Session, enrolment: Enrolment, typed: str) -> None:
    visit, code = come_in(session, enrolment), send(session, enrolment)

    assert opens(session, visit, typed.format(code[:6] if "{} " in typed else code[:3], code[3:]))


def test_what_is_stored_does_not_tell_the_code(session: Session, enrolment: Enrolment) -> None:
    code = send(session, enrolment)
    kept = session.scalars(sa.select(PatientCode)).one()

    assert code.encode() not in kept.code_digest
    assert kept.ends_at == NOW + CODE_LASTS


def test_a_code_is_used_once(session: Session, enrolment: Enrolment) -> None:
    visit, other = come_in(session, enrolment), come_in(session, enrolment)
    code = send(session, enrolment)

    assert opens(session, visit, code)
    assert not opens(session, visit, code)
    assert not opens(session, other, code)
    assert not is_open(session, other, NOW)


def test_a_code_ends_after_ten_minutes(session: Session, enrolment: Enrolment) -> None:
    visit, code = come_in(session, enrolment), send(session, enrolment)

    assert not opens(session, visit, code, now=NOW + CODE_LASTS)
    assert opens(session, visit, code, now=NOW + CODE_LASTS - SECOND)


def test_the_first_of_two_codes_still_opens_and_takes_the_second_with_it(
    session: Session, enrolment: Enrolment
) -> None:
    visit = come_in(session, enrolment)
    first = send(session, enrolment)
    second = send(session, enrolment, now=NOW + AGAIN_AFTER)

    assert opens(session, visit, first, now=NOW + 2 * MINUTE)
    assert not opens(session, visit, second, now=NOW + 2 * MINUTE)


def test_a_code_of_somebody_else_on_the_same_telephone_opens_nothing(session: Session) -> None:
    mine, theirs = (make_enrolment(session, phone="+33639981234") for _ in range(2))
    visit, code = come_in(session, mine), send(session, theirs)

    assert not opens(session, visit, code)
    assert opens(session, come_in(session, theirs), code)


@pytest.mark.parametrize(
    ("entered", "counts"), [(EnteredBy.CHECKIN, True), (EnteredBy.INVITATION, False), (EnteredBy.CODE, False)]
)
def test_the_entrance_code_is_a_second_factor_only_beside_the_link_of_a_check_in(
    session: Session, enrolment: Enrolment, entered: EnteredBy, counts: bool
) -> None:
    visit = come_in(session, enrolment, entered)
    paper = doors.code_of(enrolment)
    assert paper is not None

    assert opens(session, visit, paper.lower()) is counts
    assert is_open(session, visit, NOW) is counts


def test_the_entrance_code_of_somebody_else_opens_nothing(session: Session, enrolment: Enrolment) -> None:
    theirs = doors.code_of(make_enrolment(session))

    assert not opens(session, come_in(session, enrolment), theirs or "")


@pytest.mark.parametrize("typed", ["", " ", "12345", "1234567", "x" * 10_000, "٠٠٠٠٠٠", "000000\n", "-1", "NULL", "\0"])
def test_no_other_text_opens_the_history(session: Session, enrolment: Enrolment, typed: str) -> None:
    assert not opens(session, come_in(session, enrolment), typed)


def test_tries_are_counted_across_sessions_and_then_even_the_right_code_waits(
    session: Session, enrolment: Enrolment
) -> None:
    code = send(session, enrolment)
    tries, window = LIMITS[Door.HISTORY]
    for _ in range(tries):
        assert not opens(session, come_in(session, enrolment), wrong(code))

    with pytest.raises(TooManyTries):
        opens(session, come_in(session, enrolment), code)
    session.commit()

    later = NOW + window
    fresh = send(session, enrolment, now=later)
    assert opens(session, come_in(session, enrolment), fresh, now=later)


def test_a_code_that_opened_forgives_the_tries_before_it(session: Session, enrolment: Enrolment) -> None:
    visit, code = come_in(session, enrolment), send(session, enrolment)
    for _ in range(LIMITS[Door.HISTORY][0] - 1):
        opens(session, visit, wrong(code))

    assert opens(session, visit, code)
    assert not opens(session, visit, wrong(code)), "counted from the beginning again"


def test_another_code_waits_a_minute_and_a_day_has_only_so_many(session: Session, enrolment: Enrolment) -> None:
    send(session, enrolment)
    with pytest.raises(CodeJustSent):
        send(session, enrolment, now=NOW + AGAIN_AFTER - SECOND)
    session.rollback()

    most = LIMITS[Door.HISTORY_CODE][0]
    for n in range(1, most):
        send(session, enrolment, now=NOW + n * AGAIN_AFTER)
    with pytest.raises(TooManyCodes):
        send(session, enrolment, now=NOW + most * AGAIN_AFTER)
    session.rollback()
    send(session, make_enrolment(session), now=NOW + most * AGAIN_AFTER)


def test_a_session_that_ended_in_the_middle_opens_nothing(session: Session, enrolment: Enrolment) -> None:
    visit, code = come_in(session, enrolment), send(session, enrolment)
    doors.end_session(session, patient_session=visit, now=NOW)
    session.commit()

    assert not opens(session, visit, code)
    assert not is_open(session, visit, NOW)


def test_closing_shuts_the_history_at_once(session: Session, enrolment: Enrolment) -> None:
    visit = come_in(session, enrolment)
    opens(session, visit, send(session, enrolment))

    second_factor.close_history(session, patient_session=visit)
    session.commit()

    assert not is_open(session, visit, NOW)


def test_a_clock_set_back_leaves_no_history_open_for_longer(session: Session, enrolment: Enrolment) -> None:
    visit = come_in(session, enrolment)
    opens(session, visit, send(session, enrolment))

    assert not is_open(session, visit, NOW - SECOND)


def test_opening_is_an_act_of_the_patient_and_says_by_what(session: Session, enrolment: Enrolment) -> None:
    opens(session, come_in(session, enrolment), send(session, enrolment))

    acts = sa.select(AuditEntry.canonical).where(AuditEntry.subject_id == enrolment.public_id).order_by(AuditEntry.id)
    last = bytes(session.scalars(acts).all()[-1]).decode()
    assert '"action":"patient.history-opened"' in last
    assert '"by":"text"' in last
    assert str(enrolment.patient.public_id) in last


def test_of_two_who_type_one_code_at_once_one_gets_in(
    session: Session, engine: sa.Engine, enrolment: Enrolment
) -> None:
    visits, code = [come_in(session, enrolment).id for _ in range(2)], send(session, enrolment)
    barrier, opened = threading.Barrier(2, timeout=10), []

    def type_it(visit: int) -> None:
        with Session(engine) as own:
            mine = own.get_one(PatientSession, visit)
            barrier.wait()
            opened.append(second_factor.open_history(own, patient_session=mine, typed=code, now=NOW))
            own.commit()

    threads = [threading.Thread(target=type_it, args=(visit,)) for visit in visits]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)

    assert sorted(opened) == [False, True]


def test_two_requests_at_once_make_one_code(session: Session, engine: sa.Engine, enrolment: Enrolment) -> None:
    known, barrier, made = enrolment.id, threading.Barrier(2, timeout=10), []
    session.commit()

    def ask() -> None:
        with Session(engine) as own:
            mine = own.get_one(Enrolment, known)
            barrier.wait()
            try:
                second_factor.issue(own, enrolment=mine, seed=uuid.uuid4(), now=NOW)
                made.append("sent")
            except CodeJustSent:
                made.append("just sent")
            own.commit()

    threads = [threading.Thread(target=ask) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)

    assert sorted(made) == ["just sent", "sent"]
    assert session.scalar(sa.select(sa.func.count()).select_from(PatientCode)) == 1


def test_old_codes_are_tidied_away(session: Session, enrolment: Enrolment) -> None:
    send(session, enrolment)
    housekeeping.tidy(session, now=NOW + timedelta(days=29))
    assert session.scalar(sa.select(sa.func.count()).select_from(PatientCode)) == 1

    housekeeping.tidy(session, now=NOW + timedelta(days=31))
    assert session.scalar(sa.select(sa.func.count()).select_from(PatientCode)) == 0


def test_the_link_of_each_text_says_how_somebody_came_in(migrated_app: Flask) -> None:
    links = {kind: doors.make_link(kind, SEED) for kind in ("checkin", "invite")}

    assert doors.entered_by(links["checkin"]) is EnteredBy.CHECKIN
    assert doors.entered_by(links["invite"]) is EnteredBy.INVITATION
