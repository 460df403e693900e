import copy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from questionnaires import library
from questionnaires.dialects import version_of
from questionnaires.fhir_names import EMERGENCY, LIKELY_RANGE, MAX_VALUE, MIN_VALUE, UNIT
from questionnaires.findings import QuestionnaireError
from questionnaires.reading import digest_of, parse, parse_once
from tests.questionnaires.documents import choice, codes, document, form, question, when

NESTED = question("deepest")
for _level in range(12):
    NESTED = question(f"level-{_level}", "group", item=[NESTED])


def _bound(url, value):
    return {"url": url, "valueInteger": value}


REFUSED = {
    "a type outside the subset": ([question("a", "reference")], [("a", "unsupported-type")]),
    "an R5 type": ([question("a", "coding")], [("", "other-version"), ("a", "unsupported-type")]),
    "an STU3 element": (
        [question("a", "choice", option=[])],
        [("", "other-version"), ("a", "unsupported-element"), ("a", "no-options")],
    ),
    "a starting answer of another type": ([question("a", initial=[{"valueString": "no"}])], [("a", "bad-element")]),
    "an extension nobody judged": (
        [question("a", extension=[{"url": "http://example.org/x", "valueBoolean": True}])],
        [("a", "unsupported-extension")],
    ),
    "a nested item is named by its own linkId": (
        [question("g", "group", item=[question("a", "attachment")])],
        [("a", "unsupported-type")],
    ),
    "an item without linkId": ([{"type": "boolean", "text": "x"}], [("", "no-link-id")]),
    "a repeated linkId": ([question("a"), question("a")], [("a", "duplicate-link-id")]),
    "a repeated option": ([choice("a", "x", "x")], [("a", "duplicate-option")]),
    "a repeating group": ([question("g", "group", repeats=True, item=[question("a")])], [("g", "repeating-group")]),
    "a required display": ([question("d", "display", required=True), question("a")], [("d", "display-with-answer")]),
    "a text where true or false belongs": ([question("a", required="yes")], [("a", "bad-element")]),
    "an option of an unknown type": (
        [question("a", "choice", answerOption=[{"valueReference": {"reference": "Patient/1"}}])],
        [("a", "unsupported-option"), ("a", "no-options")],
    ),
    "a condition on nothing": (
        [question("a", enableWhen=[when("zz", "=", answerBoolean=True)])],
        [("a", "dangling-enable-when")],
    ),
    "a condition on a group": (
        [
            question("g", "group", item=[question("b")]),
            question("a", enableWhen=[when("g", "exists", answerBoolean=True)]),
        ],
        [("a", "enable-when-not-a-question")],
    ),
    "exists without a boolean": (
        [question("b"), question("a", enableWhen=[when("b", "exists", answerString="yes")])],
        [("a", "exists-needs-boolean")],
    ),
    "a comparison of unlike types": (
        [question("b"), question("a", enableWhen=[when("b", "=", answerInteger=1)])],
        [("a", "enable-when-type")],
    ),
    "an order among yes and no": (
        [question("b"), question("a", enableWhen=[when("b", ">", answerBoolean=False)])],
        [("a", "enable-when-not-ordered")],
    ),
    "an operator nobody knows": (
        [question("b"), question("a", enableWhen=[when("b", "~", answerBoolean=True)])],
        [("a", "bad-enable-when")],
    ),
    "an item that waits for itself": (
        [question("a", enableWhen=[when("a", "=", answerBoolean=True)])],
        [("a", "enable-when-loop")],
    ),
    "a bound of a wrong type": (
        [question("a", "integer", extension=[{"url": MIN_VALUE, "valueString": "9"}])],
        [("a", "bad-extension")],
    ),
    "a boolean for a number": (
        [question("a", "integer", extension=[_bound(MIN_VALUE, True)])],
        [("a", "bad-extension")],
    ),
    "half a likely range": (
        [question("a", "integer", extension=[{"url": LIKELY_RANGE, "valueRange": {"low": {"value": 1}}}])],
        [("a", "bad-extension")],
    ),
    "an emergency without operator": (
        [question("a", extension=[{"url": EMERGENCY, "extension": [{"url": "answer", "valueBoolean": True}]}])],
        [("a", "bad-extension")],
    ),
    "a unit on a yes-no question": (
        [question("a", extension=[{"url": UNIT, "valueCoding": {"code": "kg"}}])],
        [("a", "unit-not-allowed")],
    ),
    "nothing at all": ([], [("", "no-items")]),
}


@pytest.mark.parametrize(("items", "reasons"), REFUSED.values(), ids=REFUSED.keys())
def test_what_is_not_understood_is_refused_with_the_item_and_the_reason(items, reasons):
    with pytest.raises(QuestionnaireError) as refusal:
        parse(document(*items))

    assert codes(refusal.value.findings) == reasons


def test_every_obstacle_is_named_at_once():
    with pytest.raises(QuestionnaireError) as refusal:
        parse(document(question("a", "reference"), question("b", "attachment"), status="nope"))

    assert {("", "bad-element"), ("a", "unsupported-type"), ("b", "unsupported-type")} <= set(
        codes(refusal.value.findings)
    )


def test_a_loop_through_a_group_names_the_items_on_it():
    group = question("g", "group", item=[question("a")], enableWhen=[when("a", "=", answerBoolean=True)])

    with pytest.raises(QuestionnaireError) as refusal:
        parse(document(group))

    assert set(codes(refusal.value.findings)) == {("g", "enable-when-loop"), ("a", "enable-when-loop")}


def test_a_condition_on_a_refused_item_is_not_called_dangling_as_well():
    with pytest.raises(QuestionnaireError) as refusal:
        parse(
            document(question("b", "attachment"), question("a", enableWhen=[when("b", "exists", answerBoolean=True)]))
        )

    assert codes(refusal.value.findings) == [("b", "unsupported-type")]


def test_nesting_without_end_is_refused_not_followed():
    with pytest.raises(QuestionnaireError) as refusal:
        parse(document(NESTED))

    assert "too-deep" in {f.code for f in refusal.value.findings}


def test_several_conditions_without_behaviour_are_accepted_with_a_warning():
    conditions = [when("b", "=", answerBoolean=True), when("b", "exists", answerBoolean=False)]

    questionnaire = form(question("b"), question("a", enableWhen=conditions))

    assert codes(questionnaire.warnings) == [("a", "no-enable-behavior")]
    assert not questionnaire.by_link_id["a"].all_conditions


@pytest.mark.parametrize(
    "what", [None, [], "Questionnaire", 7, {}, {"resourceType": "Patient"}, {"resourceType": ["Questionnaire"]}]
)
def test_what_is_no_questionnaire_is_refused(what):
    with pytest.raises(QuestionnaireError) as refusal:
        parse(what)

    assert codes(refusal.value.findings) == [("", "not-a-questionnaire")]


@pytest.mark.parametrize("text", ["\0", "\ud800"], ids=["NUL", "surrogate"])
def test_a_text_that_the_database_cannot_hold_is_refused(text):
    with pytest.raises(QuestionnaireError) as refusal:
        parse(document(question("a"), title=f"x{text}"))

    assert codes(refusal.value.findings) == [("", "not-json")]


def test_two_systems_sharing_a_code_stay_two_options():
    options = [{"valueCoding": {"system": s, "code": "x"}} for s in ("urn:a", "urn:b")]

    item = form(question("a", "choice", answerOption=options)).by_link_id["a"]

    assert [option.key for option in item.options] == ["urn:a|x", "urn:b|x"]


def test_a_version_is_read_once_and_the_order_of_its_keys_changes_nothing():
    original = document(question("a"))
    turned = dict(reversed(original.items()))

    assert digest_of(original) == digest_of(turned)
    assert parse_once(digest_of(original), original) is parse_once(digest_of(turned), turned)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["url", "value"]), inner, max_size=2),
    max_leaves=4,
)


@given(st.data(), JSON)
def test_a_damaged_document_is_read_or_refused_but_never_crashes_the_reader(data, damage):
    damaged = copy.deepcopy(library.document())
    place = damaged
    for _ in range(data.draw(st.integers(0, 7))):
        inner = list(place.values()) if isinstance(place, dict) else place
        inner = [part for part in inner if isinstance(part, dict | list) and part]
        if not inner:
            break
        place = data.draw(st.sampled_from(inner))
    key = data.draw(st.sampled_from(list(place) if isinstance(place, dict) else range(len(place))))
    place[key] = damage

    try:
        questionnaire = parse(damaged)
    except QuestionnaireError:
        return
    assert len(questionnaire.evaluation) == len(questionnaire.by_link_id)


PREFILLED = "http://hl7.org/fhir/uv/sdc/StructureDefinition/sdc-questionnaire-initialExpression"
RULE = "http://hl7.org/fhir/StructureDefinition/questionnaire-constraint"
DECIDES = "http://hl7.org/fhir/uv/sdc/StructureDefinition/sdc-questionnaire-enableWhenExpression"

NOTED = {
    "a pre-ticked answer": (question("a", initial=[{"valueBoolean": False}]), "starts-answered"),
    "a pre-ticked option": (
        question("a", "choice", answerOption=[{"valueString": "no", "initialSelected": True}]),
        "starts-answered",
    ),
    "a choice without options": (question("a", "choice"), "no-options"),
    "bounds in the wrong order": (
        question("a", "integer", extension=[_bound(MIN_VALUE, 9), _bound(MAX_VALUE, 1)]),
        "range-out-of-order",
    ),
    "an expression that would fill in": (question("a", extension=[{"url": PREFILLED}]), "expression-not-run"),
    "a rule between answers": (question("a", extension=[{"url": RULE}]), "rule-not-checked"),
}


@pytest.mark.parametrize(("item", "code"), NOTED.values(), ids=NOTED.keys())
def test_what_is_kept_but_not_done_is_noted_on_its_item(item, code):
    assert codes(form(item).warnings) == [("a", code)]


@pytest.mark.parametrize(
    "item",
    [
        question("a", extension=[{"url": DECIDES}]),
        question("a", _text={"extension": [{"url": "http://hl7.org/fhir/StructureDefinition/cqf-expression"}]}),
    ],
)
def test_an_expression_that_decides_what_is_asked_or_said_is_refused(item):
    with pytest.raises(QuestionnaireError) as refusal:
        parse(document(item))

    assert [f.link_id for f in refusal.value.findings] == ["a"]


@pytest.mark.parametrize(
    ("more", "version"),
    [
        ({}, "R4"),
        ({"item": [question("a", "choice", option=[])]}, "STU3"),
        ({"item": [question("a"), question("b", enableWhen=[{"question": "a", "hasAnswer": True}])]}, "STU3"),
        ({"item": [question("a", initialBoolean=True)]}, "STU3"),
        ({"fhirVersion": "3.0.1"}, "STU3"),
        ({"item": [question("g", "group", item=[question("a", "coding")])]}, "R5"),
        ({"item": [question("a", disabledDisplay="hidden")]}, "R5"),
        ({"versionAlgorithmString": "semver"}, "R5"),
        ({"fhirVersion": "5.0.0"}, "R5"),
    ],
)
def test_another_version_of_fhir_is_named_as_such(more, version):
    found = document(question("a")) | more

    assert version_of(found) == version
    if version != "R4":
        with pytest.raises(QuestionnaireError) as refusal:
            parse(found)
        assert refusal.value.findings[0].params == {"type": version}


@pytest.mark.parametrize("name", ["url", "version"])
def test_a_name_too_long_for_the_index_of_versions_is_refused_and_no_error_of_the_database(name):
    with pytest.raises(QuestionnaireError) as refused:
        parse(document(question("a"), **{name: "é" * 501}))

    assert codes(refused.value.findings) == [("", "bad-element")]
    assert parse(document(question("a"), **{name: "é" * 500}))
