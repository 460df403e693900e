"""Every kind of question from the typed text to the stored value and out as FHIR, where a validator accepts it."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from questionnaires import moments, patterns
from questionnaires.fhir import questionnaire_response
from questionnaires.fhir_names import (
    CALCULATED_EXPRESSION,
    EXCLUSIVE,
    FEWEST,
    MIN_LENGTH,
    MOST,
    REGEX,
    STEP,
    UNIT_OPTION,
)
from questionnaires.publishing import DECIDABLE, obstacles
from questionnaires.response_checks import validate_response
from tests.questionnaires.documents import answer, codes, form, question, when

AT = datetime(2026, 11, 21, 8, 30, tzinfo=UTC)
PARIS = ZoneInfo("Europe/Paris")

READ = [
    # (type, typed text, stored value, or the finding when there is none)
    ("time", "8:05", {"time": "08:05:00"}),
    ("time", "08h05", {"time": "08:05:00"}),
    ("time", "23:59:59", {"time": "23:59:59"}),
    ("time", "٠٨:٠٥", {"time": "08:05:00"}),
    ("time", "24:00", "not-a-time"),
    ("time", "noon", "not-a-time"),
    ("dateTime", "27/3/2026 08:30", {"datetime": "2026-03-27T08:30:00"}),
    ("dateTime", "2026-03-27T08:30", {"datetime": "2026-03-27T08:30:00"}),
    ("dateTime", "2026-03-27T08:30:15+01:00", {"datetime": "2026-03-27T08:30:15+01:00"}),
    ("dateTime", "2026-03-27T08:30:15Z", {"datetime": "2026-03-27T08:30:15Z"}),
    ("dateTime", "27.3.2026", {"datetime": "2026-03-27"}),
    ("dateTime", "31/2/2026 08:30", "not-a-moment"),
    ("dateTime", "2026-03-27T25:30", "not-a-moment"),
    ("url", "https://example.org/a", {"uri": "https://example.org/a"}),
    ("url", "two words", "not-an-address"),
]


@pytest.mark.parametrize(("kind", "text", "wanted"), READ)
def test_a_text_is_read_as_its_question_asks_or_not_at_all(kind, text, wanted):
    validated = answer(form(question("q", kind)), {"q": text})

    if isinstance(wanted, str):
        assert codes(validated.findings) == [("q", wanted)]
        assert validated.answers == {"q": [{"unreadable": text}]}
    else:
        assert (codes(validated.findings), validated.answers) == ([], {"q": [wanted]})


CODED = [{"valueCoding": {"system": "urn:s", "code": "x"}}, {"valueString": "y"}]
ALONE = [*CODED, {"valueCoding": {"code": "none"}, "extension": [{"url": EXCLUSIVE, "valueBoolean": True}]}]

OPTIONS = [
    ("open-choice", CODED, "x", {"code": "x"}, []),
    ("open-choice", CODED, "y", {"string": "y"}, []),
    ("open-choice", CODED, "something else", {"string": "something else"}, []),
    ("choice", CODED, "something else", {"unreadable": "something else"}, ["not-an-option"]),
    ("integer", [{"valueInteger": 1}, {"valueInteger": 2}], "2", {"integer": 2}, []),
    ("integer", [{"valueInteger": 1}, {"valueInteger": 2}], "3", {"unreadable": "3"}, ["not-an-option"]),
    ("date", [{"valueDate": "2026-03-27"}], "27/3/2026", {"date": "2026-03-27"}, []),
    ("time", [{"valueTime": "08:30:00"}], "8:31", {"unreadable": "8:31"}, ["not-an-option"]),
]


@pytest.mark.parametrize(("kind", "options", "text", "stored", "found"), OPTIONS)
def test_an_answer_is_among_the_options_unless_the_choice_is_open(kind, options, text, stored, found):
    validated = answer(form(question("q", kind, answerOption=options)), {"q": text})

    assert validated.answers == {"q": [stored]}
    assert [f.code for f in validated.findings] == found


def _limit(url, **value):
    return {"url": url, **value}


UNITS = [
    _limit(UNIT_OPTION, valueCoding={"system": "http://unitsofmeasure.org", "code": "kg", "display": "kg"}),
    _limit(UNIT_OPTION, valueCoding={"system": "http://unitsofmeasure.org", "code": "[lb_av]", "display": "lb"}),
]
SEVERAL = {"answerOption": ALONE, "repeats": True}
LIMITS = [
    ("string", [_limit(MIN_LENGTH, valueInteger=3)], {}, ["ab"], ["text-too-short"]),
    ("string", [_limit(MIN_LENGTH, valueInteger=3)], {}, ["abc"], []),
    ("string", [], {"maxLength": 3}, ["abcd"], ["text-too-long"]),
    ("string", [_limit(REGEX, valueString="[0-9]{5}")], {}, ["75013"], []),
    ("string", [_limit(REGEX, valueString="[0-9]{5}")], {}, ["75013x"], ["text-unlike"]),
    ("choice", [], SEVERAL, ["x", "none"], ["several-exclusive"]),
    ("choice", [], SEVERAL, ["none"], []),
    ("choice", [_limit(MOST, valueInteger=1)], SEVERAL, ["x", "y"], ["too-many-answers"]),
    ("choice", [_limit(FEWEST, valueInteger=2)], SEVERAL, ["x"], ["too-few-answers"]),
]


@pytest.mark.parametrize(("kind", "extensions", "more", "texts", "found"), LIMITS)
def test_a_limit_is_asked_about_and_the_answer_kept(kind, extensions, more, texts, found):
    asked = form(question("q", kind, extension=extensions, **more))

    validated = answer(asked, {"q": {"raw": texts}})

    assert [f.code for f in validated.findings] == found
    assert len(validated.answers["q"]) == len(texts)


@pytest.mark.parametrize("pattern", ["(?=a)b", r"(a)\1", "(", "a" * 1001])
def test_a_pattern_that_cannot_be_run_safely_is_refused(pattern):
    with pytest.raises(patterns.BadPattern):
        patterns.compiled(pattern)


def test_a_pattern_made_to_explode_does_not():
    assert not patterns.matches("(a+)+$", "a" * 50_000 + "b")


ORDER = [
    ("2026-03-09", "2026-03", 0),
    ("2026-03-31", "2026-04", -1),
    ("2026", "2025-12-31", 1),
    ("2026-03-27T08:30:00+01:00", "2026-03-27T07:30:00Z", 0),
    ("2026-03-27T08:30:00+01:00", "2026-03-27T08:00:00Z", -1),
    ("2026-03-27T08:30:00", "2026-03-27", 0),
    ("2026-03-27T08:30:00", "2026-03-27T08:29:59Z", 1),
    ("08:30:00", "08:30:01", -1),
]


@pytest.mark.parametrize(("first", "second", "sign"), ORDER)
def test_moments_compare_at_the_coarser_precision_and_as_instants_where_both_can(first, second, sign):
    assert moments.order(first, second) == sign == -moments.order(second, first)


ALL = form(
    question("boolean"),
    question("decimal", "decimal"),
    question("integer", "integer"),
    question("string", "string"),
    question("text", "text"),
    question("url", "url"),
    question("choice", "choice", answerOption=CODED, repeats=True),
    question("open-choice", "open-choice", answerOption=CODED),
    question("date", "date"),
    question("dateTime", "dateTime"),
    question("time", "time"),
    question("quantity", "quantity"),
)
PLAIN = st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=20)
NUMBERS = st.decimals(-9999, 9999, places=2).map(lambda number: f"{number:f}")
MOMENTS = st.datetimes(datetime(1900, 1, 1), datetime(2100, 1, 1))  # noqa: DTZ001
TEXTS = {
    "boolean": st.sampled_from(["true", "false"]),
    "decimal": NUMBERS,
    "integer": st.integers(-9999, 9999).map(str),
    "string": PLAIN,
    "text": PLAIN,
    "url": PLAIN,
    "choice": st.lists(st.sampled_from(["x", "y"]), min_size=1, max_size=2, unique=True),
    "open-choice": PLAIN,
    "date": MOMENTS.map(lambda moment: moment.date().isoformat()),
    "dateTime": MOMENTS.map(lambda moment: moment.isoformat(timespec="minutes")),
    "time": MOMENTS.map(lambda moment: moment.strftime("%H:%M")),
    "quantity": NUMBERS,
}


@given(st.fixed_dictionaries({}, optional={kind: texts.map(lambda t: {"raw": t}) for kind, texts in TEXTS.items()}))
def test_whatever_a_form_can_send_is_stored_and_leaves_as_a_response_without_errors(body):
    validated = answer(ALL, body)

    response = questionnaire_response(ALL, validated.answers, authored=AT, zone=PARIS)

    outcome = validate_response(ALL, response)
    assert validated.errors == ()
    assert validated.answers.keys() == body.keys()
    assert [issue for issue in outcome["issue"] if issue["severity"] == "error"] == []


@pytest.mark.parametrize(
    ("typed", "wanted"),
    [
        ("27/3/2026 08:30", "2026-03-27T08:30:00+01:00"),
        ("27/7/2026 08:30", "2026-07-27T08:30:00+02:00"),
        ("2026-03-27T08:30:00-05:00", "2026-03-27T08:30:00-05:00"),
        ("1/1/1911 00:00", "1911-01-01T00:00:00+00:09"),
        ("27/3/2026", "2026-03-27"),
    ],
)
def test_a_moment_leaves_with_the_offset_of_the_persons_zone(typed, wanted):
    answers = answer(ALL, {"dateTime": typed}).answers

    (item,) = questionnaire_response(ALL, answers, authored=AT, zone=PARIS)["item"]

    assert item["answer"] == [{"valueDateTime": wanted}]


SHOWN = [
    ("time", {}),
    ("dateTime", {}),
    ("url", {}),
    ("open-choice", {"answerOption": CODED}),
    ("integer", {"answerOption": [{"valueInteger": 1}]}),
    ("choice", {"answerOption": ALONE, "repeats": True}),
    ("string", {"extension": [_limit(REGEX, valueString="a")]}),
    ("string", {"extension": [_limit(MIN_LENGTH, valueInteger=1)]}),
    ("string", {"repeats": True, "extension": [_limit(MOST, valueInteger=20)]}),
    ("boolean", {"readOnly": True, "initial": [{"valueBoolean": False}]}),
    ("quantity", {"extension": UNITS, "repeats": True}),
    ("integer", {"extension": [_limit(STEP, valueInteger=1)]}),
]
UNSHOWN = [
    ("boolean", {"readOnly": True}, "readOnly"),
    ("boolean", {"repeats": True}, "repeats (boolean)"),
    ("decimal", {"extension": UNITS}, "unitOption"),
    ("string", {"repeats": True, "extension": [_limit(MOST, valueInteger=21)]}, "maxOccurs"),
    ("string", {"repeats": True, "extension": [_limit(FEWEST, valueInteger=21)]}, "minOccurs"),
    ("integer", {"readOnly": True, "extension": [_limit(CALCULATED_EXPRESSION)]}, "calculatedExpression"),
]


@pytest.mark.parametrize(("kind", "more"), SHOWN)
def test_what_the_pages_show_can_be_published(kind, more):
    assert obstacles(form(question("q", kind, **more))) == ()


@pytest.mark.parametrize(("kind", "more", "what"), UNSHOWN)
def test_what_the_pages_do_not_show_is_accepted_and_cannot_be_published(kind, more, what):
    found = obstacles(form(question("q", kind, **more)))

    assert [(f.link_id, f.code, f.params["element"]) for f in found] == [("q", "not-shown-yet", what)]


def test_a_condition_that_the_phone_cannot_judge_stands_in_the_way():
    measure = question("measure", "quantity", extension=UNITS)
    asks = [when("measure", ">", answerQuantity={"value": 1, "code": "kg"})]

    found = obstacles(form(measure, question("b", enableWhen=asks)))

    assert [(f.link_id, f.params["element"]) for f in found] == [("b", "enableWhen (unitOption)")]


def test_whoever_publishes_may_decide_that_a_question_starts_empty_and_nothing_else():
    asked = form(question("q", initial=[{"valueBoolean": False}]), question("r", text=""))

    assert codes(obstacles(asked, decided=DECIDABLE | {"no-text"})) == [("r", "no-text")]


SETTLED_FIRST = [
    ({"initial": [{"valueBoolean": False}]}, "starts-answered"),
    ({"extension": [_limit("http://hl7.org/fhir/StructureDefinition/questionnaire-constraint")]}, "rule-not-checked"),
    ({"type": "choice"}, "no-options"),
    ({"text": ""}, "no-text"),
]


@pytest.mark.parametrize(("more", "code"), SETTLED_FIRST)
def test_what_is_kept_but_not_done_must_be_settled_before_publishing(more, code):
    found = obstacles(form(question("q") | more))

    assert codes(found) == [("q", code)]


def test_a_language_with_a_gap_cannot_be_published_in():
    assert {f.code for f in obstacles(form(question("q")), ("en", "fr"))} == {"not-translated"}
    assert obstacles(form(question("q")), ("en",)) == ()
