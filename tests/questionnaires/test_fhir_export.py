from datetime import UTC, datetime

import orjson
import pytest

from questionnaires import library
from questionnaires.fhir import questionnaire_response
from tests.questionnaires.documents import WELL, answer, form, question

COVID = library.questionnaire()
AT = datetime(2026, 11, 21, 8, 30, tzinfo=UTC)


def exported(**changed):
    answers = answer(COVID, WELL | changed, has_oximeter=True).answers
    response = questionnaire_response(COVID, answers, authored=AT, language="en")
    return {item["linkId"]: item for item in response["item"]}


def test_the_response_names_the_version_the_person_and_the_moment():
    response = questionnaire_response(
        COVID, {}, authored=AT, identifier="2b1c9f52-7a3f-4a30-9c5b-1d8b5a3f0a11", subject="Patient/7"
    )

    assert orjson.loads(orjson.dumps(response)) == {
        "resourceType": "QuestionnaireResponse",
        "language": "fr",
        "identifier": {"system": "urn:ietf:rfc:3986", "value": "urn:uuid:2b1c9f52-7a3f-4a30-9c5b-1d8b5a3f0a11"},
        "questionnaire": "https://vigidom.example/fhir/Questionnaire/covid-19|1.0.0",
        "status": "completed",
        "subject": {"reference": "Patient/7"},
        "authored": "2026-11-21T08:30:00+00:00",
    }


def test_each_answer_leaves_as_its_fhir_type():
    items = exported(temperature="38,6")

    assert items["temperature"]["answer"] == [{"valueDecimal": 38.6}]
    assert items["temperature"]["text"] == "What is your temperature?"
    assert items["heart-rate"]["answer"] == [{"valueInteger": 72}]
    assert items["chest-pain"]["answer"] == [{"valueBoolean": False}]
    assert items["chills"]["answer"] == [
        {"valueCoding": {"system": "https://vigidom.example/fhir/CodeSystem/chills", "code": "none", "display": "No"}}
    ]
    assert list(items) == [item.link_id for item in COVID.questions]


@pytest.mark.parametrize(
    ("sent", "code", "said"),
    [
        ({"absent": True}, "asked-unknown", None),
        ({"absent": True, "raw": "38 6"}, "asked-unknown", "38 6"),
        ("38 6", "as-text", "38 6"),
    ],
)
def test_a_value_that_is_not_there_says_why_and_has_no_answer(sent, code, said):
    item = exported(temperature=sent)["temperature"]

    extensions = {extension["url"].rsplit("/", 1)[1]: extension for extension in item["extension"]}
    assert "answer" not in item
    assert extensions["data-absent-reason"]["valueCode"] == code
    assert extensions.get("unreadable-text", {}).get("valueString") == said


def test_a_confirmed_value_says_so():
    item = exported(temperature={"raw": "41,5", "confirmed": "41,5"})["temperature"]

    assert item["answer"][0]["valueDecimal"] == 41.5
    assert [e["valueBoolean"] for e in item["answer"][0]["extension"]] == [True]


def test_items_nest_in_the_item_under_a_group_and_in_the_answer_under_a_question():
    questionnaire = form(question("g", "group", item=[question("q", item=[question("under")])]))
    answers = answer(questionnaire, {"q": "true", "under": "false"}).answers

    (group,) = questionnaire_response(questionnaire, answers, authored=AT)["item"]

    (asked,) = group["item"]
    assert asked["answer"][0]["valueBoolean"] is True
    assert asked["answer"][0]["item"][0]["linkId"] == "under"


def test_a_moment_without_zone_is_refused():
    with pytest.raises(ValueError, match="zone"):
        questionnaire_response(COVID, {}, authored=datetime(2026, 11, 21))  # noqa: DTZ001
