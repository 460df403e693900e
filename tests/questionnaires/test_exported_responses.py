"""A stored response as it leaves: its version, its people, its scores, what it corrects, in a validator's eyes too."""

import copy
import uuid
from datetime import timedelta

from fhir.resources.R4B.questionnaireresponse import QuestionnaireResponse as R4Response

from questionnaires import drafts, response_export
from questionnaires.models import Response
from questionnaires.response_checks import validate_response
from questionnaires.schema import OWN
from questionnaires.versions import parsed
from records import audit
from records.db import db
from tests.factories import NOW, make_enrolment
from tests.questionnaires.documents import document, question

HL7 = "http://hl7.org/fhir/StructureDefinition/"
WEIGHED = [
    {"valueCoding": {"code": code}, "extension": [{"url": f"{HL7}ordinalValue", "valueDecimal": weight}]}
    for code, weight in (("no", 0), ("yes", 2))
]
OF_PAIN = [{"url": "shape", "valueCode": "sum"}, {"url": "question", "valueString": "pain"}]
SCORED = [{"url": f"{HL7}questionnaire-hidden", "valueBoolean": True}, {"url": f"{OWN}score", "extension": OF_PAIN}]


def asked(version="1", text="Pain?"):
    pain = {"linkId": "pain", "type": "choice", "text": text, "answerOption": copy.deepcopy(WEIGHED)}
    total = question("total", "integer", extension=SCORED)
    found = document({**pain, "item": [question("where", "string")]}, total, url="urn:q", version=version)
    return drafts.import_draft(db.session, document=found, actor=audit.SYSTEM, now=NOW)


def stored(version, enrolment=None, **values):
    followed = enrolment or make_enrolment(db.session)
    given = {"answers": {"pain": [{"code": "yes"}], "where": [{"string": "back"}]}, "door": "phone", "language": "en"}
    row = Response(
        patient_id=followed.patient_id,
        enrolment_id=followed.id,
        version_id=version.id,
        key=uuid.uuid4(),
        content_digest=b"x",
        due_at=NOW,
        received_at=NOW + timedelta(hours=1),
        **(given | values),
    )
    db.session.add(row)
    db.session.flush()
    return row


def exported(row):
    written = response_export.exported(db.session, row)
    R4Response.model_validate(copy.deepcopy(written))
    return written


def test_it_names_its_version_its_moment_and_its_scores_and_its_own_questionnaire_accepts_it(app):
    with app.app_context():
        version = asked()
        written = exported(stored(version, completed_at=NOW))
        judged = validate_response(parsed(version), written)

    assert (written["questionnaire"], written["status"]) == ("urn:q|1", "completed")
    assert written["authored"] == "2026-03-10T10:00:00+01:00", "by the patient's own clock, when they said it"
    pain, total = written["item"]
    assert pain["answer"][0]["valueCoding"] == {"code": "yes", "display": "yes"}
    assert pain["answer"][0]["item"][0]["answer"] == [{"valueString": "back"}]
    assert total["answer"] == [{"valueInteger": 2}]
    assert [issue for issue in judged["issue"] if issue["severity"] == "error"] == []


def test_a_score_that_is_unknown_is_left_out_and_never_nought(app):
    with app.app_context():
        written = exported(stored(asked(), answers={"where": [{"string": "back"}]}))

    assert "total" not in {item["linkId"] for item in written.get("item", [])}


def test_a_correction_says_what_it_corrects(app):
    with app.app_context():
        version, followed = asked(), make_enrolment(db.session)
        first = stored(version, followed)
        written = exported(stored(version, followed, amends_id=first.id))
        mine = {"system": "urn:ietf:rfc:3986", "value": f"urn:uuid:{first.public_id}"}

    assert written["status"] == "amended"
    amends = {"url": f"{OWN}amends", "valueReference": {"type": "QuestionnaireResponse", "identifier": mine}}
    assert amends in written["extension"]


def test_an_old_response_leaves_in_the_words_of_the_version_that_it_answered(app):
    with app.app_context():
        old = stored(asked())
        asked(version="2", text="Does it hurt?")
        written = exported(old)

    assert (written["questionnaire"], written["item"][0]["text"]) == ("urn:q|1", "Pain?")
