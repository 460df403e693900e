"""The form of a decision says what it starts, keeps what was typed, names what came meanwhile; answers are moved."""

from __future__ import annotations

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from questionnaires.models import Response
from records import clock
from records.models import Enrolment, Role
from records.patients import reveal
from tests.webapp.signing import post
from tests.webapp.ward import ORANGE, RED, Ward, enter, open_ward
from triage.models import Disposition, MovedAnswer


@pytest.fixture
def ward(session: Session) -> Ward:
    return open_ward(session)


def page(enrolment: Enrolment) -> str:
    return f"/fr/patients/{enrolment.public_id}"


def taken(app: Flask, ward: Ward, enrolment: Enrolment, role: str = Role.PHYSICIAN, *, reach: bool = True):
    """(the browser of who claimed it, the call-back's address)."""
    client, call = enter(app, ward, role), f"/fr/callbacks/{ward.callback(enrolment).public_id}"
    post(client, "/fr/queue", {}, to=f"{call}/claim")
    if reach:
        post(client, page(enrolment), {"attempt-outcome": "reached", "attempt-verified": "y"}, to=f"{call}/attempts")
    return client, call


def offered(html: str) -> set[str]:
    return set(re.findall(r'name="disposition-kind"[^>]*value="([^"]+)"', html))


def said(ward: Ward, enrolment: Enrolment, kind: str, **given: str) -> dict[str, str]:
    seen = ",".join(str(alert.public_id) for alert in ward.alerts(enrolment) if alert.closed_at is None)
    return {"disposition-kind": kind, "disposition-seen": seen} | {f"disposition-{k}": v for k, v in given.items()}


def offered_hours(html: str) -> int:
    return int(re.search(r'name="disposition-hours"[^>]*value="(\d+)"', html)[1])


@pytest.mark.parametrize(
    ("role", "there", "absent"),
    [
        (Role.OPERATOR, {"advice", "risk-up", "entry-error"}, {"ambulance", "welfare-check", "limits-changed"}),
        (Role.PHYSICIAN, {"ambulance", "limits-changed"}, {"welfare-check", "wrong-patient"}),
    ],
)
def test_only_what_applies_is_offered_with_what_it_starts(app: Flask, ward: Ward, role: str, there, absent) -> None:
    enrolment = ward.red()
    client, _ = taken(app, ward, enrolment, role)

    html = client.get(page(enrolment)).text

    assert there <= offered(html)
    assert not absent & offered(html)
    assert "Les questionnaires continuent comme avant." in html
    assert offered_hours(html) in range(1, 13), "at this hour of the day a text goes out then"


def test_a_welfare_check_is_offered_once_nobody_was_reached(app: Flask, ward: Ward) -> None:
    enrolment = ward.red()
    client, call = taken(app, ward, enrolment, reach=False)

    post(client, page(enrolment), {"attempt-outcome": "no-answer"}, to=f"{call}/attempts")

    assert "welfare-check" in offered(client.get(page(enrolment)).text)


def test_a_page_that_is_old_closes_what_it_showed_and_names_what_came_meanwhile(app: Flask, ward: Ward) -> None:
    enrolment = ward.patient()
    ward.answer(enrolment, ORANGE)
    client, call = taken(app, ward, enrolment)
    form = said(ward, enrolment, "advice")
    ward.answer(enrolment, RED)

    post(client, page(enrolment), form, to=f"{call}/dispositions")

    assert ward.is_open(enrolment)
    assert re.search(r"C’est noté\. Le rappel reste ouvert, pour ceci.*90", client.get(page(enrolment)).text)


def test_what_is_refused_keeps_what_was_typed_and_shows_what_came_meanwhile(app: Flask, ward: Ward) -> None:
    enrolment = ward.patient()
    ward.answer(enrolment, ORANGE)
    client, call = taken(app, ward, enrolment, reach=False)
    form = said(ward, enrolment, "advice", note="Fatigue au repos")
    ward.answer(enrolment, RED)

    answer = post(client, page(enrolment), form, to=f"{call}/dispositions")

    assert (answer.status_code, "Fatigue au repos" in answer.text) == (422, True)
    assert "Ceci est arrivé après l’ouverture de la page." in answer.text
    assert re.search(rf'name="disposition-seen"[^>]*value="{form["disposition-seen"]}"', answer.text)


@pytest.mark.parametrize(("typed", "code"), [("25:99", 422), ("", 422), ("now", 302)])
def test_the_hour_of_the_ambulance_is_understood_or_asked_again(app: Flask, ward: Ward, typed: str, code: int) -> None:
    enrolment = ward.red()
    client, call = taken(app, ward, enrolment)
    hour = f"{clock.local(clock.now(), ward.programme.zone):%H:%M}" if code == 302 else typed

    answer = post(
        client, page(enrolment), said(ward, enrolment, "ambulance", called_at=hour), to=f"{call}/dispositions"
    )

    assert answer.status_code == code
    kept = ward.session.scalars(select(Disposition.details)).all()
    assert len(kept) == (code == 302)


# --- moving ---------------------------------------------------------------------------------------------------------


def mover(app: Flask, ward: Ward) -> tuple[Enrolment, Enrolment, FlaskClient, str]:
    wrong, right = ward.red(), ward.patient(family_name="Kervella", given_name="Maëlle")
    client = enter(app, ward, Role.OPERATOR)
    response = ward.session.scalars(select(Response.public_id)).one()
    return wrong, right, client, f"{page(wrong)}/answers/{response}/move"


def test_answers_of_somebody_else_are_found_compared_and_moved_without_script(app: Flask, ward: Ward) -> None:
    wrong, right, client, address = mover(app, ward)
    assert address in client.get(page(wrong)).text

    found = client.get(post(client, address, {"text": "Kervella"}, to=f"{address}/find").location).text
    beside = client.get(f"{address}?to={right.public_id}").text
    done = post(client, f"{address}?to={right.public_id}", {"to": str(right.public_id), "reason": "Fille"}, to=address)

    assert f"{address}?to={right.public_id}" in found
    assert "KERVELLA" in beside
    assert reveal(wrong.patient).given_name in beside
    assert done.location == page(right)
    assert (ward.is_open(right), ward.is_open(wrong)) == (True, False)
    assert "Réponses déplacées vers un autre dossier" in client.get(page(wrong)).text
    assert "Fille" in client.get(page(right)).text


def test_a_value_and_a_number_keep_their_order_beside_arabic_where_answers_are_compared(app: Flask, ward: Ward) -> None:
    _, right, client, address = mover(app, ward)

    beside = client.get(f"{address}?to={right.public_id}".replace("/fr/", "/ar/")).text

    assert '<bdi dir="ltr">38,4 °C</bdi>' in beside
    assert re.search(r'<bdi dir="ltr"[^>]*>0\d( \d\d){4}</bdi>', beside)


def test_a_reason_typed_while_the_session_ended_comes_back_after_signing_in(app: Flask, ward: Ward) -> None:
    _, right, client, address = mover(app, ward)
    beside, typed = f"{address}?to={right.public_id}", {"to": str(right.public_id), "reason": "Fille du patient"}
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', client.get(beside).text)
    client.delete_cookie("vigidom_staff")

    held = client.post(address, data={"csrf_token": token[1], **typed})
    shown = post(enter(app, ward, Role.OPERATOR), beside, typed | {"show": ""}, to=address)

    assert (held.status_code, shown.status_code) == (401, 200)
    assert "Fille du patient" in held.text
    assert "Fille du patient</textarea>" in shown.text
    assert ward.session.scalars(select(MovedAnswer)).all() == []


def test_a_megabyte_of_a_reason_is_a_sentence_and_kept(app: Flask, ward: Ward) -> None:
    _, right, client, address = mover(app, ward)

    answer = post(client, page(right), {"to": str(right.public_id), "reason": "x" * 1_000_000}, to=address)

    assert (answer.status_code, "2000" in answer.text, "x" * 1_000_000 in answer.text) == (422, True, True)


def test_without_a_reason_nothing_is_moved(app: Flask, ward: Ward) -> None:
    _, right, client, address = mover(app, ward)

    answer = post(client, f"{address}?to={right.public_id}", {"to": str(right.public_id), "reason": ""}, to=address)

    assert answer.status_code == 422
    assert ward.session.scalars(select(MovedAnswer)).all() == []


def test_a_page_from_before_a_colleague_moved_them_moves_nothing_on(app: Flask, ward: Ward) -> None:
    wrong, right, client, address = mover(app, ward)
    mistaken = ward.patient(family_name="Autre", given_name="Jeanne")
    post(client, address, {"to": str(right.public_id), "reason": "Fille"}, to=address)

    stale = post(client, page(wrong), {"to": str(mistaken.public_id), "reason": "Cousine"}, to=address)

    assert stale.status_code == 404
    assert "ne sont pas parmi celles de votre équipe" in stale.text
    assert len(ward.session.scalars(select(MovedAnswer)).all()) == 1
    assert ward.is_open(right), "they stand where the first move put them"


def test_a_patient_of_another_team_is_a_sentence(app: Flask, ward: Ward) -> None:
    wrong, _, client, address = mover(app, ward)
    other = ward.patient(team=ward.another_team())

    looked = client.get(f"{address}?to={other.public_id}")
    sent = post(client, address, {"to": str(other.public_id), "reason": "Fille"}, to=address)

    for answer in (looked, sent):
        assert "Ce patient n’est pas parmi ceux de votre équipe." in answer.text
    assert ward.is_open(wrong)


@pytest.mark.parametrize("role", [Role.ENROLLER, Role.ADMINISTRATOR])
def test_who_does_not_work_callbacks_moves_nothing(app: Flask, ward: Ward, role: str) -> None:
    *_, address = mover(app, ward)

    assert enter(app, ward, role).get(address).status_code == 403
