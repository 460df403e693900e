"""What is typed into a call is lost by nothing: a refusal, a stale page, a session that ends, another device."""

from __future__ import annotations

import re
import uuid

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from records import clock
from records.models import Role
from tests.webapp.files import attempts, file, let_go, taken
from tests.webapp.signing import post
from tests.webapp.ward import Ward, enter, open_ward
from triage import callbacks

REACHED = {"attempt-outcome": "reached", "attempt-verified": "y"}
TYPED = "Tousse beaucoup, « 38 »"


@pytest.fixture
def ward(session: Session) -> Ward:
    return open_ward(session)


def test_more_than_any_note_is_refused_in_one_sentence(app: Flask, ward: Ward) -> None:
    client, enrolment, call = taken(app, ward)

    answer = post(client, file(enrolment), {"attempt-note": "x" * 9_000_000}, to=f"{call}/attempts")

    assert answer.status_code == 413
    assert "trop volumineux" in answer.text or "trop long" in answer.text or "trop grand" in answer.text


@pytest.mark.parametrize("form", ["attempts", "dispositions"])
def test_what_was_typed_into_a_call_back_closed_meanwhile_is_shown(app: Flask, ward: Ward, form: str) -> None:
    client, enrolment, call = taken(app, ward)
    seen = [alert.public_id for alert in ward.alerts(enrolment)]
    about = {"callback": ward.callback(enrolment).public_id, "staff": ward.person(Role.PHYSICIAN), "now": clock.now()}
    callbacks.take_over(ward.session, **about)
    callbacks.add_attempt(ward.session, **about, outcome="reached", verified=True)
    callbacks.dispose(ward.session, kind="advice", seen_alerts=seen, **about)
    ward.session.commit()

    said = REACHED if form == "attempts" else {"disposition-kind": "advice", "disposition-seen": str(seen[0])}
    note = f"{form.rstrip('s')}-note"
    answer = post(client, file(enrolment), {**said, note: TYPED}, to=f"{call}/{form}")

    assert answer.status_code == 422
    assert "clos" in answer.text
    assert TYPED in answer.text
    assert len(attempts(ward)) == 1


def test_a_stale_page_is_written_when_nobody_has_taken_the_call_since(app: Flask, ward: Ward) -> None:
    client, enrolment, call = taken(app, ward)
    let_go(ward, enrolment)

    answer = post(client, file(enrolment), {"attempt-outcome": "busy"}, to=f"{call}/attempts")

    assert answer.location == file(enrolment)
    assert [attempt.outcome for attempt in attempts(ward)] == ["busy"]
    assert ward.callback(enrolment).claim_ends_at > clock.now()


def test_a_stale_page_names_who_has_the_call_now_and_keeps_what_was_typed(app: Flask, ward: Ward) -> None:
    client, enrolment, call = taken(app, ward)
    let_go(ward, enrolment, to="Sacha Morel")

    answer = post(client, file(enrolment), REACHED | {"attempt-note": TYPED}, to=f"{call}/attempts")

    assert answer.status_code == 409
    assert "Sacha Morel" in answer.text
    assert TYPED in answer.text
    assert attempts(ward) == []


def test_what_is_typed_is_kept_and_stands_in_the_forms_again(app: Flask, ward: Ward) -> None:
    client, enrolment, call = taken(app, ward)
    typed = {"attempt-outcome": "voicemail", "attempt-note": TYPED, "disposition-note": "Repos"}

    answer = post(client, file(enrolment), typed, to=f"{call}/draft")

    assert re.fullmatch(r"Enregistré à \d\d:\d\d:\d\d\.", answer.json["saved"])
    html = client.get(file(enrolment)).text
    assert f"{TYPED}</textarea>" in html
    assert "Repos</textarea>" in html
    assert re.search(r'value="voicemail"\s+checked', html)


def test_that_the_identity_was_right_is_not_kept_for_the_next_call(app: Flask, ward: Ward) -> None:
    client, enrolment, call = taken(app, ward)

    post(client, file(enrolment), {"attempt-note": TYPED, **REACHED}, to=f"{call}/draft")

    html = client.get(file(enrolment)).text
    assert f"{TYPED}</textarea>" in html
    assert re.search(r'name="attempt-verified"', html)
    assert not re.search(r'<input(?=[^>]*name="attempt-verified")[^>]*\schecked', html)


def test_what_was_sent_is_forgotten_and_the_rest_stays(app: Flask, ward: Ward) -> None:
    client, enrolment, call = taken(app, ward)
    post(client, file(enrolment), {"attempt-note": TYPED, "disposition-note": "Repos"}, to=f"{call}/draft")

    post(client, file(enrolment), REACHED | {"attempt-note": TYPED}, to=f"{call}/attempts")

    html = client.get(file(enrolment)).text
    assert f"{TYPED}</textarea>" not in html
    assert "Repos</textarea>" in html


def test_a_form_that_is_refused_leaves_what_was_typed_into_the_other_one(app: Flask, ward: Ward) -> None:
    client, enrolment, call = taken(app, ward)
    post(client, file(enrolment), {"disposition-note": "Repos"}, to=f"{call}/draft")

    answer = post(client, file(enrolment), {"attempt-note": TYPED}, to=f"{call}/attempts")

    assert answer.status_code == 422
    assert f"{TYPED}</textarea>" in answer.text
    assert "Repos</textarea>" in answer.text


def test_nobody_reads_what_a_colleague_has_typed(app: Flask, ward: Ward) -> None:
    client, enrolment, call = taken(app, ward)
    post(client, file(enrolment), {"attempt-note": TYPED}, to=f"{call}/draft")

    other = enter(app, ward, Role.SUPERVISOR)
    post(other, "/fr/queue", {}, to=f"{call}/take-over")

    assert TYPED not in other.get(file(enrolment)).text
    html = client.get(file(enrolment)).text
    assert TYPED in html, "its author sees it still, without a form"
    post(client, file(enrolment), {}, to=f"{call}/draft/discard")
    assert TYPED not in client.get(file(enrolment)).text


def test_what_was_typed_about_a_patient_who_went_to_another_team_is_given_back(app: Flask, ward: Ward) -> None:
    client, enrolment, call = taken(app, ward)
    enrolment.team_id = ward.another_team().id
    ward.session.commit()

    answer = post(client, "/fr/queue", REACHED | {"attempt-note": TYPED}, to=f"{call}/attempts")

    assert answer.status_code == 404
    assert f"{TYPED}</pre>" in answer.text
    assert "votre équipe" in answer.text
    assert attempts(ward) == []


@pytest.mark.parametrize("length", [30_000, 1_000_000])
def test_a_draft_without_end_is_refused_in_a_sentence(app: Flask, ward: Ward, length: int) -> None:
    client, enrolment, call = taken(app, ward)

    answer = post(client, file(enrolment), {"attempt-note": "x" * length}, to=f"{call}/draft")

    assert answer.status_code == 422
    assert "Non enregistré" in answer.json["error"]


@pytest.mark.parametrize("form", ["attempts", "dispositions"])
def test_what_was_typed_while_the_session_ended_comes_back_after_signing_in(app: Flask, ward: Ward, form: str) -> None:
    client, enrolment, call = taken(app, ward)
    token = re.search(r'name="csrf_token" value="([^"]+)"', client.get(file(enrolment)).text)
    note = f"{form.rstrip('s')}-note"
    sent = {"csrf_token": token[1], note: TYPED, "attempt-outcome": "busy", "disposition-kind": "advice"}
    client.delete_cookie("vigidom_staff")

    kept = client.post(f"{call}/{form}", data=sent)

    assert kept.status_code == 401
    assert TYPED in kept.text
    again = enter(app, ward)
    shown = post(again, file(enrolment), {note: TYPED, "attempt-outcome": "busy", "show": ""}, to=f"{call}/{form}")
    assert shown.status_code == 200
    assert f"{TYPED}</textarea>" in shown.text
    assert attempts(ward) == []


def test_a_double_click_writes_one_call_also_when_the_claim_has_ended_since(app: Flask, ward: Ward) -> None:
    client, enrolment, call = taken(app, ward)
    told = REACHED | {"attempt-key": str(uuid.uuid4())}

    first = post(client, file(enrolment), told, to=f"{call}/attempts")
    let_go(ward, enrolment, to="Sacha Morel")
    second = post(client, file(enrolment), told, to=f"{call}/attempts")

    assert (first.location, second.location) == (file(enrolment), file(enrolment))
    assert len(attempts(ward)) == 1
