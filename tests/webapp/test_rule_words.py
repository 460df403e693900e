"""Rules as sentences: windows and counts of answers in a row, in the three languages of the service."""

from __future__ import annotations

from typing import Any

import pytest

from tests.triage.factories import limit, number, rule, tiny
from triage.conditions.parsing import ConditionReader
from triage.documents import Document, load
from triage.findings import Findings
from triage.wording import sign
from webapp.admin.rule_words import Words

THIN = "\u202f"
LOW = {"compare": "spo2", "op": "<=", "limit": "low"}


def in_every_language(data: Any) -> Any:
    """Every text said in three languages, in the words of the first."""
    if isinstance(data, list):
        return [in_every_language(item) for item in data]
    if isinstance(data, dict) and set(data) == {"en"}:
        return dict.fromkeys(("en", "fr", "ar"), data["en"])
    return {key: in_every_language(value) for key, value in data.items()} if isinstance(data, dict) else data


def document(**changes: Any) -> Document:
    return load(in_every_language(tiny(languages=["en", "fr", "ar"], **changes)))


def said(made: Document, when: Any, language: str) -> str:
    findings = Findings()
    condition = ConditionReader(findings).condition(when, "a test")
    assert condition is not None
    assert not findings.found
    return Words(made, language).condition(condition)


@pytest.mark.parametrize(
    ("source", "language", "sentence"),
    [
        ({"lowest": "spo2", "days": 3}, "en", "W (lowest earlier value; window: 3 days) below 5 %"),
        ({"highest": "spo2", "hours": 1}, "en", "W (highest earlier value; window: 1 hour) below 5 %"),
        ({"latest": "spo2", "days": 1}, "en", "W (latest earlier value; window: 1 day) below 5 %"),
        ({"change": "spo2", "hours": 12}, "en", "W (now less the oldest earlier value; window: 12 hours) below 5 %"),
        (
            {"change": "spo2", "hours": 12},
            "fr",
            f"W (maintenant moins la plus ancienne valeur antérieure{THIN}; fenêtre{THIN}: 12 heures)",
        ),
        ({"change": "spo2", "hours": 12}, "ar", "W (الآن ناقص أقدم قيمة سابقة؛ الفترة: 12 ساعة)"),
    ],
)
def test_a_fact_of_a_window_says_what_is_read_and_from_how_far_back(source: Any, language: str, sentence: str):
    made = document(facts=[*tiny()["facts"], number("w", source=source, lowest="-9", labels={"en": "W"})])

    shown = said(made, {"compare": "w", "op": "<", "value": 5}, language)

    assert shown.startswith(sentence.replace("5 %", f"5{THIN}%"))


@pytest.mark.parametrize(
    ("unit", "language", "shown"),
    [
        ("Cel/d", "en", "°C/day"),
        ("Cel/d", "fr", "°C/j"),
        ("/min/d", "fr", "/min/j"),
        ("/d", "en", "/day"),
        ("kg/d", "ar", "kg في اليوم"),
        ("d", "en", "d"),
    ],
)
def test_the_unit_of_a_trend_is_that_of_what_it_is_a_trend_of_a_day(unit: str, language: str, shown: str):
    assert sign(unit, language) == shown


def test_a_trend_a_day_has_its_own_unit():
    slope = number("w", source={"slope": "spo2", "days": 2}, unit="%/d", lowest="-9", labels={"en": "W"})
    made = document(facts=[*tiny()["facts"], slope], limits=[limit("low", "92"), limit("middle", "94")])

    shown = said(made, {"compare": "w", "op": "<=", "value": -2}, "en")

    assert shown == f"W (trend a day, through all earlier values and now; window: 2 days) at most -2{THIN}%/day"


@pytest.mark.parametrize(
    ("language", "sentence"),
    [
        ("en", "at 3 answers in a row, this one included (window: 2 days): spo2 at most 92 %"),
        (
            "fr",
            f"à 3 réponses de suite, celle-ci comprise (fenêtre{THIN}: 2 jours){THIN}: spo2 au plus 92 %",
        ),
        ("ar", "في 3 إجابات متتالية، بما فيها هذه (الفترة: يومان (2)): spo2: "),
    ],
)
def test_a_count_says_how_many_answers_and_how_far_back(language: str, sentence: str):
    shown = said(document(), {"consecutive": 3, "days": 2, "of": LOW}, language)

    assert shown.startswith(sentence.replace("92 %", f"92{THIN}%"))


def test_what_a_count_is_about_and_where_it_ends_cannot_be_read_in_two_ways():
    pain = {"compare": "pain", "op": "=", "value": True}
    counted = {"consecutive": 2, "days": 1, "of": {"any": [LOW, pain]}}
    low = f"spo2 at most 92{THIN}%"

    assert (
        said(document(), counted, "en")
        == f"at 2 answers in a row, this one included (window: 1 day): ({low} or Pain: yes)"
    )
    assert said(document(), {"all": [{**counted, "of": LOW}, pain]}, "en") == (
        f"(at 2 answers in a row, this one included (window: 1 day): {low}) and Pain: yes"
    )
    assert said(document(), {"not": {**counted, "of": LOW}}, "en") == (
        f"not (at 2 answers in a row, this one included (window: 1 day): {low})"
    )


def test_a_rule_of_a_count_starts_with_a_capital():
    made = document(rules=[rule("r", "red", {"consecutive": 2, "days": 1, "of": LOW})])

    assert Words(made, "en").rule(made.rules[0]).startswith("At 2 answers in a row")
