"""The real Twilio client against a scripted server on the loopback: what each failure of the network comes to."""

from __future__ import annotations

import socket
import uuid
from datetime import UTC, datetime, timedelta

import pytest

from notifications.models import MessageStatus
from notifications.providers import LookUpKind, OutcomeKind, Text
from notifications.providers.twilio import TwilioProvider
from tests.notifications import twilio_server as server
from tests.notifications.twilio_server import ACCOUNT, TOKEN, Script

LINK = "https://suivi.example/q/abc"


def text(**changed: object) -> Text:
    at = datetime.now(UTC)
    values: dict[str, object] = {
        "message_public_id": uuid.uuid4(),
        "to": "+33612345678",
        "body": f"Vos questions du jour : {LINK} Centre.",
        "link": LINK,
        "callback_url": "https://suivi.example/hooks/twilio/status/1",
        "at": at,
        "expires_at": at + timedelta(hours=2),
        "synthetic": False,
    }
    return Text(**{**values, **changed})  # type: ignore[arg-type]


def test_an_accepted_text_comes_back_with_its_sid(twilio: TwilioProvider, wire: tuple[str, Script]) -> None:
    outcome = twilio.send(text())
    assert outcome.kind is OutcomeKind.ACCEPTED
    assert outcome.status is MessageStatus.ACCEPTED
    assert outcome.provider_id == wire[1].held[0]["sid"]
    assert wire[1].sent == [
        {
            "To": "+33612345678",
            "From": "+33644600000",
            "Body": f"Vos questions du jour : {LINK} Centre.",
            "StatusCallback": "https://suivi.example/hooks/twilio/status/1",
            "ValidityPeriod": "7200",
        }
    ]


def test_a_messaging_service_takes_the_place_of_a_number(wire: tuple[str, Script]) -> None:
    service = "MG" + "b" * 32
    twilio = TwilioProvider(account_sid=ACCOUNT, auth_token=TOKEN, sender=service, api_url=wire[0])
    twilio.send(text())
    twilio.close()
    assert wire[1].sent[0]["MessagingServiceSid"] == service
    assert "From" not in wire[1].sent[0]


@pytest.mark.parametrize(
    ("status", "code", "kind", "opted_out"),
    [
        (400, 21610, OutcomeKind.REFUSED, True),
        (400, 21211, OutcomeKind.REFUSED, False),
        (400, 21614, OutcomeKind.REFUSED, False),
        (400, 21635, OutcomeKind.REFUSED, False),
        (400, 29999, OutcomeKind.REFUSED, False),
        (400, 21611, OutcomeKind.RETRY, False),
        (400, 63038, OutcomeKind.RETRY, False),
        (401, 20003, OutcomeKind.RETRY, False),
        (429, 20429, OutcomeKind.RETRY, False),
        (429, 29998, OutcomeKind.RETRY, False),
        (500, 20500, OutcomeKind.RETRY, False),
        (503, 20503, OutcomeKind.RETRY, False),
        (504, 20504, OutcomeKind.UNKNOWN, False),
    ],
)
def test_each_refusal_of_twilio_has_its_outcome(
    twilio: TwilioProvider, wire: tuple[str, Script], status: int, code: int, kind: OutcomeKind, opted_out: bool
) -> None:
    wire[1].then(server.refuse(status, code))
    outcome = twilio.send(text())
    assert (outcome.kind, outcome.reason, outcome.opted_out) == (kind, f"twilio-{code}", opted_out)


@pytest.mark.parametrize(("status", "kind"), [(502, OutcomeKind.RETRY), (504, OutcomeKind.UNKNOWN)])
def test_a_gateway_that_speaks_no_json_is_judged_by_its_status(
    twilio: TwilioProvider, wire: tuple[str, Script], status: int, kind: OutcomeKind
) -> None:
    wire[1].then(server.fail(status))
    assert twilio.send(text()).kind is kind


@pytest.mark.parametrize(
    "behave",
    [
        server.drop_after_taking_over,
        server.drop_before_taking_over,
        server.answer_nonsense,
    ],
)
def test_a_request_that_may_have_arrived_is_unknown_and_is_made_once(
    twilio: TwilioProvider, wire: tuple[str, Script], behave: object
) -> None:
    wire[1].then(behave)  # type: ignore[arg-type]
    assert twilio.send(text()).kind is OutcomeKind.UNKNOWN
    assert len(wire[1].sent) == 1


def test_a_provider_that_does_not_answer_is_not_waited_for(twilio: TwilioProvider, wire: tuple[str, Script]) -> None:
    twilio.wait_seconds = 0.2
    wire[1].then(server.hang_after_taking_over)
    assert twilio.send(text()).kind is OutcomeKind.UNKNOWN


def test_every_request_has_a_deadline_unless_told_otherwise(twilio: TwilioProvider, wire: tuple[str, Script]) -> None:
    twilio.send(text())
    assert twilio.idle.get().http_client.timeout == 10.0


def test_no_client_serves_two_requests_at_once(twilio: TwilioProvider) -> None:
    with twilio._client() as first, twilio._client() as second:
        assert first is not second
    with twilio._client() as again:
        assert again is first or again is second


def test_a_connection_closed_unread_is_unknown(twilio: TwilioProvider, wire: tuple[str, Script]) -> None:
    wire[1].closes_unread = True
    assert twilio.send(text()).kind is OutcomeKind.UNKNOWN


def test_a_connection_that_never_stood_is_tried_again() -> None:
    with socket.socket() as nobody:  # bound and not listening: connections are refused
        nobody.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{nobody.getsockname()[1]}"
        twilio = TwilioProvider(account_sid=ACCOUNT, auth_token=TOKEN, sender="+33644600000", api_url=address)
        assert twilio.send(text()).kind is OutcomeKind.RETRY
        twilio.close()


def test_a_rehearsal_patient_is_refused_before_any_request(twilio: TwilioProvider, wire: tuple[str, Script]) -> None:
    outcome = twilio.send(text(synthetic=True))
    assert (outcome.kind, outcome.reason) == (OutcomeKind.REFUSED, "rehearsal")
    assert wire[1].sent == []


def test_a_text_whose_answer_was_lost_is_found_at_the_provider(
    twilio: TwilioProvider, wire: tuple[str, Script]
) -> None:
    wire[1].then(server.drop_after_taking_over)
    lost = text()
    twilio.send(lost)
    found = twilio.find(lost)
    assert (found.kind, found.provider_id) == (LookUpKind.FOUND, wire[1].held[0]["sid"])
    assert wire[1].listed[0]["To"] == lost.to


@pytest.mark.parametrize(
    "changed",
    [
        {"link": "https://suivi.example/q/another"},
        {"at": datetime.now(UTC) - timedelta(hours=2)},
        {"at": datetime.now(UTC) + timedelta(hours=2)},
        {"to": "+33687654321"},
    ],
    ids=["another link", "an earlier text of ours", "a later text of ours", "another number"],
)
def test_another_text_is_not_taken_for_the_lost_one(
    twilio: TwilioProvider, wire: tuple[str, Script], changed: dict[str, object]
) -> None:
    twilio.send(text())
    assert twilio.find(text(**changed)).kind is LookUpKind.ABSENT


def test_a_look_up_that_fails_says_nothing_of_the_text(twilio: TwilioProvider, wire: tuple[str, Script]) -> None:
    wire[1].list_status = 503
    assert twilio.find(text()).kind is LookUpKind.UNABLE


def test_a_text_is_looked_at_by_its_sid(twilio: TwilioProvider, wire: tuple[str, Script]) -> None:
    _, script = wire
    sid = twilio.send(text()).provider_id
    assert sid is not None
    script.held[0] |= {"status": "undelivered", "error_code": 30003}
    found = twilio.look(sid)
    assert (found.kind, found.status, found.reason) == (LookUpKind.FOUND, MessageStatus.UNDELIVERED, "twilio-30003")
    assert script.looked == [sid]
    assert twilio.look("SM" + "0" * 32).kind is LookUpKind.ABSENT
    script.list_status = 503
    assert twilio.look(sid).kind is LookUpKind.UNABLE


def test_nothing_of_a_text_stands_in_its_repr() -> None:
    shown = repr(text())
    assert "+336" not in shown
    assert "suivi.example" not in shown
