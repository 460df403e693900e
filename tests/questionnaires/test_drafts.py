"""Imported documents in a real database: kept as they came, as drafts, and never changed."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import orjson
import pytest
from sqlalchemy import select

from questionnaires import drafts, publication
from questionnaires.findings import QuestionnaireError
from questionnaires.models import QuestionnaireInForce, QuestionnaireVersion, VersionStatus
from questionnaires.reading import parse
from records import audit
from records.db import db
from records.models import AuditEntry, Programme, Role, Staff
from tests.factories import make_programme
from tests.questionnaires.documents import codes, document, question
from tests.triage.scene import at_once
from tests.webapp.signing import make_person

FILES = sorted((Path(__file__).parents[3] / "shared" / "data" / "fhir").rglob("Questionnaire/*.json"))
NOW = datetime(2026, 11, 21, 8, tzinfo=UTC)
NAMED = {"url": "https://example.org/q", "version": "1"}


def imported(found):
    return drafts.import_draft(db.session, document=found, actor=audit.SYSTEM, now=NOW)


def test_an_imported_document_is_a_draft_that_comes_back_equal_and_stands_in_the_audit_trail(app):
    original = document(question("a", "time"), **NAMED)
    with app.app_context():
        first, again = imported(original), imported(original)
        db.session.commit()
        db.session.expire_all()

        assert first is again
        assert (first.status, first.published_at) == ("draft", None)
        assert drafts.stored(db.session, url=NAMED["url"]).document == original
        acts = [json.loads(canonical)["action"] for canonical in db.session.scalars(select(AuditEntry.canonical))]
    assert acts == ["questionnaire.imported"]


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"title": "Another"}, "version-taken"),
        ({"version": ""}, "no-address"),
        ({"url": ""}, "no-address"),
        ({"item": [question("a", "attachment")]}, "unsupported-type"),
    ],
)
def test_what_cannot_be_kept_under_its_name_is_refused_and_changes_nothing(app, changed, code):
    original = document(question("a", "time"), **NAMED)
    with app.app_context():
        imported(original)
        with pytest.raises(QuestionnaireError) as refusal:
            imported(original | changed)

        (kept,) = db.session.scalars(select(QuestionnaireVersion)).all()
        assert codes(refusal.value.findings)[-1][1] == code
        assert kept.document == original


def _accepted():
    for path in FILES:
        found = json.loads(path.read_text(encoding="utf-8"))
        try:
            parse(found)
        except QuestionnaireError:
            continue
        yield path, found


@pytest.mark.skipif(not FILES, reason="the published files are not there")
def test_every_accepted_file_comes_back_from_the_database_as_it_was_imported(app):
    with app.app_context():
        originals = {path.name: found | {"url": f"urn:{path.name}", "version": "1"} for path, found in _accepted()}
        for found in originals.values():
            imported(orjson.loads(orjson.dumps(found)))
        db.session.commit()
        db.session.expire_all()
        for name, original in originals.items():
            assert drafts.stored(db.session, url=f"urn:{name}", version="1").document == original, name


def test_two_people_who_plan_different_versions_for_one_moment_meet_no_error_and_one_of_them_holds(session, engine):
    programme, staff = make_programme(session), make_person(session, role=Role.PHYSICIAN)
    made = []
    for number in ("1", "2"):
        found = document(question("a", "time", text="When?"), **(NAMED | {"version": number, "language": "fr"}))
        made.append(drafts.import_draft(session, document=found, actor=audit.SYSTEM, now=NOW))
        made[-1].status = VersionStatus.PUBLISHED
    programme.languages = ["fr"]
    session.commit()
    asking, person, ids = programme.id, staff.id, [version.id for version in made]

    def plan(own, number):
        who = {"programme": own.get_one(Programme, asking), "staff": own.get_one(Staff, person)}
        version = own.get_one(QuestionnaireVersion, ids[number])
        publication.put_in_force(own, version=version, from_at=NOW + timedelta(days=1), now=NOW, **who)

    assert at_once(engine, 2, plan) == [None, None]
    assert len(session.scalars(select(QuestionnaireInForce)).all()) == 1
