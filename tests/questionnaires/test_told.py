"""Answers read back to whoever gave them: in words, with units, in their language, whatever is stored."""

from __future__ import annotations

from typing import Any

import pytest

from questionnaires import library, reading
from questionnaires.told import told

COVID = reading.parse(library.document("covid-19"))


def said(answers: dict[str, Any], language: str = "en") -> list[str]:
    return [one.answer for one in told(COVID, answers, language)]


@pytest.mark.parametrize(
    ("link_id", "value", "english", "french"),
    [
        ("temperature", {"quantity": "38.6", "unit": "Cel"}, "38.6\u202f°C", "38,6\u202f°C"),
        ("chest-pain", {"boolean": True}, "Yes", "Oui"),
        ("chest-pain", {"boolean": False}, "No", "Non"),
        ("temperature", {"absent": "could-not-measure"}, "could not measure", "mesure impossible"),
        ("temperature", {"unreadable": "39 or so"}, "“39 or so”, which could not be read", None),
    ],
)
def test_an_answer_is_told_in_words(link_id: str, value: dict[str, Any], english: str, french: str | None) -> None:
    assert said({link_id: [value]}) == [english]
    assert french is None or said({link_id: [value]}, "fr") == [french]


def test_a_choice_is_told_by_its_label_in_every_language() -> None:
    answers = {
        "breathlessness": [
            {option.kind: option.value} | ({"system": option.system} if option.system else {})
            for option in COVID.by_link_id["breathlessness"].options[:1]
        ]
    }
    label = COVID.by_link_id["breathlessness"].options[0].label

    for language in ("en", "fr", "ar"):
        assert said(answers, language) == [label.speak(language)]


def test_a_figure_keeps_its_order_in_arabic() -> None:
    assert said({"temperature": [{"quantity": "38.6", "unit": "Cel"}]}, "ar") == ["\u206838,6\u202f°C\u2069"]


def test_questions_come_in_the_order_of_the_questionnaire_and_hidden_ones_not_at_all() -> None:
    answers = {
        "temperature": [{"quantity": "37"}],
        "has-oximeter": [{"boolean": True}],
        "chest-pain": [{"boolean": True}],
    }

    assert [one.link_id for one in told(COVID, answers, "fr")] == ["chest-pain", "temperature"]


@pytest.mark.parametrize(
    "value",
    [{}, {"code": "gone"}, {"date": "2026-03-10"}, {"date": "2026"}, {"date": "x"}, {"time": "08:30"}, {"uri": "urn:x"},
     {"dateTime": "2026-03-10T08:00:00+01:00"}, {"string": "text"}, {"integer": 3, "confirmed": True}],
)  # fmt: skip
def test_nothing_that_is_stored_breaks_the_page(value: dict[str, Any]) -> None:
    for item in COVID.questions:
        told(COVID, {item.link_id: [value, value]}, "ar")
