"""How a patient comes in: links that cannot be forged, codes that can be copied, days of birth that cannot be tried."""

from __future__ import annotations

import base64
import threading
import uuid
from datetime import date, timedelta

import pytest
import sqlalchemy as sa
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from records import codes, doors, texts
from records.doors import LinkBroken
from records.models import Enrolment, EnrolmentState, Throttle
from records.throttles import TooManyTries
from tests.factories import NOW, make_enrolment

HERE = "192.0.2.1"
PLACE = uuid.UUID("6f1b1c1e-0d7e-4a4f-9d3e-2b8a5f0c7d11")


@given(st.sampled_from(["invite", "checkin"]), st.uuids())
def test_a_link_leads_to_the_place_it_was_made_for(migrated_app: Flask, kind: str, place: uuid.UUID) -> None:
    token = doors.make_link(kind, place)

    assert doors.read_link(token) == (kind, place)
    assert doors.make_link(kind, place) == token
    assert len(token) == 43
    assert token[-1].isalnum(), "telephones cut a dash off the end of a link"
    assert set(token) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")


@given(st.integers(0, 31), st.integers(1, 255))
def test_a_link_with_any_byte_changed_is_refused(migrated_app: Flask, at: int, flip: int) -> None:
    raw = bytearray(base64.urlsafe_b64decode(doors.make_link("checkin", PLACE) + "="))
    raw[at] ^= flip

    with pytest.raises(LinkBroken):
        doors.read_link(base64.urlsafe_b64encode(bytes(raw)).decode().rstrip("="))


@given(st.text(max_size=60))
def test_no_text_that_we_did_not_make_is_a_link(migrated_app: Flask, text: str) -> None:
    with pytest.raises(LinkBroken):
        doors.read_link(text)


@pytest.mark.parametrize(
    "change",
    [
        lambda t: t[:-1],
        lambda t: t + "A",
        lambda t: t + "=",
        lambda t: t + "\n",
        lambda t: t.lower(),
        lambda t: " " + t,
        lambda t: t[:-1] + chr(ord(t[-1]) + 1),
    ],
)
def test_a_shortened_or_mistyped_link_is_refused_with_what_to_do(migrated_app: Flask, change: object) -> None:
    with pytest.raises(LinkBroken) as refused:
        doors.read_link(change(doors.make_link("invite", PLACE)))
    assert "code" in refused.value.text(texts.translator("fr"))


def test_a_link_of_one_kind_is_not_one_of_another(migrated_app: Flask) -> None:
    assert doors.make_link("invite", PLACE)[2:] != doors.make_link("checkin", PLACE)[2:]


def invited(session: Session, **overrides: object) -> Enrolment:
    enrolment = make_enrolment(session, EnrolmentState.INVITED, birth_date=date(1950, 2, 3), **overrides)
    session.commit()
    return enrolment


def test_a_code_is_readable_and_never_stored_in_clear(session: Session) -> None:
    enrolment = invited(session)
    code = doors.code_of(enrolment)

    assert code is not None
    assert len(code) == 9
    assert code[4] == "-"
    assert not set(code) & set("0O1ILUBSZ")
    row = session.execute(sa.text("SELECT e::text FROM enrolments e")).scalar_one()
    assert code.replace("-", "") not in row
    assert code.replace("-", "").encode().hex() not in row


@pytest.mark.parametrize(
    "typing",
    [
        lambda code: code,
        lambda code: code.lower(),
        lambda code: code.replace("-", ""),
        lambda code: code.replace("-", " – "),
        lambda code: "  " + " ".join(code) + "\n",
    ],
)
def test_a_code_is_found_however_it_is_typed(session: Session, typing: object) -> None:
    enrolment = invited(session)
    typed = typing(doors.code_of(enrolment))

    assert doors.find_by_code(session, code=typed, from_address=HERE, now=NOW) is enrolment


@pytest.mark.parametrize("typed", ["", "AAAA-AAAA", "AAAA-AAA", "0000-0000", "x" * 10_000, "é" * 8, "%"])
def test_a_code_that_nobody_has_finds_nobody(session: Session, typed: str) -> None:
    invited(session)

    assert doors.find_by_code(session, code=typed, from_address=HERE, now=NOW) is None


def test_codes_can_be_tried_thirty_times_an_hour_from_one_address(session: Session) -> None:
    code = doors.code_of(invited(session)) or ""
    for _ in range(30):
        assert doors.find_by_code(session, code="AAAA-AAAA", from_address=HERE, now=NOW) is None
        session.commit()

    with pytest.raises(TooManyTries):
        doors.find_by_code(session, code=code, from_address=HERE, now=NOW)
    session.rollback()
    assert doors.find_by_code(session, code=code, from_address="192.0.2.2", now=NOW) is not None
    assert doors.find_by_code(session, code=code, from_address=HERE, now=NOW + timedelta(hours=1)) is not None


def test_a_code_that_one_has_buys_no_further_tries_at_others(session: Session) -> None:
    own = doors.code_of(invited(session)) or ""
    for _ in range(30):
        doors.find_by_code(session, code=own, from_address=HERE, now=NOW)
        doors.find_by_code(session, code="AAAA-AAAA", from_address=HERE, now=NOW)

    with pytest.raises(TooManyTries):
        doors.find_by_code(session, code="AAAA-AAAA", from_address=HERE, now=NOW)


@pytest.mark.parametrize(
    ("address", "same"),
    [
        ("2001:db8:1:2::1", True),
        ("2001:db8:1:2:ffff::9", True),
        ("2001:db8:1:3::1", False),
        ("192.0.2.7", False),
        ("::ffff:192.0.2.7", False),
    ],
)
def test_tries_from_one_ipv6_network_count_together(session: Session, address: str, same: bool) -> None:
    for n in range(30):
        doors.find_by_code(session, code="AAAA-AAAA", from_address=f"2001:db8:1:2::{n:x}", now=NOW)

    if same:
        with pytest.raises(TooManyTries):
            doors.find_by_code(session, code="AAAA-AAAA", from_address=address, now=NOW)
    else:
        assert doors.find_by_code(session, code="AAAA-AAAA", from_address=address, now=NOW) is None


def test_an_ipv4_address_is_the_same_however_it_is_written(session: Session) -> None:
    for n in range(30):
        writing = "::ffff:192.0.2.7" if n % 2 else "192.0.2.7"
        doors.find_by_code(session, code="AAAA-AAAA", from_address=writing, now=NOW)

    with pytest.raises(TooManyTries):
        doors.find_by_code(session, code="AAAA-AAAA", from_address="192.0.2.7", now=NOW)


def test_two_invitations_have_two_codes(session: Session) -> None:
    assert doors.code_of(invited(session)) != doors.code_of(invited(session))
    assert doors.code_of(make_enrolment(session, EnrolmentState.ENROLLED)) is None


@given(st.text(alphabet=codes.ALPHABET, min_size=8, max_size=8))
def test_a_printed_code_reads_back_as_itself(code: str) -> None:
    assert codes.normalised(codes.shown(code)) == codes.normalised(code.lower()) == code


@pytest.mark.parametrize(("day", "month", "right"), [(3, 2, True), (2, 3, False), (3, 3, False), (0, 0, False)])
def test_the_day_and_month_of_birth_open_an_unknown_device(session: Session, day: int, month: int, right: bool) -> None:
    enrolment = invited(session)

    assert doors.check_birth_day(session, enrolment=enrolment, day=day, month=month, now=NOW) is right


def test_the_day_of_birth_can_be_tried_five_times_an_hour_for_each_patient(session: Session) -> None:
    enrolment, other = invited(session), invited(session)
    for _ in range(5):
        assert not doors.check_birth_day(session, enrolment=enrolment, day=1, month=1, now=NOW)
        session.commit()

    with pytest.raises(TooManyTries):
        doors.check_birth_day(session, enrolment=enrolment, day=3, month=2, now=NOW)
    session.rollback()
    assert doors.check_birth_day(session, enrolment=other, day=3, month=2, now=NOW)
    later = NOW + timedelta(hours=1)
    assert doors.check_birth_day(session, enrolment=enrolment, day=3, month=2, now=later)


def test_tries_sent_together_do_not_pass_the_cap_together(session: Session, engine: sa.Engine) -> None:
    enrolment = invited(session)
    key, together, results = enrolment.id, threading.Barrier(6), []

    def attempt() -> None:
        together.wait(timeout=30)
        for _ in range(2):
            with Session(engine) as mine:
                own = mine.get_one(Enrolment, key)
                try:
                    results.append(doors.check_birth_day(mine, enrolment=own, day=1, month=1, now=NOW))
                    mine.commit()
                except TooManyTries:
                    results.append(None)

    threads = [threading.Thread(target=attempt) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert (results.count(False), results.count(None)) == (5, 7)


def test_a_device_is_known_for_its_own_patient_only(session: Session) -> None:
    mine, theirs = invited(session), invited(session)
    token = doors.remember(session, enrolment=mine, device_token=None, from_address=HERE, now=NOW)
    session.commit()

    assert doors.recognise(session, device_token=token, patient=mine.patient, now=NOW)
    assert not doors.recognise(session, device_token=token, patient=theirs.patient, now=NOW)
    assert not doors.recognise(session, device_token=token + "x", patient=mine.patient, now=NOW)
    assert not doors.recognise(session, device_token=None, patient=mine.patient, now=NOW)
    assert not doors.recognise(session, device_token=token, patient=mine.patient, now=NOW + timedelta(days=181))


def test_a_telephone_shared_by_two_patients_keeps_one_secret(session: Session) -> None:
    one, other = invited(session), invited(session)
    token = doors.remember(session, enrolment=one, device_token=None, from_address=HERE, now=NOW)

    assert doors.remember(session, enrolment=other, device_token=token, from_address=HERE, now=NOW) == token
    assert doors.remember(session, enrolment=one, device_token=token, from_address=HERE, now=NOW) == token
    assert doors.recognise(session, device_token=token, patient=other.patient, now=NOW)


def test_a_secret_planted_by_somebody_else_is_not_taken_over(session: Session) -> None:
    enrolment = invited(session)

    assert doors.remember(session, enrolment=enrolment, device_token="planted", from_address=HERE, now=NOW) != "planted"
    assert not doors.recognise(session, device_token="planted", patient=enrolment.patient, now=NOW)


def test_a_patients_session_opens_one_enrolment_for_two_hours(session: Session) -> None:
    enrolment = invited(session)
    token = doors.start_session(session, enrolment=enrolment, now=NOW)
    session.commit()

    found = doors.session_of(session, token=token, now=NOW + timedelta(minutes=119))
    assert found is not None
    assert found.enrolment is enrolment
    assert doors.session_of(session, token=token, now=NOW + timedelta(hours=2)) is None
    assert doors.session_of(session, token=token[::-1], now=NOW) is None
    doors.end_session(session, patient_session=found, now=NOW)
    assert doors.session_of(session, token=token, now=NOW) is None


def test_the_throttles_know_neither_addresses_nor_patients(session: Session) -> None:
    doors.find_by_code(session, code="AAAA-AAAA", from_address=HERE, now=NOW)
    session.commit()

    assert HERE not in str(session.execute(sa.text("SELECT t::text FROM throttles t")).all())
    assert session.scalars(sa.select(Throttle)).one().failures == 1
