"""The shipped COVID-19 protocol against the table of the domain, each side of every boundary."""

import json
from decimal import Decimal

import pytest

from questionnaires.emergency import emergencies
from questionnaires.library import questionnaire
from tests.triage.factories import WELL, assessed, covid, silent
from triage.cases import run_cases
from triage.documents import from_library
from triage.facts import FactKind, SourceKind
from triage.levels import Level

G, O, R = Level.GREEN, Level.ORANGE, Level.RED  # noqa: E741


@pytest.mark.parametrize(
    ("item", "value", "level"),
    [
        ("temperature", "35.3", O),
        ("temperature", "35.4", O),
        ("temperature", "35.5", G),
        ("temperature", "38.9", G),
        ("temperature", "39.0", O),
        ("temperature", "39.5", O),
        ("temperature", "40.0", O),
        ("temperature", "40.1", R),
        ("respiratory_rate", 8, R),
        ("respiratory_rate", 9, G),
        ("respiratory_rate", 21, G),
        ("respiratory_rate", 22, O),
        ("respiratory_rate", 24, O),
        ("respiratory_rate", 25, R),
        ("heart_rate", 49, R),
        ("heart_rate", 50, G),
        ("heart_rate", 110, G),
        ("heart_rate", 111, O),
        ("heart_rate", 130, O),
        ("heart_rate", 131, R),
        ("spo2", 92, R),
        ("spo2", 93, O),
        ("spo2", 94, O),
        ("spo2", 95, G),
        ("breathlessness", "none", G),
        ("breathlessness", "unusual-effort", O),
        ("breathlessness", "slight-effort", R),
        ("breathlessness", "talking", R),
        ("breathlessness", "at-rest", R),
        ("breathlessness_change", "better", G),
        ("breathlessness_change", "same", G),
        ("breathlessness_change", "worse", O),
        ("breathlessness_change", "much-worse", R),
        ("fainted", True, R),
        ("cannot_eat_drink", True, R),
        ("chills", "mild", G),
        ("chills", "strong", O),
        ("confinement", "fine", G),
        ("confinement", "hard", O),
        ("confinement", "cannot-go-on", O),
        ("malaise", "marked", G),
        ("chest_pain", True, R),
        ("blue_lips", True, R),
        ("confusion", True, R),
    ],
)
def test_one_sign_alone_gives_the_level_of_the_table(item, value, level):
    given = Decimal(value) if item == "temperature" else value

    assert assessed(**{item: given}).level is level


@pytest.mark.parametrize(
    ("answers", "shown"),
    [
        ({"chest_pain": True}, True),
        ({"blue_lips": True}, True),
        ({"confusion": True}, True),
        ({"cannot_eat_drink": True}, True),
        ({"breathlessness": "talking"}, True),
        ({"breathlessness": "at-rest"}, True),
        ({"spo2": 92}, True),
        ({"breathlessness": "slight-effort"}, False),
        ({"breathlessness_change": "much-worse"}, False),
        ({"fainted": True}, False),
        ({"temperature": Decimal("40.1")}, False),
        ({"respiratory_rate": 25}, False),
        ({"heart_rate": 131}, False),
        ({"spo2": 93}, False),
        ({}, False),
    ],
)
def test_only_the_red_flags_of_the_domain_say_call_15_now(answers, shown):
    assert assessed(**answers).call_15 is shown


@pytest.mark.parametrize(
    ("item", "value"),
    [
        *[
            (item, {"boolean": True})
            for item in ("chest-pain", "blue-lips", "confusion", "cannot-eat-drink", "fainted")
        ],
        *[("breathlessness", {"code": code}) for code in ("unusual-effort", "slight-effort", "talking", "at-rest")],
        *[("breathlessness-change", {"code": code}) for code in ("worse", "much-worse")],
        *[("spo2", {"integer": value}) for value in (91, 92, 93)],
        ("temperature", {"decimal": "41.0"}),
        ("confinement", {"code": "cannot-go-on"}),
    ],
)
def test_the_phone_and_the_rules_agree_on_what_is_an_emergency(item, value):
    offline = emergencies(questionnaire("covid-19"), {**WELL, item: [value]})

    assert bool(offline) is assessed(**{item.replace("-", "_"): [value]}).call_15


def test_an_earlier_value_hard_to_believe_is_not_doubted_again():
    assert assessed(previous={"spo2": [{"integer": 975}]}).level is G


@pytest.mark.parametrize(
    ("spo2", "previous", "level"),
    [(94, None, R), (95, None, G), (94, 96, O), (93, None, R), (92, None, R), (94, "could not measure", R)],
)
def test_a_first_spo2_below_95_is_red_and_a_later_one_is_not(spo2, previous, level):
    earlier = None if previous is None else {"spo2": [{"integer": previous}]}
    if previous == "could not measure":
        earlier = {"spo2": [{"absent": "could-not-measure"}]}

    assert assessed(spo2=spo2, previous=earlier).level is level


@pytest.mark.parametrize(
    ("patient", "level"),
    [({"has_oximeter": True}, O), ({"has_oximeter": None}, O), ({"has_oximeter": False}, G)],
)
def test_a_missing_spo2_is_green_only_where_no_oximeter_is_recorded(patient, level):
    assert assessed(spo2=[{"absent": "could-not-measure"}], patient=patient).level is level


def test_an_unreadable_spo2_is_never_excused_by_the_lack_of_an_oximeter():
    result = assessed(spo2=[{"unreadable": "9 6"}], patient={"has_oximeter": False})

    assert (result.level, [doubt.reason for doubt in result.doubts]) == (O, ["unreadable"])


def test_the_comparison_with_last_time_is_owed_only_when_there_was_a_last_time():
    first = assessed(breathlessness_change=None, previous=None)
    later = assessed(breathlessness_change=None)

    assert (first.level, later.level) == (G, O)


@pytest.mark.parametrize(
    "item", ["temperature", "heart_rate", "respiratory_rate", "breathlessness", "fainted", "chills"]
)
def test_an_item_without_an_answer_is_orange_and_named(item):
    result = assessed(**{item: None})

    assert result.level is O
    assert [doubt.subject for doubt in result.doubts] == [item]


@pytest.mark.parametrize(
    ("answers", "level"),
    [
        ({"temperature": Decimal(395)}, R),
        ({"spo2": 975}, O),
        ({"heart_rate": 720}, R),
        ({"spo2": 9}, R),
        ({"temperature": Decimal("38.25")}, O),
    ],
)
def test_a_value_hard_to_believe_stands_as_typed_and_is_never_green(answers, level):
    result = assessed(**answers)

    assert result.level is level
    assert [doubt.reason for doubt in result.doubts] == ["implausible"]


@pytest.mark.parametrize(
    ("case", "level"),
    [
        ({}, Level.SILENT),
        ({"last_level": "orange"}, Level.SILENT_URGENT),
        ({"last_level": "red"}, Level.SILENT_URGENT),
        ({"patient": {"lives_alone": True}}, Level.SILENT_URGENT),
        ({"patient": {"day_of_illness": 5}}, Level.SILENT),
        ({"patient": {"day_of_illness": 6}}, Level.SILENT_URGENT),
        ({"patient": {"day_of_illness": 12}}, Level.SILENT_URGENT),
        ({"patient": {"day_of_illness": 13}}, Level.SILENT),
        ({"patient": {"day_of_illness": None}}, Level.SILENT_URGENT),
        ({"missed_checkins_in_a_row": 1, "failed_calls": 2}, Level.SILENT),
        ({"missed_checkins_in_a_row": 2}, Level.RED),
        ({"failed_calls": 3}, Level.RED),
        ({"last_level": None, "previous": None}, Level.SILENT),
        ({"last_level": None}, Level.SILENT_URGENT),
    ],
)
def test_a_silence_is_ranked_by_who_is_silent_and_for_how_long(case, level):
    assert silent(**case).level is level


def test_the_protocols_own_cases_hold_and_cover_every_rule():
    document = covid().document

    assert run_cases(document) == []
    assert {name for case in document.cases for name in case.fired} == {rule.id for rule in document.rules}


def test_every_cut_off_names_its_source_and_the_whole_asks_for_a_signature():
    document = covid().document

    assert all(limit.source for limit in document.limits)
    assert all(rule.source for rule in document.rules)
    assert document.status == "needs a clinician's signature"


def test_the_protocol_reads_what_the_covid_questionnaire_asks():
    asked, document = questionnaire("covid-19"), from_library("covid-19")

    assert document.questionnaire == asked.url
    for fact in document.facts:
        if fact.source.kind not in (SourceKind.ANSWER, SourceKind.PREVIOUS):
            continue
        item = asked.by_link_id[fact.source.key]
        if fact.kind is FactKind.CODE:
            codes = [option["valueCoding"]["code"] for option in answer_options(asked.document, item.link_id)]
            assert sorted(fact.choices) == sorted(codes)


def answer_options(document, link_id):
    """The answer options of an item, wherever it stands in the FHIR document."""
    items = list(json.loads(json.dumps(document))["item"])
    while items:
        item = items.pop()
        if item["linkId"] == link_id:
            return item.get("answerOption", [])
        items += item.get("item", [])
    raise AssertionError(link_id)


def test_a_patients_own_limits_replace_those_of_the_protocol_by_name():
    own = {"spo2_red": Decimal(85), "spo2_orange": Decimal(88), "spo2_first": Decimal(89)}

    assert assessed(spo2=89, own_limits=own).level is G
    assert assessed(spo2=88, own_limits=own).level is O
    assert assessed(spo2=85, own_limits=own).level is R


@pytest.mark.parametrize("own", [{"spo2_rde": Decimal(85)}, {"spo2_red": Decimal(99)}, {"spo2_red": Decimal("NaN")}])
def test_own_limits_that_no_longer_fit_the_protocol_are_a_doubt_and_its_limits_hold(own):
    result = assessed(spo2=97, own_limits=own)

    assert (result.level, [doubt.reason for doubt in result.doubts]) == (O, ["own_limit"])
    assert assessed(spo2=92, own_limits=own).level is R
