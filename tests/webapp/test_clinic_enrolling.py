"""The enrolment form: what it takes, what it refuses field by field, whom it recognises, what happens next."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from records import clock, enrolment
from records.models import Enrolment, EnrolmentState, Patient, Role
from records.patients import reveal
from tests.webapp.signing import post
from tests.webapp.ward import Ward, enter, open_ward
from triage import protocols

NEW = "/fr/patients/new"


@pytest.fixture
def ward(session: Session) -> Ward:
    return open_ward(session)


@pytest.fixture
def client(app: Flask, ward: Ward) -> FlaskClient:
    return enter(app, ward, Role.ENROLLER)


def filled(ward: Ward, **changes: Any) -> dict[str, Any]:
    yesterday = (clock.now() - timedelta(days=1)).strftime("%d/%m/%Y")
    form = {
        "family_name": "Lefèvre",
        "given_name": "Aïcha",
        "birth_date": "27/3/1958",
        "phone": "06 12 34 56 78",
        "email": "",
        "language": "fr",
        "zone": "Europe/Paris",
        "address": "3 quai de la Loire, 75019 Paris",
        "emergency_name": "Jean Lefèvre",
        "emergency_phone": "06.12.34.56.79",
        "gp_name": "Dr Roux",
        "gp_phone": "0142345678",
        "conditions": [],
        "risk_tier": "standard",
        "onset_on": yesterday,
        "lives_alone": "no",
        "has_oximeter": "yes",
        "consent": "oral",
        "team": str(ward.team.public_id),
    }
    return {name: value for name, value in (form | changes).items() if value is not None}


def enrolled(ward: Ward) -> list[Enrolment]:
    ward.session.expire_all()
    return list(ward.session.scalars(sa.select(Enrolment).order_by(Enrolment.id)))


def sign_protocol(ward: Ward) -> None:
    version = protocols.bound(ward.session, programme_id=ward.programme.id, now=clock.now())
    assert version
    physician = ward.person(Role.PHYSICIAN)
    protocols.sign(ward.session, version=version, programme=ward.programme, physician=physician, now=clock.now())
    ward.session.commit()


def test_a_patient_is_enrolled_and_invited_at_once_under_a_signed_protocol(client: FlaskClient, ward: Ward) -> None:
    sign_protocol(ward)

    answer = post(client, NEW, filled(ward))

    (made,) = enrolled(ward)
    assert answer.location == f"/fr/patients/{made.public_id}"
    assert made.state == EnrolmentState.INVITED
    assert made.enrolled_by_id == ward.person(Role.ENROLLER).id
    identity = reveal(made.patient)
    assert (identity.family_name, identity.phone) == ("Lefèvre", "+33612345678")
    known = enrolment.particulars(made)
    assert (known.emergency_phone, known.gp_phone) == ("+33612345679", "+33142345678")
    html = client.get(answer.location).text
    assert "06 12 34 56 78" in html
    assert "dictez ce code" in html


def test_under_an_unsigned_protocol_the_patient_is_enrolled_and_nobody_is_invited(client, ward) -> None:
    answer = post(client, NEW, filled(ward))

    (made,) = enrolled(ward)
    assert made.state == EnrolmentState.ENROLLED
    html = client.get(answer.location).text
    assert "Aucun médecin n’a encore signé le protocole" in html
    assert "dictez ce code" not in html


def test_the_protocol_is_a_click_away_for_who_may_sign_it(app: Flask, ward: Ward) -> None:
    client = enter(app, ward, Role.PHYSICIAN)

    answer = post(client, NEW, filled(ward))

    assert 'href="/fr/admin/protocol">Lire et signer' in client.get(answer.location).text


@pytest.mark.parametrize("condition", ["pregnancy", "respiratory-disease", "home-oxygen"])
def test_a_condition_that_needs_own_limits_holds_the_patient(client, ward, condition: str) -> None:
    sign_protocol(ward)

    post(client, NEW, filled(ward, conditions=[condition, "diabetes"]))

    (made,) = enrolled(ward)
    assert (made.state, made.hold_reason) == (EnrolmentState.HELD, condition)


def test_of_a_refusal_only_who_refused_is_kept(client: FlaskClient, ward: Ward) -> None:
    said = {"family_name": "Lefèvre", "given_name": "Aïcha", "birth_date": "27/3/1958", "consent": "refused"}

    post(client, NEW, said | {"team": str(ward.team.public_id), "language": "fr", "zone": "Europe/Paris"})

    (made,) = enrolled(ward)
    assert made.state == EnrolmentState.REFUSED
    assert reveal(made.patient).phone is None
    assert made.address is None


def test_an_overseas_number_is_understood_as_it_is_dialled_there(client: FlaskClient, ward: Ward) -> None:
    post(client, NEW, filled(ward, zone="Indian/Reunion", phone="0692 12 34 56", emergency_phone="", gp_phone=""))

    assert reveal(enrolled(ward)[0].patient).phone == "+262692123456"


def test_an_unknown_onset_is_ticked_and_not_guessed(client: FlaskClient, ward: Ward) -> None:
    post(client, NEW, filled(ward, onset_on="", onset_unknown="y"))

    assert enrolled(ward)[0].onset_on is None


TOMORROW = (clock.now() + timedelta(days=2)).strftime("%d/%m/%Y")
CHILD = (clock.now() - timedelta(days=17 * 365)).strftime("%d/%m/%Y")
SCRIPT = "<script>alert(1)</script>"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        *((name, None) for name in ("family_name", "given_name", "birth_date", "phone", "address", "zone", "language")),
        *((name, None) for name in ("risk_tier", "lives_alone", "has_oximeter", "consent", "team")),
        *((name, "   ") for name in ("family_name", "given_name", "birth_date", "phone", "address")),
        *((name, "x" * 3000) for name in ("family_name", "given_name", "birth_date", "phone", "email", "address")),
        *((name, "x" * 3000) for name in ("emergency_name", "emergency_phone", "gp_name", "gp_phone", "onset_on")),
        *((name, "a\x00b\x1b") for name in ("family_name", "given_name", "birth_date", "phone", "email", "address")),
        *((name, "a\u202eb") for name in ("family_name", "given_name", "emergency_name", "gp_name")),
        *((name, SCRIPT) for name in ("birth_date", "phone", "zone", "language", "risk_tier", "consent", "team")),
        *((name, SCRIPT) for name in ("conditions", "lives_alone", "has_oximeter", "onset_on", "emergency_phone")),
        *((name, "'; DROP TABLE patients; --") for name in ("birth_date", "phone", "zone", "team", "gp_phone")),
        ("family_name", "12345"),
        ("birth_date", "31/02/1980"),
        ("birth_date", "1/1/1850"),
        ("birth_date", TOMORROW),
        ("phone", "06 12 34"),
        ("phone", "06 39 98 00 01"),
        ("phone", "15"),
        ("phone", "+33 6 12 34 56 78 ext. 9"),
        ("email", "not an address"),
        ("zone", "Europe/Atlantis"),
        ("zone", "../../etc/passwd"),
        ("onset_on", TOMORROW),
        ("onset_on", "1/1/2020"),
        ("onset_on", ""),
        ("team", "00000000-0000-0000-0000-000000000000"),
    ],
)
def test_each_field_refuses_what_makes_no_sense_and_nothing_is_stored(client, ward, field: str, value: Any) -> None:
    answer = post(client, NEW, filled(ward, **{field: value}))

    assert answer.status_code == 422
    assert f'href="#{field}"' in answer.text
    assert SCRIPT not in answer.text
    for english in ("This field is required", "Not a valid", "Invalid", "must be"):
        assert english not in answer.text
    assert enrolled(ward) == []
    assert ward.session.scalars(sa.select(Patient)).all() == []


def test_what_was_typed_stays_in_the_form_when_one_field_is_wrong(client: FlaskClient, ward: Ward) -> None:
    html = post(client, NEW, filled(ward, phone="06 12", birth_date="27.3.1958", conditions=["diabetes"])).text

    for kept in (
        'value="Lefèvre"',
        'value="06 12"',
        'value="27.3.1958"',
        'value="diabetes" checked',
        "quai de la Loire",
    ):
        assert kept in html


def test_a_name_that_looks_like_markup_is_stored_and_shown_as_text(client: FlaskClient, ward: Ward) -> None:
    answer = post(client, NEW, filled(ward, family_name=SCRIPT, address=SCRIPT))

    html = client.get(answer.location).text
    assert SCRIPT not in html
    assert "&lt;script&gt;" in html


def test_a_minor_is_refused_with_the_reason(client: FlaskClient, ward: Ward) -> None:
    answer = post(client, NEW, filled(ward, birth_date=CHILD))

    assert answer.status_code == 422
    assert "18" in answer.text
    assert enrolled(ward) == []


def test_an_onset_both_typed_and_unknown_is_asked_again(client: FlaskClient, ward: Ward) -> None:
    answer = post(client, NEW, filled(ward, onset_unknown="y"))

    assert answer.status_code == 422
    assert "pas les deux" in answer.text


def test_somebody_known_is_shown_before_anything_is_stored(client: FlaskClient, ward: Ward) -> None:
    post(client, NEW, filled(ward))

    answer = post(client, NEW, filled(ward))

    assert answer.status_code == 422
    assert "Cette personne est peut-être déjà connue" in answer.text
    assert "Inclus, à inviter" in answer.text
    assert len(enrolled(ward)) == 1


def test_somebody_else_with_the_same_birth_date_and_name_is_a_new_patient(client: FlaskClient, ward: Ward) -> None:
    post(client, NEW, filled(ward))

    post(client, NEW, filled(ward, duplicate="other"))

    first, second = enrolled(ward)
    assert first.patient_id != second.patient_id


def test_a_second_episode_is_the_same_patient_again(client: FlaskClient, ward: Ward) -> None:
    post(client, NEW, filled(ward))
    first = enrolled(ward)[0]
    again = filled(ward, duplicate=str(first.patient.public_id))
    refused = post(client, NEW, again)
    assert refused.status_code == 422
    page = f"/fr/patients/{first.public_id}"
    post(
        enter(client.application, ward, Role.PHYSICIAN), page, {"discharge-reason": "completed"}, to=f"{page}/discharge"
    )

    answer = post(client, NEW, again)

    assert answer.status_code == 302, answer.text
    first, second = enrolled(ward)
    assert first.patient_id == second.patient_id
    assert len(ward.session.scalars(sa.select(Patient)).all()) == 1


def test_of_another_teams_patient_only_the_likeness_is_told(app: Flask, ward: Ward) -> None:
    south = ward.another_team()
    post(enter(app, ward, Role.ENROLLER, "Sacha Sud", team=south), NEW, filled(ward, team=str(south.public_id)))
    client = enter(app, ward, Role.ENROLLER)

    answer = post(client, NEW, filled(ward, given_name="A", gp_name="", emergency_name=""))

    assert answer.status_code == 422
    assert "Patient d’une autre équipe" in answer.text
    assert "Aïcha" not in answer.text
    assert "nouvel épisode" not in answer.text
    stolen = filled(ward, duplicate=str(enrolled(ward)[0].patient.public_id))
    assert post(client, NEW, stolen).status_code == 422
    assert len(enrolled(ward)) == 1


def test_the_first_time_zones_offered_are_those_of_france(client: FlaskClient) -> None:
    html = client.get(NEW).text

    assert html.index("Indian/Reunion") < html.index("Africa/Abidjan")
    assert '<option selected value="Europe/Paris">' in html


@pytest.mark.parametrize("role", [Role.OPERATOR, Role.ADMINISTRATOR])
def test_who_may_not_enrol_gets_no_form(app: Flask, ward: Ward, role: str) -> None:
    client = enter(app, ward, role)

    assert client.get(NEW).status_code == 403
    page = "/fr/patients" if role == Role.OPERATOR else "/fr/admin/protocol"
    assert post(client, page, filled(ward), to=NEW).status_code == 403
    assert enrolled(ward) == []
