"""Protocols and facts for the tests of the pure core."""

from copy import deepcopy
from functools import cache
from typing import Any

from triage.assess import Assessment, CompiledProtocol, Occasion, assess, compile_protocol
from triage.documents import Document, from_library, load
from triage.facts import Inputs, gather

WELL = {
    "temperature": [{"decimal": "37.0"}],
    "heart-rate": [{"integer": 75}],
    "respiratory-rate": [{"integer": 16}],
    "spo2": [{"integer": 97}],
    "breathlessness": [{"code": "none"}],
    "breathlessness-change": [{"code": "same"}],
    "fainted": [{"boolean": False}],
    "cannot-eat-drink": [{"boolean": False}],
    "chills": [{"code": "none"}],
    "confinement": [{"code": "fine"}],
    "malaise": [{"code": "none"}],
    "chest-pain": [{"boolean": False}],
    "blue-lips": [{"boolean": False}],
    "confusion": [{"boolean": False}],
}
PATIENT = {"age_years": 58, "risk_tier": "standard", "lives_alone": False, "has_oximeter": True, "day_of_illness": 3}
HISTORY = {"missed_checkins_in_a_row": 0, "failed_calls": 0, "last_level": "green"}


@cache
def covid() -> CompiledProtocol:
    return compile_protocol(from_library("covid-19"))


def answered(**changes: Any) -> dict[str, Any]:
    """The answers of someone well, with some changed; a plain value stands for itself, None for "could not measure"."""
    given = {key.replace("_", "-"): value for key, value in changes.items()}
    assert given.keys() <= WELL.keys()
    return {**WELL, **given}


def inputs(answers: dict[str, Any], **changes: Any) -> Inputs:
    return Inputs(
        answers=answers,
        previous=changes.get("previous", WELL),
        patient={**PATIENT, **changes.get("patient", {})},
        history={**HISTORY, **changes.get("history", {})},
    )


def assessed(*, previous: Any = WELL, patient: Any = None, own_limits: Any = None, **answers: Any) -> Assessment:
    """An answer to the COVID-19 protocol."""
    given = inputs(answered(**answers), previous=previous, patient=patient or {})
    return assess(covid(), gather(covid().document.facts, given), own_limits=own_limits)


def silent(*, previous: Any = WELL, patient: Any = None, **history: Any) -> Assessment:
    """A silence under the COVID-19 protocol."""
    given = inputs({}, previous=previous, patient=patient or {}, history=history)
    return assess(covid(), gather(covid().document.facts, given), occasion=Occasion.SILENCE)


def sentence(text: str) -> dict[str, str]:
    return {"en": text}


def number(name: str, **changes: Any) -> dict[str, Any]:
    return {
        "name": name,
        "kind": "number",
        "source": {"answer": name},
        "labels": sentence(name),
        "unit": "%",
        "lowest": "0",
        "highest": "100",
        **changes,
    }


def limit(name: str, value: str, **changes: Any) -> dict[str, Any]:
    return {
        "name": name,
        "labels": sentence(name),
        "unit": "%",
        "value": value,
        "lowest": "0",
        "highest": "100",
        "source": "a test",
        **changes,
    }


def rule(name: str, level: str, when: Any, **changes: Any) -> dict[str, Any]:
    texts = {"to_patient": sentence("we call you"), "to_caller": sentence("call")}
    return {"id": name, "level": level, "when": when, "source": "a test", **texts, **changes}


def tiny(**changes: Any) -> dict[str, Any]:
    """The JSON of a protocol with one number, one yes or no, one choice and two limits."""
    return deepcopy(
        {
            "slug": "tiny",
            "title": sentence("Tiny"),
            "status": "for tests",
            "questionnaire": "https://vigidom.example/fhir/Questionnaire/tiny",
            "languages": ["en"],
            "facts": [
                number("spo2"),
                number("before", source={"previous": "spo2"}),
                {"name": "pain", "kind": "boolean", "source": {"answer": "pain"}, "labels": sentence("Pain")},
                {
                    "name": "chills",
                    "kind": "code",
                    "source": {"answer": "chills"},
                    "labels": sentence("Chills"),
                    "choices": {"none": sentence("none"), "strong": sentence("strong")},
                },
            ],
            "limits": [limit("low", "92"), limit("middle", "94")],
            "orders": [["low", "<", "middle"]],
            "rules": [rule("spo2_low", "red", {"compare": "spo2", "op": "<=", "limit": "low"})],
            "usual": {"spo2": 97, "before": 97, "pain": False, "chills": "none"},
            "cases": [{"name": "well", "level": "green"}],
            **changes,
        }
    )


def with_rules(*rules: dict[str, Any], **changes: Any) -> Document:
    return load(tiny(rules=list(rules), **changes))
