""" "This is not my phone"."""

from __future__ import annotations

from datetime import date

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from records import doors
from records.models import AuditEntry, Device, Enrolment, PatientSession
from tests.webapp.patient_room import hidden, make_followed
from webapp.patient.reception import owner_of

BORN = date(1961, 3, 27)


def come_in(client: FlaskClient, enrolment: Enrolment) -> str:
    address = f"/q/{doors.make_link('invite', enrolment.public_id)}"
    token = hidden(client.get(address).text, "csrf_token")
    assert client.post(address, data={"csrf_token": token, "day": "27", "month": "3"}).status_code == 303
    return address


def leave(client: FlaskClient):
    token = hidden(client.get("/fr/leave").text, "csrf_token")
    return client.post("/fr/leave", data={"csrf_token": token})


def test_leaving_ends_the_session_and_the_phone_is_a_strangers(client: FlaskClient, session: Session) -> None:
    address = come_in(client, make_followed(session, birth_date=BORN))
    assert client.get(address).status_code == 302

    left = leave(client)

    assert (left.status_code, left.location) == (303, "/fr/enter")
    assert "Ce téléphone vous a oublié" in client.get(left.location).text
    assert client.get("/fr/checkin").location == "/fr/enter"
    assert client.get(address).status_code == 200
    assert client.get_cookie("vigidom_device") is None
    assert session.scalars(select(PatientSession.revoked_at).order_by(PatientSession.id)).all()[-1] is not None
    acts = session.scalars(select(AuditEntry.canonical)).all()
    assert [act for act in acts if b"patient.device-forgotten" in act]


def test_whoever_left_is_named_to_the_next_pages_script_until_somebody_enters(client: FlaskClient, session: Session):
    enrolment = make_followed(session, birth_date=BORN)
    come_in(client, enrolment)
    assert 'id="left"' not in client.get("/fr/enter").text

    leave(client)

    assert f'id="left" data-owner="{owner_of(enrolment)}"' in client.get("/fr/enter").text
    assert 'id="left"' in client.get("/fr/enter").text, "also when it is opened once more"
    come_in(client, enrolment)
    assert 'id="left"' not in client.get("/fr/enter").text


def test_whoever_left_and_comes_back_to_delete_what_waits_deletes_nobody_elses(client: FlaskClient, session: Session):
    enrolment = make_followed(session, birth_date=BORN)
    come_in(client, enrolment)

    leave(client)

    assert f'id="leave" data-owner="{owner_of(enrolment)}"' in client.get("/fr/leave").text


def test_who_shares_the_phone_stays_known_on_it(client: FlaskClient, session: Session) -> None:
    one, other = (make_followed(session, birth_date=BORN) for _ in range(2))
    theirs = come_in(client, other)
    mine = come_in(client, one)

    leave(client)

    assert client.get(mine).status_code == 200
    assert client.get(theirs).status_code == 302


def test_after_the_session_ended_the_phone_forgets_everybody(client: FlaskClient, session: Session) -> None:
    addresses = [come_in(client, make_followed(session, birth_date=BORN)) for _ in range(2)]
    client.delete_cookie("vigidom_patient")

    leave(client)

    assert [client.get(address).status_code for address in addresses] == [200, 200]
    assert None not in session.scalars(select(Device.revoked_at)).all()


@pytest.mark.parametrize("token", [None, "", "x"])
def test_nobody_is_made_to_leave_from_elsewhere(client: FlaskClient, session: Session, token: str | None) -> None:
    address = come_in(client, make_followed(session, birth_date=BORN))

    assert client.post("/fr/leave", data={"csrf_token": token} if token is not None else {}).status_code == 400
    assert client.get(address).status_code == 302


def test_a_phone_that_knows_nobody_leaves_too(client: FlaskClient, session: Session) -> None:
    make_followed(session)
    client.set_cookie("vigidom_device", "chosen-by-somebody-else")

    assert leave(client).status_code == 303
