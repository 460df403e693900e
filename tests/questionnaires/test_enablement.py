import pytest
from hypothesis import given
from hypothesis import strategies as st

from questionnaires.enablement import enabled
from tests.questionnaires.documents import choice, form, question, when

ABSENT = [{"absent": "could-not-measure"}]

RULES = [
    # (type of q, operator, answer, stored answers to q, is the item asked)
    ("boolean", "=", {"answerBoolean": True}, [{"boolean": True}], True),
    ("boolean", "=", {"answerBoolean": True}, [{"boolean": False}], False),
    ("boolean", "=", {"answerBoolean": False}, [], False),
    ("boolean", "!=", {"answerBoolean": True}, [], True),
    ("boolean", "!=", {"answerBoolean": True}, [{"boolean": True}], False),
    ("boolean", "!=", {"answerBoolean": True}, [{"unreadable": "perhaps"}], True),
    ("boolean", "exists", {"answerBoolean": True}, [{"boolean": False}], True),
    ("boolean", "exists", {"answerBoolean": True}, [], False),
    ("boolean", "exists", {"answerBoolean": False}, [], True),
    ("integer", "exists", {"answerBoolean": True}, ABSENT, False),
    ("integer", ">", {"answerInteger": 5}, [{"integer": 6}], True),
    ("integer", ">", {"answerInteger": 5}, [{"integer": 5}], False),
    ("integer", ">=", {"answerInteger": 5}, [{"integer": 5}], True),
    ("integer", "<", {"answerInteger": 5}, [{"integer": 9}, {"integer": 4}], True),
    ("integer", "<=", {"answerInteger": 5}, [], False),
    ("integer", "<", {"answerInteger": 5}, [{"unreadable": "4 6"}], False),
    ("integer", "!=", {"answerInteger": 5}, [{"integer": 5}, {"integer": 6}], False),
    ("integer", "=", {"answerDecimal": 5.0}, [{"integer": 5}], True),
    ("decimal", ">=", {"answerDecimal": 38.3}, [{"decimal": "38.3"}], True),
    ("decimal", "=", {"answerDecimal": 0.3}, [{"decimal": "0.30"}], True),
    ("string", "=", {"answerString": "x"}, [{"string": "x"}], True),
    ("date", ">", {"answerDate": "2026-03"}, [{"date": "2026-03-09"}], False),
    ("date", ">=", {"answerDate": "2026-03"}, [{"date": "2026-03-09"}], True),
    ("date", "<", {"answerDate": "2026"}, [{"date": "2025-12-31"}], True),
    ("quantity", ">", {"answerQuantity": {"value": 5, "code": "kg"}}, [{"quantity": "6", "unit": "kg"}], True),
    ("quantity", ">", {"answerQuantity": {"value": 5, "code": "kg"}}, [{"quantity": "6", "unit": "g"}], False),
]


@pytest.mark.parametrize(("kind", "operator", "answer", "given_answers", "asked"), RULES)
def test_a_condition_is_met_or_not(kind, operator, answer, given_answers, asked):
    questionnaire = form(question("q", kind), question("a", enableWhen=[when("q", operator, **answer)]))

    assert ("a" in enabled(questionnaire, {"q": given_answers})) is asked


@pytest.mark.parametrize(
    ("coding", "asked"),
    [
        ({"code": "x"}, True),
        ({"system": "urn:s", "code": "x", "display": "another display"}, True),
        ({"system": "urn:other", "code": "x", "display": "x"}, False),
        ({"system": "urn:s", "code": "y", "display": "x"}, False),
    ],
)
def test_codings_are_equal_by_code_and_by_system_where_both_state_one(coding, asked):
    questionnaire = form(choice("q", "x", "y"), question("a", enableWhen=[when("q", "=", answerCoding=coding)]))

    assert ("a" in enabled(questionnaire, {"q": [{"code": "x"}]})) is asked


@pytest.mark.parametrize(
    ("behaviour", "asked"), [({"enableBehavior": "all"}, False), ({"enableBehavior": "any"}, True), ({}, True)]
)
def test_several_conditions_are_joined_as_the_item_says_and_by_any_when_it_does_not(behaviour, asked):
    conditions = [when("q", "=", answerBoolean=True), when("r", "=", answerBoolean=True)]
    questionnaire = form(question("q"), question("r"), question("a", enableWhen=conditions, **behaviour))

    assert ("a" in enabled(questionnaire, {"q": [{"boolean": True}], "r": [{"boolean": False}]})) is asked


def test_a_disabled_item_disables_what_lies_in_it_and_its_answers_count_as_absent():
    questionnaire = form(
        question("last", enableWhen=[when("inner", "=", answerBoolean=True)]),
        question("g", "group", enableWhen=[when("q", "=", answerBoolean=True)], item=[question("inner")]),
        question("q"),
    )
    yes = [{"boolean": True}]

    assert enabled(questionnaire, {"q": yes, "inner": yes}) == {"q", "g", "inner", "last"}
    assert enabled(questionnaire, {"q": [{"boolean": False}], "inner": yes}) == {"q"}


@st.composite
def _forms(draw):
    """Booleans that look at any later or earlier boolean, as long as no loop comes of it: along a drawn order."""
    order = draw(st.permutations(range(6)))
    items = []
    for place, number in enumerate(order):
        seen = draw(st.lists(st.sampled_from(order[:place]), max_size=2)) if place else []
        operators = st.sampled_from(["=", "!=", "exists"])
        conditions = [when(f"q{n}", draw(operators), answerBoolean=draw(st.booleans())) for n in seen]
        more = {"enableWhen": conditions, "enableBehavior": draw(st.sampled_from(["all", "any"]))} if seen else {}
        items.append((number, question(f"q{number}", **more)))
    return form(*(item for _, item in sorted(items, key=lambda pair: pair[0])))


def _once(questionnaire, answers, on):
    counted = {link_id: values for link_id, values in answers.items() if link_id in on}
    alone = {"=": lambda a, w: w in a, "!=": lambda a, w: w not in a, "exists": lambda a, w: bool(a) is w}
    result = set()
    for item in questionnaire.items:
        met = [alone[c.operator]([v["boolean"] for v in counted.get(c.question, [])], c.value) for c in item.conditions]
        if not met or (all(met) if item.all_conditions else any(met)):
            result.add(item.link_id)
    return result


@given(_forms(), st.dictionaries(st.sampled_from([f"q{n}" for n in range(6)]), st.booleans()))
def test_one_pass_reaches_the_fixpoint_that_iterating_reaches(questionnaire, given_answers):
    answers = {link_id: [{"boolean": said}] for link_id, said in given_answers.items()}
    on = set(questionnaire.by_link_id)
    for _ in range(len(on) + 1):
        on = _once(questionnaire, answers, on)

    assert enabled(questionnaire, answers) == on == _once(questionnaire, answers, on)
