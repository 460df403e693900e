"""Differences between two protocols: nothing that can act on a patient changes without a sentence."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from triage import documents
from webapp.admin import differences
from webapp.admin.loose_words import read_loosely

Data = dict[str, Any]
OLD = documents.from_library("covid-19")


def rule(data: Data, name: str) -> Data:
    found: Data = next(one for one in data["rules"] if one["id"] == name)
    return found


def told(change: Callable[[Data], object], language: str = "en") -> list[str]:
    data = documents.dump(OLD)
    change(data)
    return differences.between(OLD, read_loosely(data), language)


@pytest.mark.parametrize("language", ["fr", "en", "ar", "de"])
def test_equal_protocols_differ_in_nothing(language: str) -> None:
    assert told(dict, language) == []


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda d: d["limits"][0].update(value="35.0"), "Temperature orange, at most: 35.4 → 35.0 °C"),
        (lambda d: d["limits"][0].update(lowest="33.0"), "allowed range: 34.0 to 36.0 → 33.0 to 36.0"),
        (lambda d: d["limits"][0].update(source="Us"), "source: “French national algorithm"),
        (lambda d: d["limits"].pop(0), "Limit removed: Temperature orange, at most"),
        (lambda d: d["orders"].pop(), "No longer held to: “Days of illness at risk, from day” is never above"),
        (
            lambda d: rule(d, "chest_pain").update(level="orange"),
            "“Chest pain: yes”: red (urgent) → orange (to call back)",
        ),
        (lambda d: rule(d, "chest_pain").update(call_15=False), "the patient’s screen no longer says “call 15”"),
        (
            lambda d: rule(d, "spo2_red").update(when={"compare": "spo2", "op": "<", "limit": "spo2_red"}),
            "Rule changed, red (urgent): “SpO2 (oxygen) at most 92\u202f%” → “SpO2 (oxygen) below 92\u202f%”",
        ),
        (
            lambda d: rule(d, "chest_pain")["to_patient"].update(fr="Mal"),
            "“Chest pain: yes”, text for the patient (Français): “Vous avez mal",
        ),
        (lambda d: d["rules"].remove(rule(d, "chest_pain")), "Rule removed, red (urgent): Chest pain: yes"),
        (
            lambda d: d["rules"].append({**rule(d, "chills_strong"), "id": "again"}),
            "New rule, orange (to call back): Chills",
        ),
        (lambda d: d["rules"].insert(0, d["rules"].pop()), "Rules stand in another order"),
        (lambda d: d["facts"][0].update(highest="44.0"), "Temperature, plausible: 30.0 to 45.0 → 30.0 to 44.0"),
        (
            lambda d: d["facts"][3].update(optional_when=None),
            "SpO2 (oxygen) may be missing without a call: Has an oximeter: no → never",
        ),
        (lambda d: d["facts"][5]["choices"].pop("talking"), "Breathlessness: other choices"),
        (lambda d: d["usual"].update(spo2=96), "another value of SpO2 (oxygen)"),
        (lambda d: d["cases"].pop(0), "Test case removed: “well”"),
        (lambda d: d["cases"][0].update(level="red"), "“well” now expects red (urgent) instead of green"),
        (lambda d: d.update(questionnaire="https://other.example/q"), "answers of another questionnaire"),
        (lambda d: d["notes"].pop(), "The notes of the authors differ"),
    ],
)
def test_each_change_is_told_in_a_sentence(change: Callable[[Data], object], sentence: str) -> None:
    assert any(sentence in one for one in told(change)), told(change)


def test_a_changed_limit_alone_tells_no_rule_as_changed() -> None:
    assert len(told(lambda d: d["limits"][0].update(value="35.0"))) == 1


def test_a_draft_that_makes_no_sense_is_still_told() -> None:
    def breaks(data: Data) -> None:
        data["limits"] = []
        data["facts"] = [one for one in data["facts"] if one["name"] != "chills"]

    assert "The rules no longer read: Chills" in told(breaks)
