"""Correcting a patient's details: the form comes filled, what was typed is kept, nobody overwrites anybody unseen."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape
from typing import Any

import orjson
import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from records import audit, clock, enrolment, patients
from records.models import AccessEntry, AuditEntry, Enrolment, EnrolmentState, Role
from tests.webapp.signing import post
from tests.webapp.ward import Ward, enter, open_ward
from triage import followup

PHONE = "+33639980123"


@pytest.fixture
def ward(session: Session) -> Ward:
    return open_ward(session)


@pytest.fixture
def client(app: Flask, ward: Ward) -> FlaskClient:
    return enter(app, ward, Role.ENROLLER)


def page(known: Enrolment, language: str = "fr") -> str:
    return f"/{language}/patients/{known.public_id}/details"


def shown(client: FlaskClient, known: Enrolment) -> dict[str, Any]:
    """The fields as a browser would send them back untouched."""
    return fields(client.get(page(known)).text)


def fields(html: str) -> dict[str, Any]:
    form = html[html.index('<form method="post" class="vd-form"') :]
    found: dict[str, Any] = {"conditions": []}
    for tag in re.findall(r"<input[^>]*>", form):
        at = {name: unescape(value) for name, value in re.findall(r'(\w[\w-]*)="([^"]*)"', tag)}
        if at.get("type") in ("radio", "checkbox") and not re.search(r"\schecked\b", tag):
            continue
        if at["name"] == "conditions":
            found["conditions"].append(at["value"])
        else:
            found[at["name"]] = at.get("value", "")
    for name, options in re.findall(r'<select[^>]*name="(\w+)"[^>]*>(.*?)</select>', form, re.S):
        found[name] = unescape(re.search(r'<option selected value="([^"]*)"', options)[1])
    return found


def send(client: FlaskClient, known: Enrolment, data: dict[str, Any]) -> TestResponse:
    return post(client, page(known), {name: value for name, value in data.items() if name != "csrf_token"})


def stored(ward: Ward, known: Enrolment) -> enrolment.Application:
    ward.session.expire_all()
    return enrolment.application_of(ward.session.get_one(Enrolment, known.id))


def full(ward: Ward, **given: Any) -> Enrolment:
    values = {
        "emergency_name": "Jean Lefèvre",
        "emergency_phone": "+33612345679",
        "gp_name": "Dr Roux",
        "gp_phone": "+33142345678",
        "conditions": ("diabetes", "hypertension"),
        "lives_alone": True,
        "zone": "Europe/Paris",
    }
    return ward.patient(**(values | given))


def test_the_form_comes_filled_and_sent_back_untouched_changes_nothing(client: FlaskClient, ward: Ward) -> None:
    known = full(ward)
    before = stored(ward, known)

    answer = send(client, known, shown(client, known))

    assert answer.location == f"/fr/patients/{known.public_id}"
    assert stored(ward, known) == before
    assert "Rien n’était différent" in client.get(answer.location).text


def test_an_unknown_onset_comes_back_as_unknown(client: FlaskClient, ward: Ward) -> None:
    known = full(ward, onset_on=None)

    data = shown(client, known)

    assert (data["onset_on"], data["onset_unknown"]) == ("", "y")
    assert send(client, known, data).status_code == 302


CHANGES = [
    ({"family_name": "Corrected"}, lambda a: a.identity.family_name == "Corrected"),
    ({"phone": "06 39 98 01 23"}, lambda a: a.identity.phone == PHONE),
    ({"email": "a@example.org"}, lambda a: a.identity.email == "a@example.org"),
    ({"language": "en"}, lambda a: a.language == "en"),
    ({"zone": "Indian/Reunion"}, lambda a: (a.zone, a.gp_phone) == ("Indian/Reunion", "+33142345678")),
    ({"address": "3 quai de la Loire"}, lambda a: a.address == "3 quai de la Loire"),
    ({"emergency_phone": "06 12 34 56 70"}, lambda a: a.emergency_phone == "+33612345670"),
    ({"gp_name": "", "gp_phone": ""}, lambda a: (a.gp_name, a.gp_phone) == ("", "")),
    ({"conditions": ["diabetes"]}, lambda a: a.conditions == ("diabetes",)),
    ({"conditions": []}, lambda a: a.conditions == ()),
    ({"risk_tier": "high"}, lambda a: a.risk_tier == "high"),
    ({"onset_on": "", "onset_unknown": "y"}, lambda a: a.onset_on is None),
    ({"lives_alone": "no", "has_oximeter": "no"}, lambda a: not (a.lives_alone or a.has_oximeter)),
]


@pytest.mark.parametrize(("change", "holds"), CHANGES, ids=lambda value: str(value) if isinstance(value, dict) else "")
def test_each_detail_can_be_corrected_and_the_correction_is_audited(
    client: FlaskClient, ward: Ward, change: dict[str, Any], holds: Any
) -> None:
    known = full(ward)

    answer = send(client, known, shown(client, known) | change)

    assert answer.status_code == 302, answer.text
    assert holds(stored(ward, known))
    chain = sa.select(AuditEntry.canonical).where(AuditEntry.subject_id == known.public_id)
    written = orjson.loads(ward.session.scalars(chain.order_by(AuditEntry.number.desc()).limit(1)).one())
    assert written["action"] == "enrolment.changed"
    assert written["actor"] == {"kind": "staff", "id": str(ward.person(Role.ENROLLER).public_id)}


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"family_name": ""}, "family_name"),
        ({"phone": "06 12"}, "phone"),
        ({"birth_date": "31/2/1980"}, "birth_date"),
        ({"onset_on": ""}, "onset_on"),
        ({"zone": "Europe/Atlantis"}, "zone"),
        ({"conditions": ["<script>"]}, "conditions"),
        ({"address": "x" * 3000}, "address"),
        ({"email": "none"}, "email"),
    ],
)
def test_what_makes_no_sense_is_refused_beside_its_field_and_what_was_typed_stays(
    client: FlaskClient, ward: Ward, change: dict[str, Any], field: str
) -> None:
    known = full(ward)
    before = stored(ward, known)

    answer = send(client, known, shown(client, known) | {"gp_name": "Dr Blanc"} | change)

    assert answer.status_code == 422
    assert f'href="#{field}"' in answer.text
    assert 'value="Dr Blanc"' in answer.text
    assert stored(ward, known) == before


def test_of_two_people_the_second_is_told_what_the_first_stored_and_may_send_again(
    app: Flask, client: FlaskClient, ward: Ward
) -> None:
    known = full(ward)
    opened = shown(client, known)
    other = enter(app, ward, Role.SUPERVISOR)
    send(other, known, shown(other, known) | {"gp_name": "Dr Blanc"})

    late = send(client, known, opened | {"address": "3 quai de la Loire"})

    assert late.status_code == 409
    assert "Quelqu’un d’autre a modifié ces informations" in late.text
    assert "<dd><bdi>Dr Blanc</bdi></dd>" in late.text
    assert 'value="3 quai de la Loire"' in late.text
    assert "quai" not in stored(ward, known).address
    assert send(client, known, fields(late.text)).status_code == 302
    now = stored(ward, known)
    assert (now.address, now.gp_name) == ("3 quai de la Loire", "Dr Roux")


@pytest.mark.parametrize("version", ["", "x" * 5000, "<script>"])
def test_a_form_without_its_mark_overwrites_nothing(client: FlaskClient, ward: Ward, version: str) -> None:
    known = full(ward)

    answer = send(client, known, shown(client, known) | {"gp_name": "Dr Blanc", "version": version})

    assert answer.status_code == 409
    assert stored(ward, known).gp_name == "Dr Roux"


def test_a_correction_that_makes_the_patient_like_another_is_asked_about(client: FlaskClient, ward: Ward) -> None:
    known, other = full(ward), full(ward)
    who = patients.reveal(other.patient)
    alike = {"family_name": who.family_name, "birth_date": who.birth_date.strftime("%d/%m/%Y")}

    asked = send(client, known, shown(client, known) | alike)

    assert asked.status_code == 422
    assert "Cette personne est peut-être déjà connue" in asked.text
    assert f'href="/fr/patients/{other.public_id}"' in asked.text
    assert stored(ward, known).identity.birth_date != who.birth_date
    assert send(client, known, fields(asked.text) | {"duplicate": "other"}).status_code == 302
    assert stored(ward, known).identity.birth_date == who.birth_date


def test_somebody_who_was_alike_before_is_not_asked_about_again(client: FlaskClient, ward: Ward) -> None:
    first = full(ward)
    who = patients.reveal(first.patient)
    twin = full(ward, family_name=who.family_name, birth_date=who.birth_date)

    assert send(client, twin, shown(client, twin) | {"email": "a@example.org"}).status_code == 302


def test_a_minor_is_refused_with_the_reason(client: FlaskClient, ward: Ward) -> None:
    known = full(ward)
    child = (clock.now() - timedelta(days=17 * 365)).strftime("%d/%m/%Y")

    answer = send(client, known, shown(client, known) | {"birth_date": child})

    assert answer.status_code == 422
    assert "18" in answer.text


def test_opening_the_form_is_logged(client: FlaskClient, ward: Ward) -> None:
    known = full(ward)

    client.get(page(known))

    assert [entry.page for entry in ward.session.scalars(sa.select(AccessEntry))] == ["details"]


def test_the_details_of_another_team_and_of_a_refusal_are_not_changed(app, client: FlaskClient, ward: Ward) -> None:
    known = full(ward, team=ward.another_team())
    refused = ward.patient(EnrolmentState.REFUSED)

    assert client.get(page(known)).status_code == 404
    assert post(client, "/fr/patients/new", {"gp_name": "x"}, to=page(known)).status_code == 404
    assert client.get(page(refused)).location == f"/fr/patients/{refused.public_id}"
    assert "details" not in client.get(f"/fr/patients/{refused.public_id}").text


def test_an_operator_reads_the_file_but_neither_changes_it_nor_sees_the_link(app: Flask, ward: Ward) -> None:
    known = full(ward)
    client = enter(app, ward, Role.OPERATOR)

    assert client.get(page(known)).status_code == 403
    assert page(known) not in client.get(f"/fr/patients/{known.public_id}").text


@pytest.mark.parametrize(("role", "says"), [(Role.PHYSICIAN, "Corriger le numéro"), (Role.OPERATOR, "demandez à")])
def test_a_wrong_number_leads_to_where_it_is_corrected(app: Flask, ward: Ward, role: str, says: str) -> None:
    known = ward.red()
    client = enter(app, ward, role)
    call, file = f"/fr/callbacks/{ward.callback(known).public_id}", f"/fr/patients/{known.public_id}"
    post(client, "/fr/queue", {}, to=f"{call}/claim")

    answer = post(client, file, {"attempt-outcome": "wrong-number"}, to=f"{call}/attempts")

    html = client.get(answer.location).text
    assert says in html
    assert (f'href="{page(known)}#phone"' in html) is (role == Role.PHYSICIAN)


def test_the_invitation_is_sent_again_with_the_same_code(app: Flask, client: FlaskClient, ward: Ward) -> None:
    known = ward.patient(EnrolmentState.INVITED)
    file = f"/fr/patients/{known.public_id}"
    digest, first = known.code_digest, known.invited_at
    assert "Renvoyer l’invitation" in client.get(file).text

    post(client, file, {}, to=f"{file}/invite-again")

    assert "L’invitation est renvoyée" in client.get(file).text
    ward.session.refresh(known)
    assert known.code_digest == digest
    assert known.invited_at > first
    again = known.invited_at
    post(client, file, {}, to=f"{file}/invite-again")
    assert "il y a moins de 10 minutes" in client.get(file).text
    ward.session.refresh(known)
    assert known.invited_at == again


def test_after_the_number_of_an_invited_patient_changed_the_page_says_to_invite_again(client, ward: Ward) -> None:
    known = full(ward, state=EnrolmentState.ENROLLED)
    followup.invite(ward.session, enrolment=known, actor=audit.SYSTEM, now=clock.now())
    ward.session.commit()
    file = f"/fr/patients/{known.public_id}"

    send(client, known, shown(client, known) | {"phone": "06 39 98 01 23"})

    assert "Renvoyez l’invitation" in client.get(file).text
    post(client, file, {}, to=f"{file}/invite-again")
    assert "L’invitation est renvoyée" in client.get(file).text


@pytest.mark.parametrize("state", [EnrolmentState.ACTIVE, EnrolmentState.ENROLLED, EnrolmentState.PAUSED])
def test_who_is_not_waiting_for_an_invitation_gets_none(client: FlaskClient, ward: Ward, state: str) -> None:
    known = ward.patient(state)
    file = f"/fr/patients/{known.public_id}"

    assert "Renvoyer" not in client.get(file).text
    post(client, file, {}, to=f"{file}/invite-again")
    assert "ne peut pas être renvoyée" in client.get(file).text


def test_nothing_on_the_page_is_english_in_french(client: FlaskClient, ward: Ward) -> None:
    html = client.get(page(full(ward))).text

    for english in ("Change", "Store", "Back without", "Not a valid", "This field"):
        assert english not in html
