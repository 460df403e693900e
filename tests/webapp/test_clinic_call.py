"""The page of a call: what it shows, what is written on it, and that nothing typed is ever lost."""

from __future__ import annotations

import re
import uuid
from datetime import time, timedelta

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from records import clock
from records.models import CallsBy, Enrolment, Role
from records.patients import reveal
from tests.webapp.signing import post
from tests.webapp.ward import ORANGE, Ward, enter, open_ward
from triage import callbacks
from triage.models import Attempt, Callback, CallDraft, Disposition

RELATIVE = {"emergency_name": "Claire Petit", "emergency_phone": "06 12 34 56 78"}
REACHED = {"attempt-outcome": "reached", "attempt-verified": "y"}
TYPED = "Tousse beaucoup, « 38 »"


@pytest.fixture
def ward(session: Session) -> Ward:
    return open_ward(session)


def file(enrolment: Enrolment) -> str:
    return f"/fr/patients/{enrolment.public_id}"


def call_of(ward: Ward, enrolment: Enrolment) -> str:
    return f"/fr/callbacks/{ward.callback(enrolment).public_id}"


def taken(app: Flask, ward: Ward, role: str = Role.PHYSICIAN, **given) -> tuple[FlaskClient, Enrolment, str]:
    enrolment = ward.red(**(RELATIVE | given))
    client = enter(app, ward, role)
    call = call_of(ward, enrolment)
    post(client, "/fr/queue", {}, to=f"{call}/claim")
    return client, enrolment, call


def attempts(ward: Ward) -> list[Attempt]:
    return list(ward.session.scalars(sa.select(Attempt), execution_options={"populate_existing": True}))


def let_go(ward: Ward, enrolment: Enrolment, to: str = "") -> None:
    """The claim has ended long ago; `to` is the name of a colleague who has taken the call since."""
    ended = {"claimed_at": clock.now() - timedelta(hours=1), "claim_ends_at": clock.now() - timedelta(minutes=45)}
    ward.session.execute(sa.update(Callback).values(**ended))
    ward.session.commit()
    if to:
        colleague = ward.person(Role.OPERATOR, to)
        about = {"callback": ward.callback(enrolment).public_id, "staff": colleague, "now": clock.now()}
        callbacks.claim(ward.session, **about)
        ward.session.commit()


def test_the_page_has_at_hand_what_a_call_needs(app: Flask, ward: Ward) -> None:
    ward.programme.interpreter_phone = "+33122334455"
    ward.session.commit()
    client, enrolment, _ = taken(app, ward, language="ar")

    html = client.get(file(enrolment)).text

    assert f'href="tel:{reveal(enrolment.patient).phone}"' in html
    assert 'href="tel:+33612345678"' in html
    assert 'href="tel:+33122334455"' in html
    assert re.search(r'id="address"[^>]*>.*12 rue des Lilas', html)
    assert "verra votre propre numéro" in html, "nobody has set up the hospital's telephone"
    assert "Raccrochez" in html or "raccroche" in html


@pytest.mark.parametrize(
    ("calls_by", "says"),
    [(CallsBy.HOSPITAL, "01 23 45 67 89"), (CallsBy.BRIDGE, "01 23 45 67 89"), (CallsBy.OWN, "votre propre numéro")],
)
def test_the_page_says_which_number_the_patient_sees(app: Flask, ward: Ward, calls_by: str, says: str) -> None:
    ward.programme.calls_by, ward.programme.shown_number = calls_by, "+33123456789"
    ward.session.commit()
    client, enrolment, _ = taken(app, ward)

    shown = re.search(r'class="vd-call-shows">(.*?)</p>', client.get(file(enrolment)).text, re.DOTALL)

    assert shown is not None
    assert says in shown[1]


def test_a_call_in_vain_plans_the_next_one_and_its_hour_can_be_changed(app: Flask, ward: Ward) -> None:
    enrolment = ward.patient(**RELATIVE)
    ward.answer(enrolment, ORANGE)  # what is red is not left until tomorrow
    client, call = enter(app, ward), call_of(ward, enrolment)
    post(client, "/fr/queue", {}, to=f"{call}/claim")
    post(client, file(enrolment), {"attempt-outcome": "no-answer"}, to=f"{call}/attempts")
    planned = ward.callback(enrolment).next_try_at

    tomorrow = {"try-try_day": "tomorrow", "try-try_at": "8 h 05"}
    answer = post(client, file(enrolment), tomorrow, to=f"{call}/next-try")

    assert planned is not None
    assert answer.location == file(enrolment)
    changed = clock.local(ward.callback(enrolment).next_try_at, ward.programme.zone)
    assert (changed.hour, changed.minute) == (8, 5)
    assert changed.date() == clock.local_day(clock.now(), ward.programme.zone) + timedelta(days=1)
    assert re.search(r"Rappeler le \d+ \S+ 08:05", client.get("/fr/queue").text), "eight o'clock of which day"
    assert re.search(r"Prochain essai le \d+ \S+ 08:05", client.get(f"{call}/clock").text)


def test_the_contact_is_called_after_three_calls_in_vain_and_the_page_says_so(app: Flask, ward: Ward) -> None:
    client, enrolment, call = taken(app, ward)
    for _ in range(3):
        post(client, file(enrolment), {"attempt-outcome": "busy"}, to=f"{call}/attempts")
    assert "appelez maintenant la personne à prévenir" in client.get(file(enrolment)).text

    told = {"attempt-outcome": "no-answer", "attempt-called": "contact"}
    post(client, file(enrolment), told, to=f"{call}/attempts")

    html = client.get(file(enrolment)).text
    assert "un médecin décide" in html
    assert ward.callback(enrolment).next_step == "physician"


def test_a_call_back_handed_up_after_a_talk_is_not_said_to_have_reached_nobody(app: Flask, ward: Ward) -> None:
    client, enrolment, call = taken(app, ward, Role.OPERATOR)
    post(client, file(enrolment), {"attempt-outcome": "reached", "attempt-verified": "y"}, to=f"{call}/attempts")
    post(client, file(enrolment), {}, to=f"{call}/hand-up")
    doctor = enter(app, ward, Role.PHYSICIAN, "Noor")
    post(doctor, file(enrolment), {}, to=f"{call}/claim")
    html = doctor.get(file(enrolment)).text
    assert "confié à un médecin" in html
    assert "Personne n’a été joint" not in html


def test_nobody_is_reached_before_name_and_birth_were_asked_and_the_note_is_kept(app: Flask, ward: Ward) -> None:
    client, enrolment, call = taken(app, ward)

    answer = post(client, file(enrolment), {"attempt-outcome": "reached", "attempt-note": TYPED}, to=f"{call}/attempts")

    assert answer.status_code == 422
    assert "Demandez d’abord le nom et la date de naissance" in answer.text
    assert TYPED in answer.text
    assert attempts(ward) == []


def test_somebody_else_on_the_line_is_written_down_as_such(app: Flask, ward: Ward) -> None:
    client, enrolment, call = taken(app, ward)

    post(client, file(enrolment), {"attempt-outcome": "not-verified"}, to=f"{call}/attempts")

    (written,) = attempts(ward)
    assert (written.outcome, written.verified) == ("reached", False)
    assert ward.callback(enrolment).next_try_at is not None


def test_nothing_is_decided_before_somebody_was_verified(app: Flask, ward: Ward) -> None:
    client, enrolment, call = taken(app, ward)
    post(client, file(enrolment), {"attempt-outcome": "not-verified"}, to=f"{call}/attempts")
    seen = ",".join(str(alert.public_id) for alert in ward.alerts(enrolment))

    decided = {"disposition-kind": "advice", "disposition-note": TYPED, "disposition-seen": seen}
    answer = post(client, file(enrolment), decided, to=f"{call}/dispositions")

    assert answer.status_code == 422
    assert TYPED in answer.text
    assert ward.session.scalars(sa.select(Disposition)).all() == []


def test_a_call_made_earlier_is_written_at_its_hour(app: Flask, ward: Ward) -> None:
    client, enrolment, call = taken(app, ward)
    earlier = clock.local(clock.now() - timedelta(minutes=3), ward.programme.zone)

    post(client, file(enrolment), REACHED | {"attempt-at": f"{earlier:%H:%M}"}, to=f"{call}/attempts")

    assert f"{clock.local(attempts(ward)[0].at, ward.programme.zone):%H:%M}" == f"{earlier:%H:%M}"


def in_an_hour(ward: Ward) -> str:
    return f"{clock.local(clock.now() + timedelta(hours=1), ward.programme.zone):%H:%M}"


BAD = [
    ("no hour", {**REACHED, "attempt-at": "soon"}, "Saisissez une heure"),
    ("NUL", {**REACHED, "attempt-note": "a\x00b"}, "caractères"),
    ("control character", {**REACHED, "attempt-note": "a\x1bb"}, "caractères"),
    ("a megabyte", {**REACHED, "attempt-note": "é" * 500_000}, "2000"),
    ("next try in the past", {"attempt-outcome": "busy", "attempt-try_at": "0:00"}, "Cette heure est passée"),
    ("somebody unknown", {"attempt-outcome": "busy", "attempt-called": "neighbour"}, "parmi les choix"),
]


def test_what_cannot_be_taken_is_answered_with_a_sentence_and_kept(app: Flask, ward: Ward) -> None:
    client, enrolment, call = taken(app, ward)
    for name, data, says in BAD:
        answer = post(client, file(enrolment), {"attempt-note": TYPED} | data, to=f"{call}/attempts")

        assert answer.status_code == 422, name
        assert says in answer.text, name
        assert data.get("attempt-note", TYPED)[-1000:].strip("a\x00\x1bb") in answer.text, name
        assert attempts(ward) == [], name


def test_a_call_in_the_future_is_refused_and_kept(app: Flask, ward: Ward) -> None:
    client, enrolment, call = taken(app, ward)

    told = REACHED | {"attempt-at": in_an_hour(ward), "attempt-note": TYPED}
    answer = post(client, file(enrolment), told, to=f"{call}/attempts")

    assert answer.status_code in (422, 302), "an hour before midnight it is the hour of the day before"
    if answer.status_code == 422:
        assert "dans le futur" in answer.text
        assert TYPED in answer.text


def test_at_night_no_next_try_is_planned(app: Flask, ward: Ward) -> None:
    client, enrolment, call = taken(app, ward)
    ward.programme.opens, ward.programme.closes = time(8), time(20)
    ward.session.commit()

    told = {"attempt-outcome": "busy", "attempt-try_day": "tomorrow", "attempt-try_at": "3", "attempt-note": TYPED}
    answer = post(client, file(enrolment), told, to=f"{call}/attempts")

    assert answer.status_code == 422
    assert "08:00" in answer.text
    assert TYPED in answer.text


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


@pytest.mark.parametrize("act", ["attempts", "next-try", "draft", "draft/discard"])
def test_the_call_of_another_team_is_nobodys(app: Flask, ward: Ward, act: str) -> None:
    enrolment = ward.red(team=ward.another_team())
    client = enter(app, ward)

    answer = post(client, "/fr/queue", REACHED | {"attempt-note": TYPED}, to=f"{call_of(ward, enrolment)}/{act}")

    assert answer.status_code == 404
    assert ward.session.scalars(sa.select(CallDraft)).all() == []


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


def test_an_orange_call_has_its_own_script(app: Flask, ward: Ward) -> None:
    enrolment = ward.patient(**RELATIVE)
    ward.answer(enrolment, ORANGE)
    client = enter(app, ward)
    post(client, "/fr/queue", {}, to=f"{call_of(ward, enrolment)}/claim")

    html = client.get(file(enrolment)).text

    assert "par rapport à hier" in html
    assert "sans reprendre son souffle" not in html
