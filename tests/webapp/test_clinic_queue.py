"""The queue page: rows in words, fresh by ETag, within one's own teams; taking calls, and losing the race for one."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from records import clock
from records.models import Role
from records.patients import reveal
from tests.webapp.signing import post
from tests.webapp.ward import ORANGE, RED, WELL, Ward, enter, open_ward
from triage import callbacks, jobs
from webapp.clinic import queue_address


@pytest.fixture
def ward(session: Session) -> Ward:
    return open_ward(session)


def names(html: str) -> list[str]:
    return re.findall(r'vd-queue__name"[^>]*><bdi>([^<]+)</bdi></a>', html)


def test_an_empty_queue_says_that_nobody_waits(app: Flask, ward: Ward) -> None:
    assert "Personne n’attend de rappel." in enter(app, ward).get("/fr/queue").text


def test_a_row_shows_who_why_since_when_and_the_last_values(app: Flask, ward: Ward) -> None:
    enrolment = ward.patient()
    ward.answer(enrolment, WELL, ago=timedelta(hours=26))
    ward.answer(enrolment, RED, ago=timedelta(minutes=4, seconds=20))

    html = enter(app, ward).get("/fr/queue").text

    identity = reveal(enrolment.patient)
    assert names(html) == [str_escaped(f"{identity.family_name.upper()} {identity.given_name}")]
    assert "vd-queue__row--red" in html
    assert "SpO2 90" in html
    assert "38,4" in html
    assert "4\u00a0min" in html
    assert "encore 5\u00a0min" in html
    day = clock.local_day(clock.now(), enrolment.zone) - enrolment.onset_on
    assert f">J{day.days}<" in html
    assert "<svg" in html


def str_escaped(text: str) -> str:
    return text.replace("'", "&#39;")


def test_a_call_that_is_overdue_says_so_in_a_word_and_not_only_in_red(app: Flask, ward: Ward) -> None:
    ward.answer(ward.patient(), RED, ago=timedelta(minutes=12))

    html = enter(app, ward).get("/fr/queue").text

    assert 'class="vd-wait vd-late">12\u00a0min' in html
    assert "délai dépassé</span>" in html


def test_urgent_calls_come_first_and_the_longest_late_among_them(app: Flask, ward: Ward) -> None:
    orange, newer, older = ward.patient(), ward.patient(), ward.patient()
    ward.answer(orange, ORANGE, ago=timedelta(hours=5))
    ward.answer(newer, RED, ago=timedelta(minutes=2))
    ward.answer(older, RED, ago=timedelta(minutes=30))

    html = enter(app, ward).get("/en/queue").text

    shown = re.findall(r'href="/en/patients/([0-9a-f-]{36})"', html)
    order = list(dict.fromkeys(shown))
    assert order == [str(e.public_id) for e in (older, newer, orange)]


def test_the_queue_of_another_team_stays_unseen(app: Flask, ward: Ward) -> None:
    ward.red(team=ward.another_team())

    assert names(enter(app, ward).get("/fr/queue").text) == []


def test_asking_again_costs_a_304_until_something_that_is_shown_changes(app: Flask, ward: Ward) -> None:
    enrolment = ward.red()
    client = enter(app, ward)
    first = client.get("/fr/queue/rows")
    etag = first.headers["ETag"]

    again = client.get("/fr/queue/rows", headers={"If-None-Match": etag})
    assert (again.status_code, again.data) == (304, b"")
    assert abs(int(again.headers["X-Vigidom-Now"]) - clock.now().timestamp()) < 60

    other = ward.person(Role.OPERATOR, "Sacha Morel")
    callbacks.claim(ward.session, callback=ward.callback(enrolment).public_id, staff=other, now=clock.now())
    ward.session.commit()
    changed = client.get("/fr/queue/rows", headers={"If-None-Match": etag})
    assert changed.status_code == 200
    assert "Sacha Morel" in changed.text


def test_later_answers_that_raise_no_alert_are_shown_by_the_next_look(app: Flask, ward: Ward) -> None:
    enrolment = ward.red()
    client = enter(app, ward)
    etag = client.get("/fr/queue/rows").headers["ETag"]
    ward.answer(enrolment, {**WELL, "temperature": [{"quantity": "37.9", "unit": "Cel"}]})

    answer = client.get("/fr/queue/rows", headers={"If-None-Match": etag})

    assert len(ward.alerts(enrolment)) == 1
    assert answer.status_code == 200
    assert "37,9" in answer.text


def test_the_page_and_its_rows_agree_on_what_is_fresh(app: Flask, ward: Ward) -> None:
    ward.red()
    client = enter(app, ward)
    etag = re.search(r'data-etag="([^"]+)"', client.get("/fr/queue").text)

    answer = client.get("/fr/queue/rows", headers={"If-None-Match": etag[1].replace("&#34;", '"')})

    assert answer.status_code == 304


def test_rows_in_another_language_are_another_answer(app: Flask, ward: Ward) -> None:
    ward.red()
    client = enter(app, ward)
    etag = client.get("/fr/queue/rows").headers["ETag"]

    assert client.get("/en/queue/rows", headers={"If-None-Match": etag}).status_code == 200


def test_claiming_is_stored_and_leads_to_the_patient(app: Flask, ward: Ward) -> None:
    enrolment = ward.red()
    client = enter(app, ward, Role.OPERATOR)

    answer = post(client, "/fr/queue", {}, to=f"/fr/callbacks/{ward.callback(enrolment).public_id}/claim")

    assert answer.location == f"/fr/patients/{enrolment.public_id}"
    assert ward.callback(enrolment).claimed_by_id == ward.person(Role.OPERATOR).id


def test_the_loser_of_a_race_is_told_who_won_and_may_take_over(app: Flask, ward: Ward) -> None:
    enrolment = ward.red()
    winner = enter(app, ward, Role.OPERATOR, "Sacha Morel")
    loser = enter(app, ward, Role.PHYSICIAN)
    claim = f"/fr/callbacks/{ward.callback(enrolment).public_id}/claim"
    loser.get("/fr/queue")
    post(winner, "/fr/queue", {}, to=claim)

    lost = post(loser, "/fr/patients", {}, to=claim)

    assert lost.status_code == 409
    assert "<bdi>Sacha Morel</bdi> a cet appel" in lost.text
    assert ward.callback(enrolment).claimed_by_id == ward.person(Role.OPERATOR, "Sacha Morel").id

    taken = post(loser, "/fr/patients", {}, to=claim.replace("claim", "take-over"))
    assert taken.status_code == 302
    assert ward.callback(enrolment).claimed_by_id == ward.person(Role.PHYSICIAN).id


def test_a_silent_row_says_why_and_leaves_it_to_its_badge_that_nobody_answered(app: Flask, ward: Ward) -> None:
    enrolment = ward.patient()
    ward.missed(enrolment, ago=timedelta(hours=5))
    jobs.raise_silences(ward.session, now=clock.now())
    ward.session.commit()

    client = enter(app, ward)
    row = re.search(r'class="vd-queue__reason"(.*?)</td>', client.get("/fr/queue").text, re.DOTALL)

    assert row is not None
    assert "SMS" in row[1]
    assert "pas répondu au questionnaire" not in row[1]
    assert "pas répondu au questionnaire" in client.get(f"/fr/patients/{enrolment.public_id}").text


def test_giving_a_call_back_frees_it_for_everybody(app: Flask, ward: Ward) -> None:
    enrolment = ward.red()
    client = enter(app, ward)
    callback = ward.callback(enrolment).public_id
    post(client, "/fr/queue", {}, to=f"/fr/callbacks/{callback}/claim")

    answer = post(client, f"/fr/patients/{enrolment.public_id}", {}, to=f"/fr/callbacks/{callback}/release")

    assert answer.location == "/fr/queue"
    assert ward.callback(enrolment).claimed_by_id is None


@pytest.mark.parametrize("act", ["claim", "take-over", "release", "attempts", "dispositions"])
def test_a_call_of_another_team_is_not_there(app: Flask, ward: Ward, act: str) -> None:
    enrolment = ward.red(team=ward.another_team())
    client = enter(app, ward)

    answer = post(client, "/fr/patients", {}, to=f"/fr/callbacks/{ward.callback(enrolment).public_id}/{act}")

    assert answer.status_code == 404
    assert ward.callback(enrolment).claimed_by_id is None


@pytest.mark.parametrize("role", [Role.ENROLLER, Role.ADMINISTRATOR])
def test_who_does_not_call_cannot_claim(app: Flask, ward: Ward, role: str) -> None:
    enrolment = ward.red()
    client = enter(app, ward, role)
    page = "/fr/patients" if role == Role.ENROLLER else "/fr/admin/protocol"

    answer = post(client, page, {}, to=f"/fr/callbacks/{ward.callback(enrolment).public_id}/claim")

    assert answer.status_code == 403
    assert ward.callback(enrolment).claimed_by_id is None


def test_names_are_text_and_never_markup(app: Flask, ward: Ward) -> None:
    ward.red(family_name="<script>alert(1)</script> X")

    html = enter(app, ward).get("/fr/queue").text

    assert "<script>alert" not in html
    assert "&lt;SCRIPT&gt;" in html


def test_a_filter_stands_in_the_address_and_in_its_rows(app: Flask, ward: Ward) -> None:
    ward.red(family_name="Quiniou", given_name="Zoé")
    ward.answer(ward.patient(family_name="Le Bras", given_name="Yves", language="ar"), ORANGE, ago=timedelta(hours=5))
    client = enter(app, ward)
    team = ward.team.public_id

    for query, shown in {
        "": ["QUINIOU Zoé", "LE BRAS Yves"],
        f"level=orange&team={team}": ["LE BRAS Yves"],
        "late=1": ["LE BRAS Yves"],
        "spoken=ar": ["LE BRAS Yves"],
        "mine=1": [],
        "silent=1": [],
        "physician=1": [],
        "level=purple&team=nobody&spoken=xx&limit=-3": ["QUINIOU Zoé", "LE BRAS Yves"],
    }.items():
        assert names(client.get(f"/fr/queue?{query}").text) == shown, query
        assert names(client.get(f"/fr/queue/rows?{query}").text) == shown, query


def test_nothing_that_fits_is_said_with_the_way_back_to_everybody(app: Flask, ward: Ward) -> None:
    ward.red()

    html = enter(app, ward).get("/fr/queue?mine=1").text

    assert "Personne dans la file ne correspond à votre demande." in html
    assert "1 patient à rappeler" in html


def test_a_name_is_searched_for_without_standing_in_the_address(app: Flask, ward: Ward) -> None:
    ward.red(family_name="Quiniou", given_name="Zoé")
    ward.red(family_name="Le Bras", given_name="Yves")
    client = enter(app, ward)

    answer = post(client, "/fr/queue", {"text": "quiniou"}, to="/fr/queue/search?level=red")

    assert answer.status_code == 303
    assert "quiniou" not in answer.location.lower()
    assert "level=red" in answer.location
    assert names(client.get(answer.location).text) == ["QUINIOU Zoé"]
    other = enter(app, ward, Role.OPERATOR)
    assert len(names(other.get(answer.location).text)) == 2


def test_a_view_is_saved_shown_renamed_and_deleted_by_whose_it_is_alone(app: Flask, ward: Ward) -> None:
    client, other = enter(app, ward), enter(app, ward, Role.OPERATOR)
    saved = post(client, "/fr/queue", {"name": " Mes  urgents "}, to="/fr/queue/views?level=red&limit=100")
    assert saved.location == "/fr/queue?level=red"
    page = client.get(saved.location).text
    assert 'href="/fr/queue?level=red" aria-current="true"><bdi>Mes urgents</bdi>' in page
    assert "Mes urgents" not in other.get("/fr/queue").text
    rename = re.search(r'action="(/fr/queue/views/[0-9a-f-]{36})/rename', page)[1]

    assert post(other, "/fr/queue", {"name": "x"}, to=f"{rename}/rename").status_code == 404
    assert post(other, "/fr/queue", {}, to=f"{rename}/delete").status_code == 404
    post(client, "/fr/queue", {"name": "Rouges"}, to=f"{rename}/rename")
    assert "<bdi>Rouges</bdi>" in client.get("/fr/queue").text
    post(client, "/fr/queue", {}, to=f"{rename}/delete")
    assert "Rouges" not in client.get("/fr/queue").text


@pytest.mark.parametrize("name", ["", "   ", "x" * 61, "a\u202eb"])
def test_a_view_without_a_fit_name_is_refused_and_what_was_typed_stays(app: Flask, ward: Ward, name: str) -> None:
    answer = post(enter(app, ward), "/fr/queue", {"name": name}, to="/fr/queue/views?level=red")

    assert answer.status_code == 422
    assert "Donnez à la vue un nom de 1 à 60 caractères." in answer.text


def test_how_the_queue_is_liked_is_kept_with_the_person(app: Flask, ward: Ward) -> None:
    client = enter(app, ward)
    assert "is-compact" not in client.get("/fr/queue").text

    answer = post(client, "/fr/queue", {"compact": "1", "keyboard": "1"}, to="/fr/queue/preferences?late=1")

    assert answer.location == "/fr/queue?late=1"
    html = client.get("/fr/queue").text
    assert 'class="is-compact"' in html
    assert " data-keyboard" in html
    assert " data-sound" not in html
    assert "is-compact" not in enter(app, ward, Role.OPERATOR).get("/fr/queue").text


def test_more_rows_are_shown_page_by_page(app: Flask, ward: Ward, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queue_address, "PAGE", 1)
    monkeypatch.setattr(queue_address, "MOST", 2)
    client = enter(app, ward)
    for _ in range(3):
        ward.red()

    first, last = (client.get(f"/fr/queue{query}").text for query in ("", "?limit=900"))
    assert [len(names(html)) for html in (first, last)] == [1, 2]
    assert 'href="/fr/queue?limit=2"' in first
    assert "Seuls les 2 premiers" in last


def test_the_next_call_is_taken_within_what_the_page_shows(app: Flask, ward: Ward) -> None:
    ward.red()
    orange = ward.patient()
    ward.answer(orange, ORANGE)
    client = enter(app, ward, Role.OPERATOR)

    answer = post(client, "/fr/queue", {}, to="/fr/callbacks/next?level=orange")

    assert answer.location == f"/fr/patients/{orange.public_id}"
    again = post(client, "/fr/queue", {}, to="/fr/callbacks/next?level=orange")
    assert again.location == "/fr/queue?level=orange"


def test_a_row_written_for_one_viewer_gives_another_nothing_of_the_first(app: Flask, ward: Ward) -> None:
    enrolment = ward.red()
    mine, theirs = enter(app, ward, Role.OPERATOR), enter(app, ward, Role.OPERATOR, "Sacha Morel")
    post(mine, "/fr/queue", {}, to=f"/fr/callbacks/{ward.callback(enrolment).public_id}/claim")

    assert "Poursuivre" in mine.get("/fr/queue/rows").text
    shown = theirs.get("/fr/queue/rows").text
    assert "Voir" in shown
    assert "Poursuivre" not in shown
    assert "csrf_token" not in shown
