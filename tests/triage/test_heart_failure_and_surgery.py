"""The two other shipped protocols against their tables, each side of every boundary, and their questionnaires."""

from __future__ import annotations

from decimal import Decimal
from functools import cache
from typing import Any

import pytest

from questionnaires import library, publishing
from questionnaires.answers import raw_from_json, validate
from questionnaires.emergency import emergencies
from questionnaires.screens import screens
from triage.asked_facts import misfits
from triage.assess import Assessment, CompiledProtocol, Occasion, assess, compile_protocol
from triage.cases import run_cases
from triage.documents import from_library, with_limits
from triage.facts import Earlier, Inputs, gather
from triage.levels import Level
from triage.nearest import UP, nearest
from triage.wording import word

G, O, R = Level.GREEN, Level.ORANGE, Level.RED  # noqa: E741
HEART, SURGERY = "heart-failure", "after-surgery"
WELL: dict[str, dict[str, object]] = {
    HEART: {
        "chest-pain": False,
        "breathlessness": "none",
        "night": "fine",
        "pillows": 2,
        "swelling": False,
        "dizziness": "none",
        "palpitations": "none",
        "tired": False,
        "weight": Decimal("80.0"),
        "systolic": 120,
        "heart-rate": 70,
        "medicines": "taken",
    },
    SURGERY: {
        "chest-pain": False,
        "breathlessness": "none",
        "confusion": False,
        "bleeding": "none",
        "wound": "clean",
        "wound-pus": False,
        "wound-open": False,
        "pain": 2,
        "pain-uncontrolled": False,
        "temperature": Decimal("37.0"),
        "chills": "none",
        "vomiting": "none",
        "calf": False,
        "urine": "normal",
    },
}
HISTORY = {"missed_checkins_in_a_row": 0, "failed_calls": 0, "last_level": "green"}


@cache
def protocol(slug: str) -> CompiledProtocol:
    return compile_protocol(from_library(slug))


def assessed(slug: str, *, earlier: Any = None, previous: Any = "well", **changes: object) -> Assessment:
    """The answers of somebody well with some changed; `earlier` is (days ago, weight) of each."""
    weights = [(day, "80.0") for day in range(1, 8)] if earlier is None else earlier
    given = {name.replace("_", "-"): value for name, value in changes.items()}
    inputs = Inputs(
        answers={**WELL[slug], **given},
        previous=WELL[slug] if previous == "well" else previous,
        patient={"lives_alone": False},
        history=HISTORY,
        earlier=[Earlier(days, {"weight": [{"decimal": weight}]}) for days, weight in weights],
    )
    return assess(protocol(slug), gather(protocol(slug).document.facts, inputs))


@pytest.mark.parametrize(
    ("slug", "item", "value", "level"),
    [
        (HEART, "systolic", 89, O),
        (HEART, "systolic", 90, G),
        (HEART, "systolic", 179, G),
        (HEART, "systolic", 180, O),
        (HEART, "heart_rate", 40, R),
        (HEART, "heart_rate", 41, O),
        (HEART, "heart_rate", 49, O),
        (HEART, "heart_rate", 50, G),
        (HEART, "heart_rate", 110, G),
        (HEART, "heart_rate", 111, O),
        (HEART, "heart_rate", 130, O),
        (HEART, "heart_rate", 131, R),
        (HEART, "pillows", 2, G),
        (HEART, "pillows", 3, O),
        (HEART, "breathlessness", "effort", O),
        (HEART, "breathlessness", "slight-effort", R),
        (HEART, "breathlessness", "at-rest", R),
        (HEART, "night", "woke", O),
        (HEART, "night", "sitting", R),
        (HEART, "swelling", True, O),
        (HEART, "dizziness", "dizzy", O),
        (HEART, "dizziness", "fainted", R),
        (HEART, "palpitations", "passed", O),
        (HEART, "palpitations", "lasting", R),
        (HEART, "tired", True, O),
        (HEART, "chest_pain", True, R),
        (HEART, "medicines", "missed", G),
        (HEART, "medicines", "stopped", O),
        (HEART, "systolic", None, G),
        (HEART, "heart_rate", None, G),
        (HEART, "weight", None, O),
        (HEART, "weight", "not a weight", O),
        (HEART, "systolic", "12,4 ?", O),
        (SURGERY, "temperature", "35.0", R),
        (SURGERY, "temperature", "35.1", G),
        (SURGERY, "temperature", "37.9", G),
        (SURGERY, "temperature", "38.0", O),
        (SURGERY, "temperature", "39.0", O),
        (SURGERY, "temperature", "39.1", R),
        (SURGERY, "temperature", None, O),
        (SURGERY, "pain", 6, G),
        (SURGERY, "pain", 7, O),
        (SURGERY, "pain", 10, O),
        (SURGERY, "pain_uncontrolled", True, O),
        (SURGERY, "breathlessness", "effort", R),
        (SURGERY, "breathlessness", "at-rest", R),
        (SURGERY, "bleeding", "stained", G),
        (SURGERY, "bleeding", "soaked", R),
        (SURGERY, "bleeding", "not-stopping", R),
        (SURGERY, "wound", "covered", G),
        (SURGERY, "wound", "red", O),
        (SURGERY, "wound_pus", True, O),
        (SURGERY, "wound_open", True, R),
        (SURGERY, "chills", "mild", G),
        (SURGERY, "chills", "strong", O),
        (SURGERY, "vomiting", "some", G),
        (SURGERY, "vomiting", "repeated", O),
        (SURGERY, "vomiting", "cannot-drink", R),
        (SURGERY, "calf", True, O),
        (SURGERY, "urine", "painful", O),
        (SURGERY, "urine", "blocked", R),
        (SURGERY, "chest_pain", True, R),
        (SURGERY, "confusion", True, R),
    ],
)
def test_one_answer_of_somebody_well_decides_the_level(slug: str, item: str, value: object, level: Level):
    assert assessed(slug, **{item: value}).level is level


@pytest.mark.parametrize(
    ("weight", "earlier", "fired"),
    [
        ("81.3", [(1, "80.0")], ()),
        ("81.4", [(1, "80.0")], ("weight_gain_1d",)),
        ("82.0", [(2, "80.0"), (1, "81.0")], ()),
        ("82.1", [(2, "80.0"), (1, "81.0")], ("weight_gain_3d",)),
        ("82.1", [(3, "80.0"), (1, "81.0")], ("weight_gain_3d",)),
        ("82.2", [(4, "80.0"), (1, "81.0")], ()),
        ("82.3", [(4, "80.0"), (1, "81.0")], ("weight_gain_7d",)),
        ("82.3", [(7, "80.0"), (1, "81.0")], ("weight_gain_7d",)),
        ("82.3", [(8, "80.0"), (1, "81.0")], ()),
        ("82.1", [(3, "80.5"), (2, "80.0"), (1, "81.9")], ("weight_gain_3d",)),
        ("76.0", [(1, "80.0")], ()),
        ("81.4", [(0, "80.0"), (1, "81.0")], ("weight_gain_1d",)),
        ("82.0", [(1, "8.0"), (2, "81.0")], ()),
    ],
)
def test_a_weight_is_compared_with_the_lowest_of_each_window_to_the_tenth_of_a_kilogram(
    weight: str, earlier: list[tuple[int, str]], fired: tuple[str, ...]
):
    found = assessed(HEART, weight=Decimal(weight), earlier=earlier)

    assert found.fired == fired
    assert found.level is (O if fired else G)


def test_a_first_weight_has_nothing_to_be_compared_with_and_a_week_without_one_is_told():
    assert assessed(HEART, earlier=[], previous=None).level is G
    unknown = assessed(HEART, earlier=[])
    assert (unknown.level, [doubt.subject for doubt in unknown.doubts]) == (O, ["weight_lowest_7d"])
    assert assessed(HEART, earlier=[(6, "80.0")]).level is G


def test_a_gain_of_weight_is_said_in_the_same_figures_to_patient_and_caller():
    found = assessed(HEART, weight=Decimal("82.1"), earlier=[(3, "80.0"), (1, "81.5")])
    said = word(protocol(HEART).document, found, "fr")

    assert said.to_patient() == [
        "Votre poids est passé de 80,0\u202fkg à 82,1\u202fkg en 3 jours. "
        "Quand il augmente de plus de 2,0\u202fkg, nous vous appelons."
    ]
    assert "80,0 à 82,1\u202fkg en 3 jours" in said.to_caller()[0]
    (figure,) = said.comparisons()
    assert "82,1\u202fkg, avant\u202f: 80,0\u202fkg (alerte pour un changement de 2,0\u202fkg)" in figure


def test_what_would_have_changed_a_gain_of_weight_is_the_weight_at_its_limit():
    found = assessed(HEART, weight=Decimal("82.5"), earlier=[(1, "81.9"), (3, "80.5")])
    nearby = nearest(protocol(HEART), facts=found.facts, own_limits=found.own_limits)

    assert found.level is G
    assert [(one.text, one.level) for one in nearby if one.fact == "weight" and one.direction == UP] == [("82.6", O)]


def test_low_blood_pressure_with_dizziness_is_for_now_and_dizziness_alone_is_not_when_there_is_no_monitor():
    assert assessed(HEART, systolic=89, dizziness="dizzy").level is R
    assert assessed(HEART, systolic=None, dizziness="dizzy").level is O


@pytest.mark.parametrize("slug", [HEART, SURGERY])
def test_a_shipped_protocol_holds_its_own_cases_and_those_of_every_allowed_edit_of_one_limit(slug: str):
    document = from_library(slug)

    assert run_cases(document) == []
    for limit in document.limits:
        for steps in (-1, 1):
            changed = Decimal(limit.value + steps).scaleb(-limit.decimals)
            if limit.lowest <= limit.value + steps <= limit.highest and not limit.name.startswith("weight_gain_3d"):
                assert run_cases(with_limits(document, {limit.name: changed})) == [], limit.name


@pytest.mark.parametrize("slug", [HEART, SURGERY])
def test_rules_and_questions_fit_and_everything_is_there_in_three_languages_with_its_source(slug: str):
    document, asked = from_library(slug), library.questionnaire(slug)

    assert misfits(document, asked) == ()
    assert publishing.obstacles(asked, ("fr", "en", "ar")) == ()
    assert document.languages == ("fr", "en", "ar")
    assert document.status == "needs a clinician's signature"
    assert all(part.source for part in (*document.limits, *document.rules))
    assert {fact.source.key for fact in document.facts if fact.source.kind == "answer"} == set(WELL[slug])


@pytest.mark.parametrize("slug", [HEART, SURGERY])
def test_what_opens_the_page_of_danger_is_what_the_rules_say_to_call_15_for(slug: str):
    asked = library.questionnaire(slug)
    for screen in screens(asked, "fr", {}):
        for option in screen.options:
            raw = {"raw": [option.key]}
            stored = validate(asked, raw_from_json({screen.link_id: raw})).answers
            value = option.key == "true" if screen.kind == "boolean" else option.key
            found = assessed(slug, **{screen.link_id: value})
            assert (screen.link_id in emergencies(asked, stored)) is found.call_15, (screen.link_id, option.key)


@pytest.mark.parametrize("slug", [HEART, SURGERY])
def test_every_measure_may_be_missing_and_says_how_it_is_taken(slug: str):
    for screen in screens(library.questionnaire(slug), "ar", {}):
        measured = screen.kind in {"decimal", "integer"}
        assert bool(screen.could_not_measure and screen.hint and screen.confirm_hint and screen.help) is measured


@pytest.mark.parametrize(
    ("history", "level"),
    [
        ({}, Level.SILENT),
        ({"last_level": "orange"}, Level.SILENT_URGENT),
        ({"missed_checkins_in_a_row": 1}, Level.SILENT),
        ({"missed_checkins_in_a_row": 2}, R),
        ({"failed_calls": 2}, Level.SILENT),
        ({"failed_calls": 3}, R),
    ],
)
@pytest.mark.parametrize("slug", [HEART, SURGERY])
def test_a_silence_is_judged_without_anything_of_covid(slug: str, history: dict[str, object], level: Level):
    known = {"answers": {}, "previous": {}, "patient": {"lives_alone": False}, "history": {**HISTORY, **history}}
    readings = gather(protocol(slug).document.facts, Inputs(**known))

    assert assess(protocol(slug), readings, occasion=Occasion.SILENCE).level is level
    assert not {"has_oximeter", "day_of_illness", "risk_tier"} & {
        fact.source.key for fact in protocol(slug).document.facts
    }
