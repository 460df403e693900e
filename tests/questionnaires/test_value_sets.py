import pytest

from questionnaires.findings import QuestionnaireError
from questionnaires.reading import parse
from tests.questionnaires.documents import codes, document, form, question

ORDINAL = "http://hl7.org/fhir/StructureDefinition/ordinalValue"
LISTED = {
    "include": [
        {
            "system": "urn:s",
            "concept": [
                {
                    "code": "a",
                    "display": "Not at all",
                    "designation": [{"language": "fr", "value": "Pas du tout"}],
                    "extension": [{"url": ORDINAL, "valueDecimal": 0}],
                },
                {"code": "b"},
            ],
        }
    ]
}
EXPANDED = {
    "contains": [
        {"system": "urn:s", "code": "all", "abstract": True, "contains": [{"system": "urn:s", "code": "a"}]},
        {"system": "urn:s", "code": "b"},
    ]
}
CODE_SYSTEM = {
    "resourceType": "CodeSystem",
    "id": "cs",
    "url": "urn:s",
    "content": "complete",
    "concept": [{"code": "a", "concept": [{"code": "b"}]}],
}


def asking(*contained, canonical="#vs"):
    return document(question("q", "choice", answerValueSet=canonical), contained=list(contained))


def value_set(**more):
    return {"resourceType": "ValueSet", "id": "vs", **more}


@pytest.mark.parametrize(
    "contained",
    [
        [value_set(compose=LISTED)],
        [value_set(expansion=EXPANDED, compose={"include": [{"system": "urn:unknown"}]})],
        [value_set(compose={"include": [{"system": "urn:s"}]}), CODE_SYSTEM],
    ],
)
def test_the_options_of_a_contained_value_set_are_listed_whole_and_in_order(contained):
    item = parse(asking(*contained)).by_link_id["q"]

    assert [(option.value, option.system) for option in item.options] == [("a", "urn:s"), ("b", "urn:s")]


def test_a_concept_brings_its_label_its_translation_and_its_weight():
    first, second = parse(asking(value_set(compose=LISTED))).by_link_id["q"].options

    assert (first.label.own, first.label.speak("fr"), first.weight) == ("Not at all", "Pas du tout", 0)
    assert (second.label.own, second.weight) == ("b", None)


NOT_WHOLE = {
    "a filter": value_set(compose={"include": [{"system": "urn:s", "filter": [{"property": "x"}]}]}),
    "another value set": value_set(compose={"include": [{"valueSet": ["urn:other"]}]}),
    "a system that is not there": value_set(compose={"include": [{"system": "urn:s"}]}),
    "what is excluded": value_set(compose=LISTED | {"exclude": [{"system": "urn:s"}]}),
    "a part of an expansion": value_set(expansion=EXPANDED | {"total": 900}),
    "nothing said": value_set(),
    "a concept without code": value_set(compose={"include": [{"concept": [{"display": "x"}]}]}),
}


@pytest.mark.parametrize("contained", NOT_WHOLE.values(), ids=NOT_WHOLE.keys())
def test_a_value_set_that_cannot_be_listed_whole_is_refused(contained):
    with pytest.raises(QuestionnaireError) as refusal:
        parse(asking(contained))

    assert codes(refusal.value.findings) == [("q", "value-set-not-whole")]


@pytest.mark.parametrize("canonical", ["#other", "https://example.org/ValueSet/x", "#"])
def test_a_value_set_that_is_elsewhere_is_refused(canonical):
    with pytest.raises(QuestionnaireError) as refusal:
        parse(asking(value_set(compose=LISTED), canonical=canonical))

    assert codes(refusal.value.findings) == [("q", "value-set-elsewhere")]


SELECTABLE_TYPES = [
    "group",
    "display",
    "boolean",
    "decimal",
    "integer",
    "date",
    "dateTime",
    "time",
    "string",
    "text",
    "url",
    "choice",
    "attachment",
    "reference",
    "quantity",
    "open-choice",
]
"""FHIR R4's types of items; `question` is abstract there."""


@pytest.mark.parametrize(
    ("canonical", "wanted"),
    [
        ("http://hl7.org/fhir/ValueSet/administrative-gender", ["male", "female", "other", "unknown"]),
        ("http://hl7.org/fhir/ValueSet/yesnodontknow|4.0.1", ["Y", "N", "asked-unknown"]),
        ("http://terminology.hl7.org/ValueSet/yes-no-unknown-not-applicable", ["Y", "N", "UNK", "NA"]),
        ("http://hl7.org/fhir/ValueSet/item-type", SELECTABLE_TYPES),
    ],
)
def test_a_few_value_sets_of_hl7_are_known(canonical, wanted):
    assert [option.value for option in parse(asking(canonical=canonical)).by_link_id["q"].options] == wanted


@pytest.mark.parametrize(
    ("item", "code"),
    [
        (question("q", "string", answerValueSet="#vs"), "options-not-allowed"),
        (question("q", "boolean", answerOption=[{"valueString": "x"}]), "options-not-allowed"),
        (question("q", "integer", answerOption=[{"valueString": "x"}]), "option-of-another-type"),
        (question("q", "choice", answerValueSet="#vs", answerOption=[{"valueString": "x"}]), "two-lists-of-options"),
    ],
)
def test_options_that_the_question_cannot_have_are_refused(item, code):
    with pytest.raises(QuestionnaireError) as refusal:
        parse(document(item, contained=[value_set(compose=LISTED)]))

    assert codes(refusal.value.findings) == [("q", code)]


def test_a_condition_on_what_nothing_ever_fills_in_is_refused():
    expression = {"url": "http://hl7.org/fhir/uv/sdc/StructureDefinition/sdc-questionnaire-calculatedExpression"}
    filled = question("f", "boolean", readOnly=True, extension=[expression])
    waits = {"question": "f", "operator": "=", "answerBoolean": True}

    with pytest.raises(QuestionnaireError) as refusal:
        parse(document(filled, question("q", enableWhen=[waits])))

    assert ("q", "enable-when-unfilled") in codes(refusal.value.findings)
    assert codes(form(filled).warnings) == [("f", "expression-not-run")]


def test_a_small_file_whose_questions_all_point_at_one_large_value_set_is_refused_before_it_fills_the_memory():
    concepts = [{"code": f"c{number}"} for number in range(1000)]
    large = value_set(compose={"include": [{"system": "urn:s", "concept": concepts}]})
    questions = [question(f"q{number}", "choice", answerValueSet="#vs") for number in range(60)]

    assert len(parse(document(*questions[:50], contained=[large])).questions) == 50
    with pytest.raises(QuestionnaireError) as refused:
        parse(document(*questions, contained=[large]))
    assert codes(refused.value.findings) == [("q50", "too-many-options")]
