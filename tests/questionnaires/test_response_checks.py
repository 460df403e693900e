"""What a response can have wrong, one thing at a time, with the place and the reason."""

import copy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from questionnaires.fhir_names import CONFIRMED, DATA_ABSENT, MAX_VALUE, UNIT_OPTION
from questionnaires.response_checks import validate_response
from tests.questionnaires.documents import choice, form, question, when

LIMITED = {"extension": [{"url": MAX_VALUE, "valueInteger": 43}]}
KG = {"url": UNIT_OPTION, "valueCoding": {"system": "http://unitsofmeasure.org", "code": "kg"}}
ASKED = form(
    question("g", "group", required=True, item=[question("a"), question("b", "decimal", **LIMITED)]),
    question("c", enableWhen=[when("a", "=", answerBoolean=True)], item=[question("d", "text")]),
    choice("e", "x", "y", repeats=True),
    question("f", "quantity", extension=[KG]),
    question("note", "display"),
    question("r", "string", required=True),
    url="https://example.org/q",
)


def item(link_id, *values, **more):
    answers = [value if isinstance(value, dict) else _value(value) for value in values]
    return {"linkId": link_id, **({"answer": answers} if answers else {}), **more}


def _value(value):
    name = {bool: "valueBoolean", str: "valueString", float: "valueDecimal", int: "valueInteger"}[type(value)]
    return {name: value}


def judged(*items, status="completed", **more):
    response = {"resourceType": "QuestionnaireResponse", "status": status, "item": list(items), **more}
    return [
        (issue["severity"], issue["details"]["coding"][0]["code"], issue["expression"][0].partition(".")[2])
        for issue in validate_response(ASKED, response)["issue"]
        if "coding" in issue["details"]
    ]


def coded(code, system="urn:s"):
    return {"valueCoding": {"system": system, "code": code}}


YES = {"url": CONFIRMED, "valueBoolean": True}
R = item("r", "said")
G = item("g", item=[item("a", True)])
CASES = {
    "nothing": ([G, R], []),
    "an unknown item": ([G, item("zz"), R], [("error", "no-such-question", "item[1]")]),
    "an item elsewhere": ([G, item("b", 1.5), R], [("error", "misplaced", "item[1]")]),
    "an item twice": ([G, G, R], [("error", "item-twice", "item[1]")]),
    "items out of order": ([R, G], [("error", "out-of-order", "item[1]")]),
    "an answer of a group": (
        [item("g", True, item=[item("a", True)]), R],
        [("error", "not-answerable", "item[0]")],
    ),
    "an answer of a text": ([G, item("note", "x"), R], [("error", "not-answerable", "item[1]")]),
    "two answers": (
        [item("g", item=[item("a", True, False)]), R],
        [("error", "too-many-values", "item[0].item[0]")],
    ),
    "a nested item beside the answer": (
        [G, item("c", True, item=[item("d", "x")]), R],
        [("error", "nested-outside-answer", "item[1]")],
    ),
    "another type": (
        [item("g", item=[item("a", "yes")]), R],
        [("error", "answer-type", "item[0].item[0].answer[0]")],
    ),
    "a number that is true": (
        [item("g", item=[item("b", {"valueDecimal": True})]), R],
        [("error", "bad-element", "item[0].item[0].answer[0]")],
    ),
    "two values at once": (
        [item("g", item=[item("a", {"valueBoolean": True, "valueString": "x"})]), R],
        [("error", "bad-element", "item[0].item[0].answer[0]")],
    ),
    "beyond a bound": (
        [item("g", item=[item("b", 43.5)]), R],
        [("error", "above-most", "item[0].item[0].answer[0]")],
    ),
    "beyond a bound, and confirmed": (
        [item("g", item=[item("b", {"valueDecimal": 43.5, "extension": [YES]})]), R],
        [("information", "above-most", "item[0].item[0].answer[0]")],
    ),
    "an option of another system": (
        [G, item("e", coded("x"), coded("x", "urn:other")), R],
        [("error", "not-among-options", "item[1].answer[1]")],
    ),
    "another unit": (
        [G, item("f", {"valueQuantity": {"value": 9, "system": "http://unitsofmeasure.org", "code": "g"}}), R],
        [("error", "not-a-unit", "item[1].answer[0]")],
    ),
    "an answer to what is not asked": (
        [item("g", item=[item("a", False)]), item("c", True), R],
        [("error", "not-enabled", "item[1]")],
    ),
    "nothing in a required group": ([item("g"), R], [("error", "required-group", "item[0]")]),
    "no required answer": ([G], [("error", "answer-missing", "")]),
    "a required answer that says why there is none": (
        [G, item("r", extension=[{"url": DATA_ABSENT, "valueCode": "asked-unknown"}])],
        [],
    ),
    "another text": ([G, item("r", "said", text="Another text")], [("information", "text-differs", "item[1].text")]),
}  # fmt: skip


@pytest.mark.parametrize(("items", "issues"), CASES.values(), ids=CASES.keys())
def test_each_thing_that_is_wrong_is_named_with_its_place(items, issues):
    assert judged(*items) == issues


def test_a_response_in_progress_owes_no_answer_yet():
    assert judged(G, status="in-progress") == [("warning", "answer-missing", "")]


def test_a_state_that_fhir_does_not_know_is_an_error_and_another_questionnaire_a_warning():
    assert judged(G, R, status="done")[0] == ("error", "bad-element", "status")
    assert judged(G, R, questionnaire="https://example.org/other|2") == [
        ("warning", "other-questionnaire", "questionnaire")
    ]
    assert judged(G, R, questionnaire="https://example.org/q|2") == []


def test_the_reasons_are_said_in_the_language_asked_for():
    response = {"resourceType": "QuestionnaireResponse", "status": "completed", "item": [G]}

    (issue,) = validate_response(ASKED, response, "fr")["issue"]

    assert issue["details"]["text"].startswith("L’élément obligatoire «\u202fr\u202f»")


WHOLE = {"resourceType": "QuestionnaireResponse", "status": "completed", "item": [
    item("g", item=[item("a", True), item("b", 41.5)]),
    item("c", {"valueBoolean": True, "item": [item("d", "text")]}),
    item("e", coded("x"), coded("y")),
    item("f", {"valueQuantity": {"value": 9, "system": "http://unitsofmeasure.org", "code": "kg"}}),
    item("r", "said", extension=[{"url": DATA_ABSENT}]),
]}  # fmt: skip
DAMAGE = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["url", "value"]), inner, max_size=2),
    max_leaves=4,
)


@given(st.data(), DAMAGE)
def test_a_damaged_response_is_judged_and_never_crashes_the_check(data, damage):
    damaged = copy.deepcopy(WHOLE)
    place = damaged
    for _ in range(data.draw(st.integers(0, 7))):
        inner = [part for part in (place.values() if isinstance(place, dict) else place) if part]
        inner = [part for part in inner if isinstance(part, dict | list)]
        if not inner:
            break
        place = data.draw(st.sampled_from(inner))
    place[data.draw(st.sampled_from(list(place) if isinstance(place, dict) else range(len(place))))] = damage

    assert validate_response(ASKED, damaged)["issue"]


def test_the_whole_response_is_right_before_it_is_damaged():
    assert judged(*WHOLE["item"]) == []
