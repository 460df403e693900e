"""What an attacker tries first: each of these once broke a page, left no trace, or shut somebody out."""

from __future__ import annotations

import json
import re
import uuid
from html import unescape

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from questionnaires.models import Response
from records.models import AccessEntry, Role, StaffSession
from tests.webapp import patient_room
from tests.webapp.signing import PASSWORD, TOKEN, post, sign_in
from tests.webapp.ward import Ward, enter, open_ward
from triage.models import PatientLimit
from webapp.security import POLICY


@pytest.fixture
def ward(session: Session) -> Ward:
    return open_ward(session)


def token_of(client: FlaskClient, page: str) -> str:
    found = TOKEN.search(client.get(page).text)
    assert found
    return unescape(found[1])


def opened(session: Session) -> int:
    session.rollback()
    return session.scalar(sa.select(sa.func.count()).select_from(AccessEntry)) or 0


def test_signing_in_with_what_no_database_can_hold_is_refused_like_any_wrong_e_mail(app: Flask, ward: Ward) -> None:
    answer = post(app.test_client(), "/fr/staff/sign-in", {"email": "a\0b@centre.example", "password": "x"})

    assert answer.status_code == 422


def test_a_failed_sign_in_elsewhere_does_not_lock_a_person_out_of_their_own_browser(app: Flask, ward: Ward) -> None:
    person = ward.person()
    own = sign_in(app, person)
    post(own, "/fr/queue", {}, to="/fr/staff/sign-out")
    stranger = app.test_client()
    for _ in range(11):
        post(stranger, "/fr/staff/sign-in", {"email": person.email, "password": "wrong"})

    right = {"email": person.email, "password": PASSWORD}
    assert post(stranger, "/fr/staff/sign-in", right).status_code == 422
    assert post(own, "/fr/staff/sign-in", right).status_code == 302


def test_signing_in_again_ends_the_session_that_this_browser_had(app: Flask, session: Session, ward: Ward) -> None:
    client = enter(app, ward)
    token = token_of(client, "/fr/queue")
    before = client.get_cookie("vigidom_staff").value
    said = {"csrf_token": token, "email": ward.person(Role.OPERATOR).email, "password": PASSWORD}

    assert client.post("/fr/staff/sign-in", data=said).status_code == 302

    assert client.get_cookie("vigidom_staff").value != before
    running = sa.select(StaffSession.staff_id).where(StaffSession.revoked_at.is_(None))
    assert list(session.scalars(running)) == [ward.person(Role.OPERATOR).id]


@pytest.mark.parametrize("where", ["pause", "discharge", "limits"])
def test_a_file_read_by_way_of_a_refused_form_stands_in_the_access_log(
    app: Flask, session: Session, ward: Ward, where: str
) -> None:
    enrolment, client = ward.patient(), enter(app, ward)
    token, before = token_of(client, "/fr/patients/new"), opened(session)

    answer = client.post(f"/fr/patients/{enrolment.public_id}/{where}", data={"csrf_token": token})

    assert answer.status_code == 422
    assert "12 rue des Lilas" in answer.text, "the whole file is shown again"
    assert opened(session) == before + 1


@pytest.mark.parametrize("where", ["attempts", "dispositions"])
def test_a_call_form_refused_is_logged_too(app: Flask, session: Session, ward: Ward, where: str) -> None:
    callback, client = ward.callback(ward.red()).public_id, enter(app, ward)
    token, before = token_of(client, "/fr/patients/new"), opened(session)

    assert client.post(f"/fr/callbacks/{callback}/{where}", data={"csrf_token": token}).status_code == 422
    assert opened(session) == before + 1


@pytest.mark.parametrize(
    "path",
    [
        "/fr/patients/{enrolment}/{step}".replace("{step}", step)
        for step in ("invite", "resume", "pause", "discharge", "limits")
    ]
    + [f"/fr/callbacks/{{callback}}/{step}" for step in ("claim", "take-over", "release", "attempts", "dispositions")],
)
def test_nothing_of_another_teams_patient_can_be_touched_or_seen(
    app: Flask, session: Session, ward: Ward, path: str
) -> None:
    sick = ward.red()
    client = enter(app, ward, Role.PHYSICIAN, "Elsewhere", team=ward.another_team())
    token, before = token_of(client, "/fr/patients/new"), opened(session)
    address = path.format(enrolment=sick.public_id, callback=ward.callback(sick).public_id)

    answer = client.post(address, data={"csrf_token": token, "pause-reason": "x", "attempt-outcome": "reached"})

    assert answer.status_code == 404
    assert opened(session) == before
    callback = ward.callback(sick)
    assert (callback.claimed_by_id, callback.version) == (None, callback.version)
    assert ward.is_open(sick)


def test_alerts_of_another_patient_named_in_a_form_stay_open(app: Flask, session: Session, ward: Ward) -> None:
    mine, other, client = ward.red(), ward.red(), enter(app, ward)
    own, foreign = ward.callback(mine).public_id, ward.alerts(other)[0].public_id
    token = token_of(client, f"/fr/patients/{mine.public_id}")
    said = {"attempt-outcome": "reached", "attempt-verified": "y"}
    client.post(f"/fr/callbacks/{own}/attempts", data={"csrf_token": token, **said})

    said = {"disposition-kind": "advice", "disposition-seen": str(foreign)}
    answer = client.post(f"/fr/callbacks/{own}/dispositions", data={"csrf_token": token, **said})

    assert answer.status_code == 422
    assert ward.is_open(mine)
    assert ward.is_open(other)


@pytest.mark.parametrize("until", ["31/12/9999", "01/01/0001", "01/01/2200"])
def test_limits_until_the_end_of_all_days_are_refused(app: Flask, session: Session, ward: Ward, until: str) -> None:
    enrolment, client = ward.patient(), enter(app, ward)
    page = f"/fr/patients/{enrolment.public_id}"
    name = re.findall(r'name="(limits-spo2[^"]*)"', client.get(page).text)[0]

    said = {name: "88", "limits-limits_reason": "BPCO", "limits-limits_until": until}
    assert post(client, page, said, to=f"{page}/limits").status_code == 422
    assert session.scalars(sa.select(PatientLimit)).all() == []


@pytest.mark.parametrize("version", ["1\0", "\ud800", "x" * 5000])
def test_answers_that_name_an_impossible_version_are_taken(app: Flask, session: Session, version: str) -> None:
    enrolment, client = patient_room.make_followed(session), app.test_client()
    patient_room.enter(client, session, enrolment)
    owner = patient_room.hidden(client.get("/fr/checkin").text, "owner")
    body = {"owner": owner, "version": version, "answers": patient_room.as_json(patient_room.GREEN)}
    headers = {"Idempotency-Key": str(uuid.uuid4()), "Sec-Fetch-Site": "same-origin"}

    answer = client.post("/api/answers", data=json.dumps(body), content_type="application/json", headers=headers)

    assert answer.status_code == 201, answer.text
    assert len(session.scalars(sa.select(Response)).all()) == 1


@pytest.mark.parametrize("moment", ["0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59"])
def test_answers_given_outside_the_calendar_are_taken(app: Flask, session: Session, moment: str) -> None:
    enrolment, client = patient_room.make_followed(session), app.test_client()
    patient_room.enter(client, session, enrolment)
    owner = patient_room.hidden(client.get("/fr/checkin").text, "owner")
    body = {"owner": owner, "completed_at": moment, "answers": patient_room.as_json(patient_room.GREEN)}
    headers = {"Idempotency-Key": str(uuid.uuid4()), "Sec-Fetch-Site": "same-origin"}

    answer = client.post("/api/answers", data=json.dumps(body), content_type="application/json", headers=headers)

    assert answer.status_code == 201, answer.text
    stored = session.scalars(sa.select(Response)).one()
    assert stored.completed_at is None, "what was stored can be read again, or nobody could open the file"


@pytest.mark.parametrize("path", ["/xx/admin/staff", "/hooks/admin/protocol", "/xx/demo/messages"])
def test_only_a_language_stands_before_a_page(app: Flask, ward: Ward, path: str) -> None:
    assert enter(app, ward, Role.ADMINISTRATOR).get(path).status_code == 404


def test_an_absent_static_file_is_not_kept_for_good(app: Flask, database: Flask) -> None:
    client = app.test_client()

    found = client.get("/static/icon.svg?v=1")
    found.close()

    assert found.headers["Cache-Control"].endswith("immutable")
    assert client.get("/static/none.svg?v=1").headers["Cache-Control"] == "no-cache"


@pytest.mark.parametrize("path", ["/static/../config.py", "/static/%2e%2e/config.py", "/static/..%2fconfig.py"])
def test_static_files_are_those_of_one_folder(app: Flask, database: Flask, path: str) -> None:
    assert app.test_client().get(path).status_code == 404


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/fr/nowhere"),
        ("GET", "/static/none.js"),
        ("POST", "/api/answers"),
        ("POST", "/hooks/twilio/inbound"),
        ("POST", "/fr/staff/sign-in"),
        ("GET", "/fr/queue"),
        ("OPTIONS", "/fr/queue"),
    ],
)
def test_refusals_carry_the_same_headers_as_pages(app: Flask, database: Flask, method: str, path: str) -> None:
    headers = app.test_client().open(path, method=method).headers

    assert headers["Content-Security-Policy"] == POLICY
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert headers["Cache-Control"] in ("no-store", "no-cache")


def test_an_address_that_the_browser_claims_for_itself_is_not_believed(app: Flask, session: Session) -> None:
    """Without proxies set, a forged X-Forwarded-For neither evades a cap nor points at somebody else."""
    patient_room.make_followed(session)
    client = app.test_client()
    said = {"code": "AAAA-AAAA", "day": "1", "month": "1", "csrf_token": token_of(client, "/fr/enter")}
    statuses = [
        client.post("/fr/enter", data=said, headers={"X-Forwarded-For": f"198.51.100.{n}"}).status_code
        for n in range(31)
    ]

    assert statuses == [422] * 30 + [429]


def test_the_host_that_a_browser_names_is_in_no_link(app: Flask, ward: Ward) -> None:
    client = enter(app, ward, Role.ADMINISTRATOR)
    said = {"name": "Noa Petit", "email": "noa@centre.example", "role": "operator", "language": "fr"}
    said |= {"teams": str(ward.team.public_id), "csrf_token": token_of(client, "/fr/admin/staff")}

    cookies = "; ".join(f"{name}={client.get_cookie(name).value}" for name in ("vigidom_staff", "vigidom_form"))
    headers = {"Host": "evil.example", "Cookie": cookies}
    answer = app.test_client(use_cookies=False).post("/fr/admin/staff", data=said, headers=headers)

    assert answer.status_code == 201
    assert "evil.example" not in answer.text
