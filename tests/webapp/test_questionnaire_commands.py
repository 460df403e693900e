"""The commands that need no database, on real files, as a person runs them."""

from __future__ import annotations

import json
import uuid
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from flask import Flask

from questionnaires import library, versions
from questionnaires.models import Door, Response
from records import clock, embedded
from records.db import db
from records.models import Role
from tests.factories import NOW, make_enrolment
from tests.questionnaires.documents import WELL, answer
from tests.webapp.signing import PASSWORD, make_person
from webapp import cli, firstrun


def run(*arguments: object) -> Result:
    return CliRunner().invoke(cli.vigidom, [str(argument) for argument in arguments])


def written(folder: Path, name: str, value: object) -> Path:
    path = folder / name
    path.write_text(value if isinstance(value, str) else json.dumps(value), encoding="utf-8")
    return path


def asking(*items: dict[str, object]) -> dict[str, object]:
    return {"resourceType": "Questionnaire", "status": "active", "url": "urn:q", "item": list(items)}


TIME = {"linkId": "t", "type": "time", "text": "When?"}
STARTS = {"linkId": "t", "type": "boolean", "text": "Well?", "initial": [{"valueBoolean": True}]}


def test_each_file_has_its_line_and_one_refusal_is_the_exit_code(tmp_path: Path) -> None:
    good = written(tmp_path, "good.json", library.document())
    bad = written(tmp_path, "bad.json", asking({"linkId": "a", "type": "attachment", "text": "A picture"}))

    alone, both = run("questionnaire", "check", good), run("questionnaire", "check", good, bad)

    assert alone.exit_code == 0
    assert both.exit_code == 1
    first, second = (json.loads(line) for line in both.stdout.splitlines())
    assert (first["file"], first["accepted"], first["unpublishable"]) == (str(good), True, [])
    assert [(r["linkId"], r["code"]) for r in second["refused"]] == [("a", "unsupported-type")]


def test_what_is_understood_but_must_be_settled_is_accepted_and_named_as_unpublishable(tmp_path: Path) -> None:
    result = run("questionnaire", "check", written(tmp_path, "starts.json", asking(STARTS)))

    told = json.loads(result.stdout)
    assert result.exit_code == 0
    assert [(r["linkId"], r["code"]) for r in told["unpublishable"]] == [("", "no-address"), ("t", "starts-answered")]


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '{"resourceType": "Patient"}', "[" * 5000])
def test_what_is_no_questionnaire_is_refused_without_a_trace(tmp_path: Path, text: str) -> None:
    result = run("questionnaire", "check", written(tmp_path, "odd.json", text))

    assert result.exit_code == 1
    assert json.loads(result.stdout)["refused"]


@pytest.mark.parametrize(
    ("said", "code", "errors"),
    [("08:30:00", 0, []), ("25:00:00", 1, ["bad-element"])],
)
def test_a_response_is_judged_in_an_operation_outcome(tmp_path: Path, said: str, code: int, errors: list[str]) -> None:
    asked = written(tmp_path, "q.json", asking(TIME))
    item = {"linkId": "t", "answer": [{"valueTime": said}]}
    response = {
        "resourceType": "QuestionnaireResponse",
        "questionnaire": "urn:q",
        "status": "completed",
        "item": [item],
    }

    result = run("questionnaire", "validate-response", asked, written(tmp_path, "r.json", response))

    outcome = json.loads(result.stdout)
    found = [i["details"]["coding"][0]["code"] for i in outcome["issue"] if i["severity"] == "error"]
    assert (result.exit_code, outcome["resourceType"], found) == (code, "OperationOutcome", errors)


def test_no_response_is_judged_by_a_questionnaire_that_is_refused(tmp_path: Path) -> None:
    asked = written(tmp_path, "q.json", asking({"linkId": "a", "type": "reference", "text": "Who?"}))
    response = {"resourceType": "QuestionnaireResponse", "status": "completed"}

    result = run("questionnaire", "validate-response", asked, written(tmp_path, "r.json", response))

    assert result.exit_code == 1
    assert "reference" in result.stdout


@pytest.fixture
def at_the_database(
    database: Flask, cluster: embedded.Addresses, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The commands find the tests' database, as they would find a hospital's."""
    monkeypatch.setenv("DATABASE_URL", cluster.application)
    monkeypatch.setenv("MIGRATION_DATABASE_URL", cluster.owner)
    monkeypatch.setenv("VIGIDOM_DATA", str(tmp_path / "data"))


def test_what_is_imported_is_a_draft_and_is_exported_equal(at_the_database: None, tmp_path: Path) -> None:
    original = asking(TIME) | {"version": "7"}
    path = written(tmp_path, "q.json", original)

    stored, again = run("questionnaire", "import", path), run("questionnaire", "import", path)
    back = run("questionnaire", "export", "urn:q")

    assert [stored.stdout, again.stdout] == ["urn:q 7: draft\n"] * 2
    assert json.loads(back.stdout) == original


def test_a_refused_file_is_told_about_and_not_stored(at_the_database: None, tmp_path: Path) -> None:
    bad = asking({"linkId": "a", "type": "attachment", "text": "A picture"}) | {"version": "7"}

    refused = run("questionnaire", "import", written(tmp_path, "q.json", bad))

    assert refused.exit_code == 1
    assert "unsupported-type" in refused.stdout
    assert run("questionnaire", "export", "urn:q").exit_code == 1


def test_a_response_is_exported_as_fhir_that_its_own_questionnaire_accepts(
    at_the_database: None, database: Flask, tmp_path: Path
) -> None:
    with database.app_context():
        followed = make_enrolment(db.session)
        asked = versions.load_library(db.session, programme=followed.programme, now=NOW)
        answers = answer(library.questionnaire(), WELL, has_oximeter=True).answers
        stored = Response(
            patient_id=followed.patient_id,
            enrolment_id=followed.id,
            version_id=asked.id,
            key=uuid.uuid4(),
            content_digest=b"x",
            answers=answers,
            door=Door.PHONE,
            language="fr",
            due_at=NOW,
            received_at=NOW,
        )
        db.session.add(stored)
        db.session.commit()
        public_id, asked_url, asked_version = stored.public_id, asked.url, asked.version

    exported = run("response", "export", public_id)

    response = written(tmp_path, "r.json", exported.stdout)
    judged = run("questionnaire", "validate-response", written(tmp_path, "q.json", library.document()), response)
    told = json.loads(exported.stdout)
    assert (told["resourceType"], told["status"]) == ("QuestionnaireResponse", "completed")
    assert told["subject"] == told["source"] == told["author"]
    assert told["questionnaire"] == f"{asked_url}|{asked_version}"
    assert len(told["item"]) == len(answers)
    assert (judged.exit_code, judged.stdout.count('"error"')) == (0, 0)
    assert run("response", "export", uuid.uuid4()).exit_code == 1


def person(database: Flask, role: Role, email: str) -> str:
    with database.app_context():
        make_person(db.session, role=role, email=email)
    return email


def as_somebody(email: str, *arguments: object, password: str = PASSWORD) -> Result:
    return CliRunner().invoke(
        cli.vigidom, ["questionnaire", *map(str, arguments), "--by", email], input=f"{password}\n"
    )


def test_a_version_is_published_and_brought_into_force_by_people_with_their_passwords(
    at_the_database: None, database: Flask, tmp_path: Path
) -> None:
    with database.app_context():
        programme_id = firstrun.load_programme(db.session, clock.now()).id
        db.session.commit()
    importer = person(database, Role.ADMINISTRATOR, "a@centre.example")
    second = person(database, Role.PHYSICIAN, "b@centre.example")
    operator = person(database, Role.OPERATOR, "c@centre.example")
    new = library.document() | {"version": "9"}
    which = [new["url"], "--version", "9"]

    brought = as_somebody(importer, "import", written(tmp_path, "q.json", new))
    own = as_somebody(importer, "publish", *which)
    foreign = as_somebody(operator, "publish", *which)
    wrong = as_somebody(second, "publish", *which, password="not it")
    early = as_somebody(second, "put-in-force", *which, "--programme", "covid-19")
    done = as_somebody(second, "publish", *which)
    planned = as_somebody(second, "put-in-force", *which, "--programme", "covid-19", "--from", "2100-01-01 08:00")
    retired = as_somebody(second, "retire", *which)
    asked = as_somebody(second, "put-in-force", *which, "--programme", "covid-19")

    assert brought.output.splitlines()[-1] == f"{new['url']} 9: draft"
    assert [result.exit_code for result in (own, foreign, wrong, early, retired)] == [1] * 5
    assert "Another person must publish it." in own.output
    assert "may not do this" in foreign.output
    assert "password is not right" in wrong.output
    assert "Only a published version" in early.output
    assert "is in force, or will be" in retired.output
    assert [result.exit_code for result in (done, planned, asked)] == [0, 0, 0], planned.output
    assert PASSWORD not in done.output
    with database.app_context():
        found, _ = versions.in_force(db.session, programme_id=programme_id, now=clock.now() + timedelta(seconds=1))
        assert found.version == "9"
    listed = run("questionnaire", "list").stdout
    assert "9: published; covid-19 from 2100-01-01 07:00 UTC; covid-19 from" in listed


def test_a_version_that_the_rules_cannot_read_is_not_brought_into_force(
    at_the_database: None, database: Flask, tmp_path: Path
) -> None:
    with database.app_context():
        firstrun.load_programme(db.session, clock.now())
        db.session.commit()
    second = person(database, Role.PHYSICIAN, "b@centre.example")
    other = asking({"linkId": "a", "type": "boolean", "text": "A?", "_text": spoken("A ?")}) | {"version": "1"}
    run("questionnaire", "import", written(tmp_path, "q.json", other | {"language": "en"}))

    published = as_somebody(second, "publish", "urn:q", "--version", "1")
    refused = as_somebody(
        second, "put-in-force", "urn:q", "--version", "1", "--programme", "covid-19", "--accept-losses"
    )

    assert published.exit_code == 0, published.output
    assert refused.exit_code == 1
    assert "The rules read the answer to “temperature”, which this version does not ask." in refused.output


def spoken(text: str) -> dict[str, object]:
    """The same text in the two other languages of the programme."""
    url = "http://hl7.org/fhir/StructureDefinition/translation"
    parts = [[{"url": "lang", "valueCode": code}, {"url": "content", "valueString": text}] for code in ("fr", "ar")]
    return {"extension": [{"url": url, "extension": part} for part in parts]}
