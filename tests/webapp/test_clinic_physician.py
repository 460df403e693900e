"""The page of a call-back that is the physician's says so, and offers others no more than they may do."""

from __future__ import annotations

import re

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from records.models import Enrolment, Role
from tests.webapp.signing import post
from tests.webapp.ward import Ward, enter, open_ward
from triage.models import Callback, Disposition

SENTENCE = "Un médecin doit décider de la suite."


@pytest.fixture
def ward(session: Session) -> Ward:
    return open_ward(session)


@pytest.fixture
def enrolment(ward: Ward) -> Enrolment:
    return ward.red()


def hand_to_physician(ward: Ward) -> None:
    ward.session.execute(sa.update(Callback).values(for_physician=True))
    ward.session.commit()


def offered(html: str) -> set[str]:
    return set(re.findall(r'name="disposition-kind"[^>]*value="([^"]+)"', html))


@pytest.mark.parametrize(("role", "is_told"), [(Role.OPERATOR, True), (Role.SUPERVISOR, True), (Role.PHYSICIAN, False)])
def test_the_form_offers_others_only_to_hand_over(
    app: Flask, ward: Ward, enrolment: Enrolment, role: str, is_told: bool
) -> None:
    client = enter(app, ward, role)
    call = f"/fr/callbacks/{ward.callback(enrolment).public_id}"
    post(client, "/fr/queue", {}, to=f"{call}/claim")
    page = f"/fr/patients/{enrolment.public_id}"
    before = client.get(page).text
    hand_to_physician(ward)

    html = client.get(page).text

    assert SENTENCE not in before
    assert len(offered(before)) > 5
    assert (SENTENCE in html) is is_told
    assert (offered(html) == {"to-physician"}) is is_told


def test_a_page_opened_before_it_became_the_physicians_is_refused_and_keeps_the_note(
    app: Flask, ward: Ward, enrolment: Enrolment
) -> None:
    client = enter(app, ward, Role.OPERATOR)
    call, page = f"/fr/callbacks/{ward.callback(enrolment).public_id}", f"/fr/patients/{enrolment.public_id}"
    post(client, "/fr/queue", {}, to=f"{call}/claim")
    post(client, page, {"attempt-outcome": "reached", "attempt-verified": "y"}, to=f"{call}/attempts")
    hand_to_physician(ward)
    seen = ",".join(str(alert.public_id) for alert in ward.alerts(enrolment))

    said = {"disposition-kind": "advice", "disposition-note": "Fatigue au repos", "disposition-seen": seen}
    answer = post(client, page, said, to=f"{call}/dispositions")

    assert answer.status_code == 422
    assert answer.text.count(SENTENCE) >= 2, "above the form and as the error"
    assert "Fatigue au repos" in answer.text
    assert ward.session.scalars(sa.select(Disposition)).all() == []
    assert ward.is_open(enrolment)
