"""Every kind of question as the plain form shows, takes and keeps it."""

from __future__ import annotations

import re
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from questionnaires import publishing, reading
from questionnaires.models import QuestionnaireInForce, QuestionnaireVersion, Response, VersionStatus
from records import clock
from records.models import Enrolment
from tests import factories
from tests.questionnaires.every_kind import FIELDS, STORED, document
from tests.webapp.patient_room import enter, hidden, make_followed
from triage import protocols
from webapp.clinic.answers import over_time

NAMES = ("csrf_token", "key", "owner", "checkin", "version", "language", "answer-plan")


def ask_every_kind(session: Session, enrolment: Enrolment) -> None:
    """From now on the patient's programme asks the questionnaire that holds every kind."""
    written, now = document(), clock.now()
    parsed = reading.parse(written)
    assert publishing.obstacles(parsed, ("fr", "en", "ar")) == ()
    version = QuestionnaireVersion(
        url=parsed.url,
        version=parsed.version,
        status=VersionStatus.PUBLISHED,
        document=written,
        digest=parsed.digest,
        created_at=now,
        published_at=now,
    )
    session.add(version)
    session.flush()
    session.add(QuestionnaireInForce(programme_id=enrolment.programme_id, version_id=version.id, from_at=now))
    session.commit()


@pytest.fixture
def asked(client: FlaskClient, session: Session) -> Enrolment:
    enrolment = make_followed(session, now=factories.NOW)
    ask_every_kind(session, enrolment)
    enter(client, session, enrolment)
    return enrolment


def post(client: FlaskClient, **changed: Any):
    page = client.get("/fr/checkin").text
    fields = (
        {name: hidden(page, name) for name in NAMES} | FIELDS | {k.replace("__", "-"): v for k, v in changed.items()}
    )
    return client.post("/fr/checkin/answers", data=fields)


def stored(session: Session) -> dict[str, Any]:
    return session.query(Response).one().answers


def test_every_kind_of_answer_is_stored_as_it_was_meant(client: FlaskClient, session: Session, asked) -> None:
    sent = post(client)

    assert sent.status_code == 303, re.findall(r'<li><a href="#[^<]*', sent.text)
    assert stored(session) == STORED


def test_each_kind_has_its_control_and_nothing_is_chosen_beforehand(client: FlaskClient, asked) -> None:
    page = client.get("/fr/checkin").text

    assert not re.search(r'name="answer-[^>]* checked', page)
    assert " selected" not in page
    assert re.search(r'<select[^>]*name="answer-room"', page)
    assert len(re.findall(r'<input[^>]*name="answer-medicines"', page)) == 3
    assert [part for part in ("day", "month", "year", "hour", "minute") if f'name="{part}-fall"' in page] != []
    assert 'type="date"' not in page
    assert 'type="number"' not in page
    assert "Mesures – Douleur" in page
    assert re.search(r'<input class="nhsuk-input[^>]*name="answer-pain" value=""', page)
    assert 'name="answer-total"' not in page
    assert "Score" not in page
    assert "A-7" in page


WRONG = [
    ({"day__onset": "31", "month__onset": "2"}, "Saisissez la date avec le jour", ['value="31"', 'value="2"']),
    ({"unit__weight": ""}, "Choisissez l’unité de votre mesure", ['value="82,5"']),
    ({"answer__signs": ["swelling", "none"]}, "ne peut être donnée que seule", ['value="none" checked']),
    ({"answer__helper": ["nurse", "My cat"]}, "Choisissez une seule réponse", ['"nurse" checked', '"My cat"']),
    ({"answer__code": "ab123"}, "n’a pas la forme demandée", ['value="ab123"']),
    ({"answer__code": "A1"}, "Votre texte est trop court", ['value="A1"']),
    ({"answer__well": ""}, "Répondez à cette question", []),
    ({"hour__bedtime": "25"}, "Tapez l’heure en heures et minutes", ['value="25"']),
]  # fmt: skip


@pytest.mark.parametrize(("changed", "sentence", "kept"), WRONG)
def test_what_cannot_be_is_asked_again_with_all_that_was_typed(
    client: FlaskClient, session: Session, asked, changed, sentence, kept
) -> None:
    page = post(client, **changed)

    assert page.status_code == 422
    assert page.text.count('<li><a href="#answer-') == 1
    assert sentence in page.text
    assert [text for text in [*kept, 'value="r7" selected'] if text not in page.text] == []


UNLIKELY = [("pulse", {"answer__pulse": "200"}, "200"), ("onset", {"year__onset": "2019"}, "3/11/2019")]


@pytest.mark.parametrize(("link_id", "changed", "text"), UNLIKELY)
def test_an_unlikely_number_or_date_is_asked_about_once(
    client: FlaskClient, session: Session, asked, link_id: str, changed, text: str
) -> None:
    page = post(client, **changed)

    assert page.status_code == 422
    assert f'<input type="hidden" name="asked-{link_id}" value="{text}">' in page.text
    assert post(client, **changed, **{f"asked-{link_id}": text}).status_code == 303
    assert "confirmed" not in stored(session)[link_id][0]


def test_what_was_confirmed_is_stored_as_confirmed(client: FlaskClient, session: Session, asked) -> None:
    said = {"asked-onset": "3/11/2019", "confirmed-onset": "3/11/2019"}

    assert post(client, year__onset="2019", **said).status_code == 303
    assert stored(session)["onset"] == [{"date": "2019-11-03", "confirmed": True}]


def test_a_measure_that_failed_is_an_answer(client: FlaskClient, session: Session, asked) -> None:
    nothing = {"answer__weight": "", "unit__weight": "", "absent-weight": "y"}

    assert post(client, **nothing).status_code == 303
    assert stored(session)["weight"] == [{"absent": "could-not-measure"}]


def test_nobody_sends_a_score_or_changes_what_the_form_says(client: FlaskClient, session: Session, asked) -> None:
    assert post(client, **{"answer-total": "0", "answer-plan": "B-1"}).status_code == 303

    response = session.query(Response).one()
    assert (response.answers["total"], response.answers["plan"]) == (STORED["total"], STORED["plan"])
    assert response.dropped["unknown"].keys() == {"total", "plan"}


def test_a_score_without_one_of_its_answers_is_not_there(client: FlaskClient, session: Session, asked) -> None:
    assert post(client, answer__meal="").status_code == 303
    assert "total" not in stored(session)


def test_staff_see_the_score_beside_the_answers_and_an_unknown_one_as_unknown(
    client: FlaskClient, session: Session, asked, app
) -> None:
    post(client)
    post(client, answer__meal="")
    _, protocol = protocols.in_force(session, programme_id=asked.programme_id, rehearsal=True, now=clock.now())

    shown = {"document": protocol.document, "own_limits": {}, "language": "fr", "now": clock.now()}
    with app.test_request_context("/fr/"):
        rows = over_time(session, asked, **shown).rows

    assert sorted(row.others[0] for row in rows if row.response) == ["Score: 3", "Score: –"]
