"""The questionnaires' pages: a file in or refused with its reasons, a preview that sends nothing, two to publish,
rules that are asked before anybody is asked, and every act in the audit trail.
"""

from __future__ import annotations

import copy
import json
import re
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from questionnaires import library, versions
from questionnaires.models import QuestionnaireInForce, QuestionnaireVersion, Response, VersionStatus
from records import clock
from records.models import AuditEntry, Programme, Role, Staff
from tests.questionnaires.documents import document, question
from tests.webapp.signing import TOKEN, make_person, post, sign_in
from tests.webapp.ward import open_ward
from webapp import firstrun

LIST = "/en/admin/questionnaires"


@pytest.fixture
def programme(session: Session) -> Programme:
    made = firstrun.load_programme(session, clock.now())
    session.commit()
    return made


@pytest.fixture
def importer(session: Session, programme: Programme) -> Staff:
    return make_person(session, role=Role.ADMINISTRATOR, email="importer@centre.example", language="en")


@pytest.fixture
def second(session: Session, programme: Programme) -> Staff:
    return make_person(session, role=Role.PHYSICIAN, email="second@centre.example", language="en", name="Ana Second")


def revised(version: str = "1.1.0", **changes: Any) -> dict[str, Any]:
    """The COVID-19 questionnaire as a hospital would change it; `changes` are of the item `temperature`."""
    found = copy.deepcopy(library.document()) | {"version": version}
    _item(found, "temperature").update(changes)
    return found


def _item(found: dict[str, Any], link_id: str) -> dict[str, Any]:
    waiting = list(found["item"])
    while waiting:
        item = waiting.pop()
        if item["linkId"] == link_id:
            return item
        waiting += item.get("item", [])
    raise KeyError(link_id)


def bring(client: FlaskClient, content: object, name: str = "q.json") -> TestResponse:
    data = content if isinstance(content, bytes) else json.dumps(content).encode()
    token = TOKEN.search(client.get(LIST).text)
    assert token
    head = 'Content-Disposition: form-data; name="{}"'.format
    parts = [
        f"{head('csrf_token')}\r\n\r\n{unescape(token[1])}".encode(),
        f'{head("file")}; filename="{name}"\r\nContent-Type: application/json\r\n\r\n'.encode() + data,
    ]
    body = b"".join(b"--edge\r\n" + part + b"\r\n" for part in parts) + b"--edge--\r\n"
    return client.post(LIST, data=body, content_type="multipart/form-data; boundary=edge")


def stored(session: Session, version: str = "1.1.0") -> QuestionnaireVersion:
    session.expire_all()
    return session.scalars(sa.select(QuestionnaireVersion).where(QuestionnaireVersion.version == version)).one()


def act(client: FlaskClient, page: str, name: str, **fields: str) -> TestResponse:
    token = TOKEN.search(client.get("/en/admin/questionnaires").text) or TOKEN.search(client.get(page).text)
    assert token
    return client.post(f"{page}/{name}", data={"csrf_token": unescape(token[1]), **fields})


def publish(client: FlaskClient, page: str) -> TestResponse:
    return act(client, page, "publish", **{"publish-read": "y"})


def enforce(client: FlaskClient, page: str, programme: Programme, **more: str) -> TestResponse:
    fields = {"programme": str(programme.public_id), **more}
    return act(client, page, "in-force", **{f"in-force-{name}": value for name, value in fields.items()})


def test_the_list_tells_who_asks_what_since_when_and_how_many_answers_hold_it(app: Flask, session: Session) -> None:
    ward = open_ward(session)
    ward.answer(ward.patient())
    page = sign_in(app, make_person(session, role=Role.SUPERVISOR)).get(LIST)
    cells = [re.sub(r"\s+", " ", re.sub("<[^>]+>", " ", cell)) for cell in re.findall("<td.*?</td>", page.text, re.S)]

    assert page.status_code == 200
    assert [cell.strip() for cell in cells[:2]] == ["published", "Français , العربية , English"]
    assert "Shipped with the service" in cells[2]
    assert "since" in cells[3]
    assert cells[4].strip() == "1"
    assert 'type="file"' not in page.text, "a supervisor reads only"


def test_a_file_becomes_a_draft_of_its_importer_and_is_downloaded_equal(
    app: Flask, session: Session, importer: Staff
) -> None:
    client, original = sign_in(app, importer), revised()

    answer = bring(client, original)
    again = bring(client, original)

    version = stored(session)
    page = f"{LIST}/{version.public_id}"
    assert (answer.status_code, answer.location, again.location) == (302, page, page)
    assert (version.status, version.created_by_id, version.document) == ("draft", importer.id, original)
    shown = client.get(page).text
    assert "You imported this version: another person must publish it." in shown
    assert "It was here already." in shown
    saved = client.get(f"{page}/document")
    assert saved.json == original
    assert saved.headers["Content-Disposition"] == 'attachment; filename="covid-19-1.1.0.json"'


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b'{"resourceType": "Questionnaire",\n "item": [}', ["line 2, character 11"]),
        (b"", ["line 1, character 1"]),
        (b'{"resourceType": "Questionnaire", "item": [], "item": []}', ["“item” stands twice"]),
        (b'{"resourceType": "Patient"}', ["This is not a FHIR Questionnaire."]),
        (document(question("photo", "attachment"), question("who", "reference"), url="urn:q", version="1"),
         ["photo", "Items of type “attachment” are not understood.", "who", "Items of type “reference”"]),
        (document(question("a")), ["A questionnaire needs a url and a version"]),
        (revised(version="1.0.0", required=False), ["Another questionnaire has this url and version"]),
        (b"[" * 100_000, ["This is not JSON"]),
        (b'{"x": "' + b"y" * 5_000_000 + b'"}', ["larger than 5 MB"]),
    ],
)  # fmt: skip
def test_a_refused_file_is_told_item_by_item_and_leaves_nothing(
    app: Flask, session: Session, importer: Staff, content: object, said: list[str]
) -> None:
    answer = bring(sign_in(app, importer), content, name="<b>odd</b>.json")
    page = unescape(answer.text)

    assert answer.status_code == 422
    assert [sentence for sentence in said if sentence not in page] == []
    assert "<b>odd" not in answer.text
    assert len(session.scalars(sa.select(QuestionnaireVersion.id)).all()) == 1


def test_more_than_a_file_may_hold_is_refused_before_it_is_read(app: Flask, importer: Staff) -> None:
    assert bring(sign_in(app, importer), b"x" * 5_100_000).status_code == 413


def test_without_a_file_the_form_says_so(app: Flask, importer: Staff) -> None:
    client = sign_in(app, importer)

    answer = post(client, LIST, {})

    assert answer.status_code == 422
    assert "Choose a file" in answer.text


def test_a_version_goes_from_file_to_force_by_two_persons_and_each_act_is_theirs(
    app: Flask, session: Session, programme: Programme, importer: Staff, second: Staff
) -> None:
    first, other = sign_in(app, importer), sign_in(app, second)
    page = bring(first, revised(required=False)).location

    forged = publish(first, page)
    early = enforce(other, page, programme)
    untouched = act(other, page, "publish")
    done = publish(other, page)
    twice = publish(other, page)

    assert [answer.status_code for answer in (forged, early, untouched, done, twice)] == [422, 422, 422, 302, 422]
    assert "You imported this version. Another person must publish it." in forged.text
    assert "Only a published version can be brought into force." in early.text
    assert "Tick the box to publish" in untouched.text
    version = stored(session)
    assert (version.status, version.published_by_id) == (VersionStatus.PUBLISHED, second.id)
    assert versions.in_force(session, programme_id=programme.id, now=clock.now())[0].version == "1.0.0"

    assert enforce(other, page, programme).status_code == 302
    assert versions.in_force(session, programme_id=programme.id, now=clock.now())[0].id == version.id
    shown = other.get(page).text
    assert "Published by Ana Second" in shown
    assert "since" in shown
    acts = [
        (json.loads(entry)["action"], json.loads(entry)["actor"]["id"])
        for entry in session.scalars(
            sa.select(AuditEntry.canonical).where(AuditEntry.subject_id == version.public_id).order_by(AuditEntry.id)
        )
    ]
    assert acts == [
        ("questionnaire.imported", str(importer.public_id)),
        ("questionnaire.published", str(second.public_id)),
        ("questionnaire.in_force", str(second.public_id)),
    ]


def test_what_stands_in_the_way_is_listed_and_refuses_publishing(
    app: Flask, session: Session, importer: Staff, second: Staff
) -> None:
    broken = revised()
    _item(broken, "chills")["_text"]["extension"].pop()
    page = bring(sign_in(app, importer), broken).location
    other = sign_in(app, second)

    shown = other.get(page).text
    refused = publish(other, page)

    assert "There is no text in" in unescape(shown)
    assert 'name="publish-read"' not in shown
    assert refused.status_code == 422
    assert "This version cannot be shown to people yet" in refused.text
    assert stored(session).status == VersionStatus.DRAFT


def test_a_version_planned_for_a_moment_comes_into_force_then(
    app: Flask, session: Session, programme: Programme, importer: Staff, second: Staff
) -> None:
    page, other = bring(sign_in(app, importer), revised()).location, sign_in(app, second)
    publish(other, page)
    day = (clock.local(clock.now(), programme.zone) + timedelta(days=3)).date()

    past = enforce(other, page, programme, day="01/02/2020", hour="08:00")
    half = enforce(other, page, programme, day=f"{day:%d/%m/%Y}")
    wrong = enforce(other, page, programme, day=f"{day:%d/%m/%Y}", hour="26:00")
    planned = enforce(other, page, programme, day=f"{day:%d/%m/%Y}", hour="08:30")

    assert [answer.status_code for answer in (past, half, wrong, planned)] == [422, 422, 422, 302]
    assert "This moment has passed." in past.text
    assert "Type the hour too" in half.text
    (from_at,) = session.scalars(
        sa.select(QuestionnaireInForce.from_at).where(QuestionnaireInForce.version_id == stored(session).id)
    )
    assert f"{clock.local(from_at, programme.zone):%Y-%m-%d %H:%M}" == f"{day} 08:30"
    assert versions.in_force(session, programme_id=programme.id, now=clock.now())[0].version == "1.0.0"
    assert versions.in_force(session, programme_id=programme.id, now=from_at)[0].version == "1.1.0"
    assert act(other, page, "retire", **{"retire-sure": "y"}).status_code == 422, "what is planned is not retired"


def test_rules_that_cannot_read_the_answers_keep_a_version_out_of_force(
    app: Flask, session: Session, programme: Programme, importer: Staff, second: Staff
) -> None:
    without = revised()
    without["item"] = [item for item in without["item"] if _lacks(item, "chest-pain")]
    page, other = bring(sign_in(app, importer), without).location, sign_in(app, second)
    publish(other, page)

    refused = enforce(other, page, programme, aware="y")

    text = unescape(refused.text)
    assert refused.status_code == 422
    assert "The rules of this programme cannot read this version’s answers" in text
    assert "The rules read the answer to “chest-pain”, which this version does not ask." in text
    assert versions.in_force(session, programme_id=programme.id, now=clock.now())[0].version == "1.0.0"


def _lacks(item: dict[str, Any], link_id: str) -> bool:
    """Takes the item out of the groups inside, and says whether this one may stay."""
    if "item" in item:
        item["item"] = [inner for inner in item["item"] if _lacks(inner, link_id)]
    return item["linkId"] != link_id


def test_a_loss_of_the_rules_must_be_known_before_the_version_is_asked(
    app: Flask, session: Session, programme: Programme, importer: Staff, second: Staff
) -> None:
    fewer = revised()
    _item(fewer, "breathlessness")["answerOption"].pop(1)
    page, other = bring(sign_in(app, importer), fewer).location, sign_in(app, second)
    publish(other, page)

    unaware = enforce(other, page, programme)

    assert unaware.status_code == 422
    assert "can no longer be answered to “breathlessness”" in unescape(unaware.text)
    assert enforce(other, page, programme, aware="y").status_code == 302


def test_what_was_answered_keeps_its_version_and_an_old_one_can_be_retired(
    app: Flask, session: Session, importer: Staff, second: Staff
) -> None:
    ward = open_ward(session)
    patient = ward.patient()
    ward.answer(patient)
    page, other = bring(sign_in(app, importer), revised(text="Votre fièvre ?")).location, sign_in(app, second)
    publish(other, page)
    old = session.get_one(QuestionnaireVersion, ward.version_id).public_id

    busy = act(other, f"{LIST}/{old}", "retire", **{"retire-sure": "y"})
    enforce(other, page, ward.programme)
    done = act(other, f"{LIST}/{old}", "retire", **{"retire-sure": "y"})

    assert (busy.status_code, done.status_code) == (422, 302)
    assert "This version is in force, or will be." in busy.text
    (kept,) = session.scalars(sa.select(Response.version_id))
    session.expire_all()
    assert kept == ward.version_id
    assert session.get_one(QuestionnaireVersion, kept).document == library.document()
    assert enforce(other, f"{LIST}/{old}", ward.programme).status_code == 422, "a retired one is not asked again"


def test_differences_are_sentences_item_by_item(
    app: Flask, session: Session, programme: Programme, importer: Staff
) -> None:
    new = revised(required=False, text="Votre fièvre ?")
    new["item"] = [item for item in new["item"] if _lacks(item, "malaise")] + [question("sleep", "boolean")]
    client = sign_in(app, importer)
    page = bring(client, new).location

    text = unescape(client.get(page).text)
    assert "What differs from version 1.0.0" in text
    assert "Need not be answered any more." in text
    assert "→ “Votre fièvre ?”" in text
    assert "No longer asked." in text
    assert "Text of sleep" in text


@pytest.mark.parametrize("language", ["fr", "en", "ar"])
def test_the_preview_is_the_patients_page_in_each_language_and_keeps_nothing(
    app: Flask, session: Session, programme: Programme, importer: Staff, language: str
) -> None:
    client = sign_in(app, importer)
    page = f"{bring(client, revised()).location}/preview".replace("/en/", f"/{language}/")

    shown, plain = client.get(page), client.get(f"{page}?plain=1")
    data = json.loads(re.search(r'id="questionnaire">(.*?)</script>', shown.text, re.S)[1])
    sent = client.post(data["urls"]["answers"], json={"owner": data["owner"], "answers": {}})
    asked_again = post(client, page, {"answer-temperature": "hot"})

    assert (data["language"], 'type="module"' in shown.text, 'type="module"' in plain.text) == (language, True, False)
    assert "spo2" in {screen["linkId"] for screen in data["screens"]}
    assert "spo2" not in client.get(f"{page}?without-oximeter=1").text
    assert (sent.status_code, sent.json["url"]) == (200, f"{page}/end")
    assert client.get(sent.json["url"]).status_code == 200
    assert asked_again.status_code == 422
    assert 'value="hot"' in asked_again.text
    assert session.scalars(sa.select(Response.id)).all() == []


def test_the_preview_takes_only_what_it_wrote_itself(app: Flask, session: Session, importer: Staff) -> None:
    client = sign_in(app, importer)
    page = f"{bring(client, revised()).location}/preview"

    for body in ({"owner": "a patient of this browser", "answers": {}}, {}, []):
        assert client.post(f"{page}/answers", json=body).status_code == 403
