"""Rules held against a questionnaire before it is asked: what they could not read, and what they would lose."""

import copy

import pytest

from questionnaires import library
from questionnaires.fhir_names import HIDDEN
from questionnaires.reading import parse
from records import texts
from triage import documents
from triage.asked_facts import misfits

CONSTANT = {"extension": [{"url": HIDDEN, "valueBoolean": True}], "initial": [{"valueBoolean": False}]}
PROTOCOL = documents.from_library("covid-19")


def _with(link_id, **changes):
    """The COVID-19 questionnaire with one item changed, or taken out where there are no changes."""
    found = copy.deepcopy(library.document())
    found["item"] = [item | changes if item["linkId"] == link_id else item for item in found["item"]]
    if not changes:
        found["item"] = [item for item in found["item"] if item["linkId"] != link_id]
    return parse(found)


def _told(questionnaire, protocol=PROTOCOL):
    t = texts.translator("en")
    return [(one.text(t), one.stops) for one in misfits(protocol, questionnaire)]


@pytest.mark.parametrize("name", ["covid-19", "heart-failure", "after-surgery"])
def test_the_librarys_rules_read_the_librarys_questions(name):
    assert _told(library.questionnaire(name), documents.from_library(name)) == []


@pytest.mark.parametrize(
    ("questionnaire", "said"),
    [
        (_with("chest-pain"), "The rules read the answer to “chest-pain”, which this version does not ask."),
        (
            _with("chest-pain", **CONSTANT),
            "The rules read the answer to “chest-pain”, which this version does not ask.",
        ),
        (_with("chills", type="open-choice"), "The rules read the answer to “chills”, whose answers are of another"),
        (_with("chills", repeats=True), "The rules read the answer to “chills”, whose answers are of another"),
    ],
)
def test_an_answer_that_rules_could_not_read_stops_the_version(questionnaire, said):
    told = _told(questionnaire)

    assert [stops for _, stops in told] == [True]
    assert said in told[0][0]


def test_a_measure_in_another_unit_stops_the_version():
    found = copy.deepcopy(library.document())
    (item,) = [item for item in found["item"] if item["linkId"] == "temperature"]
    written = [part for part in item["extension"] if "valueCoding" in part]
    assert written, "the unit of a number is an extension"
    for part in written:
        part["valueCoding"]["code"] = "[degF]"

    assert _told(parse(found)) == [
        ("Temperature: “temperature” is measured in “[degF]” here, and the rules count in “Cel”.", True)
    ]


def test_an_answer_that_rules_do_not_know_stops_and_one_that_is_gone_is_told():
    found = copy.deepcopy(library.document())
    (item,) = [item for item in found["item"] if item["linkId"] == "chills"]
    gone = item["answerOption"][1]["valueCoding"]["code"]
    item["answerOption"][1]["valueCoding"]["code"] = "sometimes"

    assert _told(parse(found)) == [
        ("Chills: The rules do not know the answer “sometimes” to “chills”.", True),
        (f"Chills: “{gone}” can no longer be answered to “chills”: rules that wait for it never act.", False),
    ]


def test_a_form_by_others_with_the_same_questions_is_told_and_not_stopped():
    other = library.document() | {"url": "https://example.org/our-own"}

    assert _told(parse(other)) == [
        (f"The rules were written for another questionnaire: {PROTOCOL.questionnaire}", False)
    ]
