"""The whole way: a real patient, the outbox, the real Twilio client, and a scripted Twilio on the loopback."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from notifications.providers.twilio import TwilioProvider
from records import contacts, patients
from records.models import Enrolment
from tests import factories
from tests.notifications import twilio_server as server
from tests.notifications.conftest import OPENS, URL, make_checkin, messages, only
from tests.notifications.twilio_server import Script

Beat = Callable[..., dict[str, int]]
MINUTE = timedelta(minutes=1)


@pytest.fixture
def script(wire: tuple[str, Script]) -> Script:
    """Twilio's own clock shows the hour of the test."""
    wire[1].clock = lambda: OPENS
    return wire[1]


@pytest.fixture
def enrolment(session: Session) -> Enrolment:
    made = factories.make_enrolment(session, rehearsal=False)
    make_checkin(session, made)
    session.commit()
    return made


def test_a_text_reaches_twilio_once_with_our_id_in_its_callback(
    session: Session, enrolment: Enrolment, script: Script, twilio: TwilioProvider, beat: Beat
) -> None:
    assert beat(OPENS, provider=twilio) == {"owed": 1, "accepted": 1}
    message = only(session)
    (sent,) = script.sent
    assert sent["To"] == patients.reveal(enrolment.patient).phone
    assert sent["StatusCallback"] == f"{URL}/hooks/twilio/status/{message.public_id}"
    assert sent["ValidityPeriod"] == "7200"
    assert message.provider_id == script.held[0]["sid"]


@pytest.mark.parametrize("behave", [server.drop_after_taking_over, server.answer_nonsense])
def test_an_answer_that_was_lost_is_found_again_and_nothing_is_sent_twice(
    session: Session, enrolment: Enrolment, script: Script, twilio: TwilioProvider, beat: Beat, behave: object
) -> None:
    script.then(behave)  # type: ignore[arg-type]
    assert beat(OPENS, provider=twilio)["unknown"] == 1
    assert beat(OPENS + MINUTE, provider=twilio) == {"looked-up-accepted": 1}
    message = only(session)
    assert (message.status, message.provider_id) == ("accepted", script.held[0]["sid"])
    assert len(script.sent) == 1


def test_texts_sent_side_by_side_keep_their_own_sids(
    session: Session, script: Script, twilio: TwilioProvider, beat: Beat
) -> None:
    for _ in range(40):
        make_checkin(session, factories.make_enrolment(session, rehearsal=False))
    session.commit()
    assert beat(OPENS, provider=twilio, lanes=4)["accepted"] == 40
    told = {form["StatusCallback"].rpartition("/")[2]: made["sid"] for form, made in script.pairs}
    assert {str(m.public_id): m.provider_id for m in messages(session).values()} == told


def test_a_request_that_twilio_never_read_ends_without_a_second_text(
    session: Session, enrolment: Enrolment, script: Script, twilio: TwilioProvider, beat: Beat
) -> None:
    script.closes_unread = True
    beat(OPENS, provider=twilio)
    script.closes_unread = False
    beat(OPENS + MINUTE, provider=twilio)
    assert only(session).status == "unknown"
    beat(OPENS + 11 * MINUTE, provider=twilio)
    assert (only(session).status, only(session).reason) == ("unknown-final", "not-at-provider")
    assert script.sent == []


def test_a_busy_twilio_gets_the_text_later(
    session: Session, enrolment: Enrolment, script: Script, twilio: TwilioProvider, beat: Beat
) -> None:
    script.then(server.refuse(429, 20429), server.fail(503))
    for minute in range(4):
        beat(OPENS + minute * MINUTE, provider=twilio)
    assert (only(session).status, only(session).tries) == ("accepted", 3)
    assert len(script.held) == 1


def test_a_text_whose_receipt_was_lost_is_asked_about_at_twilio(
    session: Session, enrolment: Enrolment, script: Script, twilio: TwilioProvider, beat: Beat
) -> None:
    beat(OPENS, provider=twilio)
    script.held[0]["status"] = "delivered"
    assert beat(OPENS + 15 * MINUTE, provider=twilio) == {"ended-delivered": 1}
    assert (only(session).status, script.looked) == ("delivered", [script.held[0]["sid"]])


def test_a_number_that_left_is_refused_and_remembered(
    session: Session, enrolment: Enrolment, script: Script, twilio: TwilioProvider, beat: Beat
) -> None:
    script.then(server.refuse(400, 21610))
    beat(OPENS, provider=twilio)
    assert only(session).status == "refused"
    phone = patients.reveal(enrolment.patient).phone
    assert phone is not None
    assert contacts.opted_out(session, phone=phone)
