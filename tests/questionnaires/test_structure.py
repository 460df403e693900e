"""What leaves is FHIR R4 by a second implementation's word: the pydantic classes of fhir.resources. They take what
FHIR does not (any text as a status, true as a whole number), so they stand beside our own checks, not for them.
"""

import copy
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from fhir.resources.R4B.questionnaire import Questionnaire as R4Questionnaire
from fhir.resources.R4B.questionnaireresponse import QuestionnaireResponse as R4Response
from pydantic import ValidationError

from questionnaires import library
from questionnaires.answers import raw_from_json, validate
from questionnaires.fhir import questionnaire_response
from questionnaires.publishing import DECIDABLE, obstacles
from questionnaires.reading import parse
from questionnaires.response_checks import validate_response
from questionnaires.response_export import scored
from questionnaires.schema import MEASURED
from tests.questionnaires.test_published_files import _judged

AT = datetime(2026, 11, 21, 8, 30, tzinfo=UTC)
TYPED = {
    "boolean": "true",
    "string": "a word",
    "text": "two\nlines",
    "url": "https://example.org/a",
    "date": "2026-11-21",
    "dateTime": "2026-11-21T08:30",
    "time": "08:30",
    "open-choice": "something else",
}
ODD = {"demo_src_main_assets_new-patient-registration-paginated.json": "valueExpression.system"}
"""Accepted files whose authors wrote, inside an extension without effect here, an element that FHIR does not have."""
LIBRARY = sorted(path.stem for path in Path(library.__file__).parent.glob("*.json") if path.stem != "value-sets")


def _known_to_it(part):
    """Without the translations of an extension's own text (`_valueString`), which FHIR has and these classes lack."""
    if isinstance(part, list):
        return [_known_to_it(one) for one in part]
    if not isinstance(part, dict):
        return part
    within = "url" in part
    return {k: _known_to_it(v) for k, v in part.items() if not (within and k.startswith("_value"))}


def _accepted():
    return [(path, document) for path, document, findings in _judged() if findings is None]


def _complaint(document):
    """What the classes say against it, once it has the status that R4 asks for; nothing when all is well."""
    try:
        R4Questionnaire.model_validate(_known_to_it({"status": "draft", **copy.deepcopy(document)}))
    except ValidationError as refused:
        return str(refused)
    return ""


def test_every_accepted_questionnaire_leaves_as_r4_once_it_has_the_status_that_r4_asks_for():
    sent = {path.name: parse(document).document for path, document in _accepted()}
    against = {name: said for name, document in sent.items() if (said := _complaint(document))}

    assert against.keys() == ODD.keys()
    assert all(ODD[name] in said for name, said in against.items())
    assert sum("status" not in document for document in sent.values()) == 32


def _typed(item):
    if item.options:
        return item.options[0].key
    if item.type in MEASURED:
        number = item.low if item.low is not None else item.high if item.high is not None else Decimal(1)
        return str(number)
    if item.type in {"date", "dateTime"} and item.low is not None:
        return str(item.low)
    return TYPED.get(item.type, "")


def _answered(questionnaire):
    """Every question answered as its kind allows; what its own limits refuse is left out."""
    body = {item.link_id: _typed(item) for item in questionnaire.questions if not item.hidden}
    found = validate(questionnaire, raw_from_json(body))
    kept = {link_id: text for link_id, text in body.items() if link_id not in {f.link_id for f in found.errors}}
    return validate(questionnaire, raw_from_json(kept)).answers


def _responses():
    for path, document in _accepted():
        questionnaire = parse(document)
        answers = scored(questionnaire, _answered(questionnaire))
        yield path, questionnaire, answers, questionnaire_response(questionnaire, answers, authored=AT)


def test_a_response_to_every_accepted_questionnaire_is_r4_and_its_own_questionnaire_accepts_it():
    answered = 0
    for path, questionnaire, answers, response in _responses():
        R4Response.model_validate(copy.deepcopy(response))
        outcome = validate_response(questionnaire, response)
        errors = [issue for issue in outcome["issue"] if issue["severity"] == "error"]
        codes = {issue["details"]["coding"][0]["code"] for issue in errors}
        if not obstacles(questionnaire, decided=DECIDABLE):
            assert codes <= {"answer-missing"}, (path, errors)
        answered += len(answers)

    assert answered > 500


@pytest.mark.parametrize("name", LIBRARY)
def test_what_the_library_ships_is_r4(name):
    assert R4Questionnaire.model_validate(_known_to_it(library.document(name))).status == "active"
