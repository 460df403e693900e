from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from questionnaires import library
from questionnaires.answers import (
    answers_digest,
    canonical_bytes,
    raw_from_form,
    raw_from_json,
    validate,
    value_of,
    values,
)
from questionnaires.emergency import emergencies
from questionnaires.fhir_names import MAX_VALUE, MIN_VALUE
from questionnaires.findings import Severity
from questionnaires.messages import ANSWERING, message
from tests.questionnaires.documents import WELL, answer, choice, codes, form, question, when

COVID = library.questionnaire()


def covid(**changed):
    body = {k: v for k, v in (WELL | changed).items() if v is not None}
    return answer(COVID, body, has_oximeter=True)


def test_a_well_patients_answers_are_stored_typed_and_without_a_remark():
    validated = covid()

    assert validated.findings == ()
    assert validated.not_in_force() is None
    assert validated.answers == {
        "has-oximeter": [{"boolean": True}],
        **{
            name: [{"boolean": False}]
            for name in ("chest-pain", "blue-lips", "confusion", "fainted", "cannot-eat-drink")
        },
        **{name: [{"code": "none"}] for name in ("breathlessness", "chills", "malaise")},
        "breathlessness-change": [{"code": "same"}],
        "confinement": [{"code": "fine"}],
        "temperature": [{"decimal": "37.2"}],
        "heart-rate": [{"integer": 72}],
        "respiratory-rate": [{"integer": 16}],
        "spo2": [{"integer": 97}],
    }


STORED = [
    # (linkId, what came in, what is stored, remark)
    ("temperature", "38,6", {"decimal": "38.6"}, None),
    ("temperature", "٣٨٫٦", {"decimal": "38.6"}, None),
    ("temperature", 38.6, {"decimal": "38.6"}, None),
    ("temperature", {"raw": [" 38.60 "]}, {"unreadable": "38.60"}, "too-many-decimals"),
    ("temperature", "38 6", {"unreadable": "38 6"}, "unclear"),
    ("temperature", "386", {"decimal": "386"}, "implausible"),
    ("temperature", "29,9", {"decimal": "29.9"}, "implausible"),
    ("temperature", "30", {"decimal": "30"}, "unlikely"),
    ("temperature", "34,9", {"decimal": "34.9"}, "unlikely"),
    ("temperature", "35", {"decimal": "35"}, None),
    ("temperature", "41,0", {"decimal": "41.0"}, None),
    ("temperature", "41,1", {"decimal": "41.1"}, "unlikely"),
    ("temperature", {"raw": ["41,5"], "confirmed": ["41.5"]}, {"decimal": "41.5", "confirmed": True}, None),
    ("temperature", {"raw": ["41,6"], "confirmed": "41,5"}, {"decimal": "41.6"}, "unlikely"),
    ("temperature", {"raw": ["37"], "confirmed": "37"}, {"decimal": "37"}, None),
    ("temperature", {"absent": True}, {"absent": "could-not-measure"}, None),
    ("temperature", {"raw": ["38 6"], "absent": True}, {"absent": "could-not-measure", "text": "38 6"}, None),
    ("temperature", {"raw": ["38,6"], "absent": True}, {"decimal": "38.6"}, None),
    ("temperature", ["38,6", "38,6"], {"decimal": "38.6"}, None),
    ("temperature", ["38,6", "36,8"], {"unreadable": "38,6 / 36,8"}, "several-answers"),
    ("temperature", "3\u00008", {"unreadable": "3\ufffd8"}, "not-a-number"),
    ("temperature", "\ud800", {"unreadable": "\ufffd"}, "not-a-number"),
    ("temperature", "9" * 5000, {"unreadable": "9" * 1000}, "too-long"),
    ("heart-rate", 96, {"integer": 96}, None),
    ("heart-rate", "96,5", {"unreadable": "96,5"}, "not-whole"),
    ("heart-rate", "-96", {"unreadable": "-96"}, "negative"),
    ("heart-rate", "39", {"integer": 39}, "unlikely"),
    ("heart-rate", "151", {"integer": 151}, "unlikely"),
    ("respiratory-rate", "7", {"integer": 7}, "unlikely"),
    ("respiratory-rate", "41", {"integer": 41}, "unlikely"),
    ("spo2", "84", {"integer": 84}, "unlikely"),
    ("spo2", "101", {"integer": 101}, "implausible"),
    ("breathlessness", "at-rest", {"code": "at-rest"}, None),
    ("breathlessness", "At rest", {"unreadable": "At rest"}, "not-an-option"),
    ("breathlessness", ["none", "talking"], {"unreadable": "none / talking"}, "several-answers"),
    ("chest-pain", True, {"boolean": True}, None),
    ("chest-pain", "yes", {"unreadable": "yes"}, "not-an-option"),
]


@pytest.mark.parametrize(("link_id", "sent", "stored", "remark"), STORED)
def test_what_is_sent_is_stored_whatever_it_says(link_id, sent, stored, remark):
    validated = covid(**{link_id: sent})

    assert validated.answers[link_id] == [stored]
    assert codes(validated.findings) == ([(link_id, remark)] if remark else [])


@pytest.mark.parametrize("remark", ["implausible", "unlikely"])
def test_an_odd_value_is_asked_about_and_never_refused(remark):
    validated = covid(temperature={"implausible": "50", "unlikely": "41,5"}[remark])

    assert validated.errors == ()
    assert [f.severity for f in validated.to_confirm] == [Severity.CONFIRM]


@pytest.mark.parametrize("link_id", WELL)
def test_every_question_left_out_is_asked_again_and_the_others_are_kept(link_id):
    validated = covid(**{link_id: None})

    measured = COVID.by_link_id[link_id].could_not_measure
    assert codes(validated.errors) == [(link_id, "required-measure" if measured else "required")]
    assert validated.answers.keys() == (WELL.keys() | {"has-oximeter"}) - {link_id}


def test_only_measures_can_be_could_not_measure_and_the_attempt_is_kept_aside():
    validated = covid(**{"chest-pain": {"absent": True}})

    assert "chest-pain" not in validated.answers
    assert codes(validated.errors) == [("chest-pain", "required")]
    assert validated.aside == {"chest-pain": '{"absent": true}'}


def test_the_findings_stand_in_the_order_of_the_questions():
    validated = covid(confinement=None, breathlessness=None, temperature="x")

    assert [f.link_id for f in validated.errors] == ["breathlessness", "temperature", "confinement"]


def test_who_has_no_oximeter_is_not_asked_for_a_saturation():
    validated = answer(COVID, {k: v for k, v in WELL.items() if k != "spo2"}, has_oximeter=False)

    assert validated.findings == ()
    assert validated.answers["has-oximeter"] == [{"boolean": False}]


def test_a_saturation_from_a_page_that_never_asked_for_it_is_dropped_by_name_and_kept():
    validated = answer(COVID, WELL, has_oximeter=False)

    assert "spo2" not in validated.answers
    assert validated.not_in_force() == {"disabled": {"spo2": [{"integer": 97}]}}
    assert codes(validated.findings) == [("spo2", "dropped")]


def test_a_saturation_asked_for_by_an_older_page_is_assessed_although_the_record_has_changed():
    validated = answer(COVID, WELL | {"spo2": "90", "has-oximeter": "true"}, has_oximeter=False)

    assert validated.answers["spo2"] == [{"integer": 90}]
    assert validated.answers["has-oximeter"] == [{"boolean": True}]
    assert codes(validated.findings) == [("has-oximeter", "hidden-fact-differs")]


def test_a_page_cannot_talk_the_record_out_of_an_oximeter():
    body = {k: v for k, v in WELL.items() if k != "spo2"} | {"has-oximeter": "false"}

    validated = answer(COVID, body, has_oximeter=True)

    assert codes(validated.errors) == [("spo2", "required-measure")]
    assert validated.answers["has-oximeter"] == [{"boolean": True}]
    assert validated.aside == {"has-oximeter": '[{"boolean": false}]'}


def test_a_fact_that_does_not_fit_its_hidden_item_is_the_callers_mistake():
    with pytest.raises(ValueError, match="has-oximeter"):
        answer(COVID, WELL, has_oximeter="sometimes")


@pytest.mark.parametrize(
    ("body", "aside"),
    [
        ({"fever": "39"}, {"fever": '["39"]'}),
        ({"blue-lips-help-1": "x"}, {"blue-lips-help-1": '["x"]'}),
        ({"temperature": {"celsius": 39}}, {"temperature": '{"celsius": 39}'}),
        ({"temperature": {"raw": {"deep": [1]}}}, {"temperature": '{"raw": {"deep": [1]}}'}),
        ({"temperature": {"raw": ["39"], "absent": 7}}, {"temperature": '{"raw": ["39"], "absent": 7}'}),
        ({"temperature": ["1"] * 51}, {"temperature": str(["1"] * 51).replace("'", '"')}),
        ([1], {"": "[1]"}),
        ("39", {"": '"39"'}),
        (None, {"": "null"}),
    ],
)
def test_what_has_no_place_is_kept_aside_and_never_assessed(body, aside):
    validated = answer(COVID, body, has_oximeter=True)

    assert validated.aside == aside
    assert validated.answers == {"has-oximeter": [{"boolean": True}]}
    assert {code for _, code in codes(validated.findings)} == {"unknown-question", "required", "required-measure"}


def test_a_plain_form_and_the_script_mean_the_same():
    body = WELL | {"temperature": {"raw": ["41,5"], "confirmed": "41,5"}, "spo2": {"absent": True}, "fever": "39"}
    fields = {f"answer-{k}": [v] for k, v in (WELL | {"temperature": "41,5", "spo2": "", "fever": "39"}).items()}
    fields |= {"confirmed-temperature": ["41,5"], "absent-spo2": ["y"], "csrf_token": ["secret"], "send": [""]}

    by_form = validate(COVID, raw_from_form(fields), facts={"has-oximeter": True})

    assert by_form == validate(COVID, raw_from_json(body), facts={"has-oximeter": True})
    assert "secret" not in str(by_form)


def test_the_digest_depends_on_the_content_alone():
    turned = answer(COVID, dict(reversed(WELL.items())), has_oximeter=True)

    assert canonical_bytes(turned.answers) == canonical_bytes(covid().answers)
    assert answers_digest(turned.answers) == answers_digest(covid().answers)
    assert answers_digest(covid(temperature="37,3").answers) != answers_digest(covid().answers)


def test_values_come_out_typed_and_unknown_ones_as_nothing():
    answers = covid(temperature="38,6", spo2={"absent": True}, **{"heart-rate": "9 6", "chest-pain": "true"}).answers

    assert value_of(answers, "temperature") == Decimal("38.6")
    assert value_of(answers, "chest-pain") is True
    assert value_of(answers, "breathlessness") == "none"
    assert [value_of(answers, name) for name in ("spo2", "heart-rate", "nothing")] == [None, None, None]
    assert {k: values(answers)[k] for k in ("temperature", "spo2", "heart-rate")} == {
        "temperature": Decimal("38.6"),
        "spo2": None,
        "heart-rate": "9 6",
    }


@pytest.mark.parametrize(
    ("link_id", "sent", "opens"),
    [
        ("chest-pain", "true", True),
        ("blue-lips", "true", True),
        ("confusion", "true", True),
        ("cannot-eat-drink", "true", True),
        ("fainted", "true", False),
        ("breathlessness", "talking", True),
        ("breathlessness", "at-rest", True),
        ("breathlessness", "slight-effort", False),
        ("breathlessness-change", "much-worse", False),
        ("spo2", "92", True),
        ("spo2", "93", False),
        ("spo2", {"absent": True}, False),
        ("temperature", "41,5", False),
    ],
)
def test_the_answers_that_open_the_emergency_page_are_the_agreed_ones(link_id, sent, opens):
    assert emergencies(COVID, covid(**{link_id: sent}).answers) == ((link_id,) if opens else ())


def test_required_under_a_question_holds_only_once_that_question_is_answered():
    questionnaire = form(question("q", required=False, item=[question("under", required=True)]))

    assert codes(answer(questionnaire, {}).errors) == []
    assert codes(answer(questionnaire, {"q": "true"}).errors) == [("under", "required")]


def test_a_required_group_needs_one_answer_somewhere_in_it():
    inner = question("inner", "group", item=[question("a")])
    questionnaire = form(question("g", "group", required=True, item=[inner, question("b")]))

    assert codes(answer(questionnaire, {}).errors) == [("g", "required-group")]
    assert codes(answer(questionnaire, {"a": "false"}).errors) == []


def test_required_does_not_hold_while_disabled():
    questionnaire = form(question("q"), question("a", required=True, enableWhen=[when("q", "=", answerBoolean=True)]))

    assert codes(answer(questionnaire, {"q": "false"}).errors) == []
    assert codes(answer(questionnaire, {"q": "true"}).errors) == [("a", "required")]


def test_a_repeating_choice_keeps_each_answer_once():
    questionnaire = form(choice("c", "x", "y", repeats=True))

    assert answer(questionnaire, {"c": ["y", "x", "y"]}).answers == {"c": [{"code": "y"}, {"code": "x"}]}


@pytest.mark.parametrize(
    ("sent", "stored"),
    [
        ("2026-03-09", "2026-03-09"),
        ("9/3/2026", "2026-03-09"),
        ("09.03.2026", "2026-03-09"),
        ("٩/٣/٢٠٢٦", "2026-03-09"),
    ],
)
def test_a_date_is_read_day_first_or_iso(sent, stored):
    assert answer(form(question("d", "date")), {"d": sent}).answers == {"d": [{"date": stored}]}


@pytest.mark.parametrize(
    ("sent", "odd"), [("28/2/2026", True), ("1/3/2026", False), ("31/12/2026", False), ("1/1/2027", True)]
)
def test_a_day_beyond_its_bounds_is_asked_about_at_the_precision_of_the_bound(sent, odd):
    bounds = [{"url": MIN_VALUE, "valueDate": "2026-03"}, {"url": MAX_VALUE, "valueDate": "2026"}]

    validated = answer(form(question("d", "date", extension=bounds)), {"d": sent})

    assert codes(validated.to_confirm) == ([("d", "date-implausible")] if odd else [])


@pytest.mark.parametrize("sent", ["2026-02-30", "3/13/2026", "yesterday", "9/3/26", "2026-03"])
def test_what_is_no_day_is_stored_unreadable(sent):
    validated = answer(form(question("d", "date")), {"d": sent})

    assert validated.answers == {"d": [{"unreadable": sent}]}
    assert codes(validated.errors) == [("d", "not-a-date")]


def test_a_text_longer_than_asked_is_kept_whole_and_asked_to_be_shorter():
    validated = answer(form(question("t", "text", maxLength=3)), {"t": "four"})

    assert validated.answers == {"t": [{"string": "four"}]}
    assert message(validated.errors[0], "en") == "Your text is too long. Keep it to 3 characters."


def test_a_sentence_shows_the_number_as_the_language_writes_it():
    finding = covid(temperature="41.5").to_confirm[0]

    assert message(finding, "fr") == "Vous avez saisi 41,5. Est-ce exact\u202f?"
    assert message(finding, "en") == "You typed 41.5. Is that right?"


SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
ENTRIES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["raw", "absent", "confirmed", "other"]), inner, max_size=3)
    ),
    max_leaves=5,
)


@given(st.dictionaries(st.sampled_from([*COVID.by_link_id, "fever", "\0"]), ENTRIES) | ENTRIES, st.booleans())
def test_whatever_comes_in_is_stored_in_a_form_the_database_holds_and_nothing_vanishes(body, oximeter):
    validated = answer(COVID, body, has_oximeter=oximeter)

    stored = canonical_bytes({"answers": validated.answers, "beside": validated.not_in_force()})
    assert b"\\u0000" not in stored.replace(b"\\\\u0000", b"")
    assert {f.code for f in validated.findings} <= ANSWERING.keys()
    assert all(message(finding, language) for finding in validated.findings for language in ("fr", "en"))
    for link_id in body if isinstance(body, dict) else ():
        said = raw_from_json({link_id: body[link_id]})
        if said.aside or any(entry.texts or entry.absent for entry in said.entries.values()):
            name = link_id.replace("\0", "\ufffd")
            assert name in validated.answers or name in validated.dropped or name in validated.aside
