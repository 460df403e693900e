"""Twilio's doors: open to its signature over our public address, and to nothing else."""

from __future__ import annotations

import dataclasses
import uuid
from collections.abc import Callable, Iterator
from xml.etree import ElementTree

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session
from twilio.request_validator import RequestValidator
from werkzeug.test import TestResponse

from notifications import reminders
from notifications.models import Inbound, Message, Receipt
from records import contacts, patients
from records.models import Enrolment
from tests import factories
from tests.notifications.conftest import OPENS, make_checkin

SECRET = "c" * 32
PUBLIC = "https://suivi.example"
Post = Callable[..., TestResponse]


@pytest.fixture
def door(database: Flask) -> Iterator[FlaskClient]:
    """The application behind a proxy: it is called by http, and known by its public https address."""
    before = database.config["VIGIDOM"]
    database.config["VIGIDOM"] = dataclasses.replace(before, twilio_auth_token=SECRET, public_url=PUBLIC)
    yield database.test_client()
    database.config["VIGIDOM"] = before


@pytest.fixture
def post(door: FlaskClient) -> Post:
    def signed(path: str, form: dict[str, str], *, secret: str = SECRET, address: str = PUBLIC) -> TestResponse:
        signature = RequestValidator(secret).compute_signature(address + path, form)
        return door.post(path, data=form, headers={"X-Twilio-Signature": signature})

    return signed


@pytest.fixture
def message(session: Session) -> Message:
    make_checkin(session, factories.make_enrolment(session, language="en"))
    reminders.owe(session, now=OPENS)
    session.execute(sa.update(Message).values(status="accepted", sent_at=OPENS))
    session.commit()
    return session.scalars(sa.select(Message)).one()


def path(message: Message) -> str:
    return f"/hooks/twilio/status/{message.public_id}"


def state(session: Session) -> tuple[str, int]:
    session.rollback()
    receipts = session.scalar(sa.select(sa.func.count(Receipt.id))) or 0
    return session.scalars(sa.select(Message.status)).one(), receipts


def test_a_signed_receipt_is_applied(session: Session, message: Message, post: Post) -> None:
    form = {"MessageSid": "SM" + "1" * 32, "MessageStatus": "delivered", "AccountSid": "AC1", "To": "+33639980001"}
    assert post(path(message), form).status_code == 204
    assert state(session) == ("delivered", 1)
    assert session.scalars(sa.select(Message.provider_id)).one() == "SM" + "1" * 32


def test_a_replayed_receipt_is_welcome_and_changes_nothing(session: Session, message: Message, post: Post) -> None:
    form = {"MessageSid": "SM1", "MessageStatus": "delivered"}
    assert [post(path(message), form).status_code for _ in range(2)] == [204, 204]
    assert state(session) == ("delivered", 2)


def test_an_error_code_comes_with_the_receipt(session: Session, message: Message, post: Post) -> None:
    post(path(message), {"MessageSid": "SM1", "MessageStatus": "undelivered", "ErrorCode": "30003"})
    assert session.scalars(sa.select(Message.reason)).one() == "twilio-30003"


@pytest.mark.parametrize(
    "signing",
    [{"secret": "d" * 32}, {"address": "http://suivi.example"}, {"address": "https://elsewhere.example"}],
    ids=["another secret", "http for https", "another host"],
)
def test_a_wrong_signature_writes_nothing(
    session: Session, message: Message, post: Post, signing: dict[str, str]
) -> None:
    assert post(path(message), {"MessageStatus": "delivered"}, **signing).status_code == 403
    assert post("/hooks/twilio/inbound", {"MessageSid": "SM1", "From": "+33639980001"}, **signing).status_code == 403
    assert state(session) == ("accepted", 0)
    assert session.scalars(sa.select(Inbound)).all() == []


def test_a_form_that_was_changed_after_signing_writes_nothing(
    session: Session, message: Message, door: FlaskClient
) -> None:
    signature = RequestValidator(SECRET).compute_signature(PUBLIC + path(message), {"MessageStatus": "sent"})
    headers = {"X-Twilio-Signature": signature}
    assert door.post(path(message), data={"MessageStatus": "delivered"}, headers=headers).status_code == 403
    assert door.post(path(message), data={"MessageStatus": "delivered"}).status_code == 403
    assert state(session) == ("accepted", 0)


def test_without_a_secret_the_doors_stay_closed(database: Flask, message: Message) -> None:
    signature = RequestValidator("").compute_signature(PUBLIC + path(message), {})
    answer = database.test_client().post(path(message), headers={"X-Twilio-Signature": signature})
    assert answer.status_code == 403


def test_a_receipt_for_another_services_message_is_not_found_and_leaves_no_trace(
    session: Session, message: Message, post: Post
) -> None:
    assert post(f"/hooks/twilio/status/{uuid.uuid4()}", {"MessageStatus": "delivered"}).status_code == 404
    assert state(session) == ("accepted", 0)


def test_a_text_is_taken_in_and_answered_in_twiml(session: Session, message: Message, post: Post) -> None:
    enrolment = session.get(Enrolment, message.enrolment_id)
    assert enrolment is not None
    phone = str(patients.reveal(enrolment.patient).phone)
    form = {"MessageSid": "SM9", "From": phone, "To": "+33644600000", "Body": "STOP"}
    answer = post("/hooks/twilio/inbound", form)
    assert (answer.status_code, answer.mimetype) == (200, "text/xml")
    (said,) = ElementTree.fromstring(answer.data).iter("Message")
    assert "no more texts" in str(said.text)
    session.rollback()
    assert contacts.opted_out(session, phone=phone)


def test_twilios_own_reply_is_not_doubled(session: Session, message: Message, post: Post) -> None:
    form = {"MessageSid": "SM9", "From": "+33639980001", "Body": "STOP", "OptOutType": "STOP"}
    assert list(ElementTree.fromstring(post("/hooks/twilio/inbound", form).data)) == []


@pytest.mark.parametrize("form", [{}, {"MessageSid": "SM1"}, {"From": "+33639980001"}])
def test_an_inbound_text_without_sender_or_number_is_refused(
    session: Session, post: Post, form: dict[str, str]
) -> None:
    assert post("/hooks/twilio/inbound", form).status_code == 400
    assert session.scalars(sa.select(Inbound)).all() == []


@pytest.mark.parametrize("form", [{"MessageStatus": "delivered"}, {"MessageStatus": "x" * 5000}, {}])
def test_no_receipt_brings_the_door_down(session: Session, message: Message, post: Post, form: dict[str, str]) -> None:
    assert post(path(message), form).status_code == 204


@pytest.mark.parametrize("name", ["MessageSid", "MessageStatus", "ErrorCode"])
def test_a_code_that_no_database_can_hold_is_refused(session: Session, message: Message, post: Post, name: str) -> None:
    form = {"MessageSid": "SM1", "MessageStatus": "delivered", "From": "+33639980001", name: "30003\0"}
    assert post(path(message), form).status_code == 400
    assert post("/hooks/twilio/inbound", form).status_code == 400
    assert state(session) == ("accepted", 0)


def test_hostile_text_is_kept_as_text(session: Session, message: Message, post: Post) -> None:
    enrolment = session.get(Enrolment, message.enrolment_id)
    assert enrolment is not None
    phone = str(patients.reveal(enrolment.patient).phone)
    form = {"MessageSid": "SM9", "From": phone, "Body": "</Message>\x00'; DROP TABLE messages; --\ud83e"}
    form["Body"] = form["Body"].encode("utf-8", "replace").decode()
    assert post("/hooks/twilio/inbound", form).status_code == 200


@pytest.mark.parametrize("path", ["/hooks/twilio/inbound", "/hooks/twilio/inbound?a=1&b=2"])
def test_a_signature_opens_the_very_address_and_form_that_it_was_made_for(
    session: Session, door: FlaskClient, path: str
) -> None:
    """The order of the fields is free, Twilio sorts them; nothing else is."""
    form = {"MessageSid": "SM1", "From": "+33639980001", "Body": "x"}
    headers = {"X-Twilio-Signature": RequestValidator(SECRET).compute_signature(PUBLIC + path, form)}
    status = f"/hooks/twilio/status/{uuid.uuid4()}"
    others = [path.partition("?")[0] + "?b=2&a=1", f"{path}{'&' if '?' in path else '?'}c=3", f"{path}/", status]
    twice = form | {"MessageSid": ["SM2", "SM1"]}
    for address, sent in [
        *((other, form) for other in others),
        (path, twice),
        (path, form | {"Extra": ""}),
        (path, {}),
    ]:
        assert door.post(address, data=sent, headers=headers).status_code in (403, 404), (address, sent)
    assert session.scalars(sa.select(Inbound)).all() == []
    session.rollback()

    assert door.post(path, data=dict(reversed(form.items())), headers=headers).status_code == 200
    assert door.post(path, data=form, headers=headers).status_code == 200
    assert len(session.scalars(sa.select(Inbound)).all()) == 1, "replayed, it is taken once"


@pytest.mark.parametrize("signature", ["", "x", "é", "=" * 9000, "A" * 28])
def test_a_signature_of_another_shape_is_refused(session: Session, door: FlaskClient, signature: str) -> None:
    headers = {"X-Twilio-Signature": signature}

    assert door.post("/hooks/twilio/inbound", data={"MessageSid": "SM1"}, headers=headers).status_code == 403
    assert session.scalars(sa.select(Inbound)).all() == []
